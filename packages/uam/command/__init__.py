"""What the command does in this domain: ``sched simulate uam``, ``sched info uam``."""
