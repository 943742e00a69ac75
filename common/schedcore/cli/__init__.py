"""The command ``sched``.

``main`` is the console script.  Each verb lives in a module of its own that is imported when the verb
is used; see :mod:`schedcore.cli.verbs` for the table.
"""

from __future__ import annotations


def main() -> None:
    """Run the command with the process's arguments and leave with its exit code."""
    import sys

    from schedcore.cli.app import run_process

    sys.exit(run_process(sys.argv[1:]))
