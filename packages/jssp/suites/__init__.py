"""The suites of ``sched bench jssp``."""
