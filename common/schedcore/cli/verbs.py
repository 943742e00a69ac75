"""The verbs: name, the module that implements it, and the line of ``sched --help``.

The table stands apart from the modules so that help and completion import none of them.  A verb is
listed when everything behind it exists.
"""

from __future__ import annotations

from typing import NamedTuple


class VerbEntry(NamedTuple):
    """Where a verb is implemented, and what it does in one line."""

    target: str
    summary: str


VERBS: dict[str, VerbEntry] = {
    "run": VerbEntry("schedcore.cli.run:run", "Run an experiment: methods on instances, with tables and a report."),
    "sweep": VerbEntry("schedcore.cli.sweep:sweep", "Run a grid of trials on a backend; killed sweeps resume."),
    "solve": VerbEntry("schedcore.cli.solve:solve", "Find a schedule of an instance or a file."),
    "validate": VerbEntry("schedcore.cli.validate:validate", "Check a schedule and name every violation."),
    "plot": VerbEntry("schedcore.cli.plot:plot", "Draw a schedule, its resources, or the trace of a solve."),
    "convert": VerbEntry("schedcore.cli.convert:convert", "Write a problem in another file format."),
    "info": VerbEntry("schedcore.cli.info:info", "Describe an instance, or a configuration and its origins."),
    "simulate": VerbEntry("schedcore.cli.simulate:simulate", "Run schedules and policies under uncertainty."),
    "bench": VerbEntry("schedcore.cli.bench:bench", "Run a fixed published suite; ours beside the reference."),
    "tune": VerbEntry("schedcore.cli.tune:tune", "Search for good parameters of a method (extra: tune)."),
    "report": VerbEntry("schedcore.cli.report:report", "Tables, statistics and charts of a run, as a page or text."),
    "export": VerbEntry("schedcore.cli.export:export", "Write the trials of a run as CSV or Parquet, or to a tracker."),
    "runs": VerbEntry("schedcore.cli.runs:runs", "List the runs in runs/, or remove old ones."),
    "list": VerbEntry("schedcore.cli.list:list_", "List what can be named: instances, solvers, formats, ..."),
    "doctor": VerbEntry("schedcore.cli.doctor:doctor", "Check the installation and this machine."),
    "completion": VerbEntry("schedcore.cli.completion:completion", "Print the completion script of a shell."),
}

# Verbs share these; the generated reference describes each of them once.
EXIT_CODES: dict[int, str] = {
    0: "success",
    1: "unexpected error: a bug, or a failure of the machine",
    2: "usage, configuration or input error",
    3: "no feasible schedule: proven infeasible, or none found within the limits (the JSON output says which)",
    4: "the schedule breaks the problem's rules",
    5: "some trials of an experiment failed; the others are stored",
    124: "the whole command ran past `--timeout`",
    130: "interrupted by Ctrl-C or SIGTERM",
}
