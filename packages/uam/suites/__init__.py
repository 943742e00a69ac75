"""The suites of ``sched bench uam``."""
