"""Suites of ``sched bench llmserve``."""
