"""Experiments: what ``sched run`` does with a file of ``configs/experiment/``."""
