"""What ran and where, how to read the report, and how to get it again."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from schedcore.experiments.report.analysis import Analysis
from schedcore.experiments.report.run_data import RunData
from schedcore.experiments.report.text import LEGEND, and_list, cell_word, counted, seconds_text
from schedcore.plot import ReportPage

_NAMES = {"processors": "processors granted", "load": "load before the run", "git": "commit"}


def add_setting(page: ReportPage, run: RunData) -> None:
    """Command, machine, versions, dates, resources."""
    page.section("What ran, and where")
    if run.command:
        page.code(run.command)
    records = [record for _, record in run.pairs() if record is not None]
    terms: dict[str, object] = {}
    started = sorted(record.started for record in records if record.started)
    if started:
        terms["first and last start"] = f"{_time(started[0])} – {_time(started[-1])} UTC"
    elif run.created:
        terms["created"] = _time(run.created) + " UTC"
    limits = sorted({trial.time_limit_s for trial in run.trials})
    if limits:
        terms["time limit of a run"] = " / ".join(seconds_text(limit) for limit in limits[:6]) + _more(limits)
    workers = sorted({trial.workers for trial in run.trials})
    if workers:
        terms["threads of a run"] = " / ".join(map(str, workers))
    gpus = sorted({trial.gpus for trial in run.trials if trial.gpus})
    if gpus:
        terms["GPUs of a run"] = " / ".join(f"{g:g}" for g in gpus)
    backends = sorted({record.backend for record in records if record.backend})
    if backends:
        terms["backend"] = and_list(backends)
    hosts = sorted({record.host for record in records if record.host})
    if len(hosts) > 1:
        terms["machines"] = and_list(hosts[:12]) + _more(hosts, 12)
    cpu = [record.cpu_s for record in records if record.cpu_s is not None]
    if cpu:
        terms["processor time"] = f"{seconds_text(sum(cpu))} in {counted(len(cpu), 'run')}"
    memory = [record.peak_rss_mb for record in records if record.peak_rss_mb is not None]
    if memory:
        terms["largest memory of a run"] = f"{max(memory):,.0f} MB"
    loads = [record.load for record in records if record.load is not None]
    if loads:
        terms["load when runs began"] = f"{min(loads):.1f} to {max(loads):.1f}"
    again = sum(record.attempt > 1 for record in records)
    if again:
        terms["repeated runs"] = again
    for name, value in run.environment.items():
        if value not in (None, "", {}, []):
            shown = ", ".join(f"{k} {v}" for k, v in value.items()) if isinstance(value, dict) else value
            terms[_NAMES.get(name, name)] = shown
    page.terms(terms)
    granted = run.environment.get("processors")
    if loads and isinstance(granted, int) and max(loads) > 1.5 * granted:
        page.note(
            f"The machine was busy: load up to {max(loads):.1f} on {granted} processors. Times, and values of "
            f"methods that "
            "search until a limit of wall time, are worse than on a quiet machine.",
            "warn",
        )


def add_reading(page: ReportPage, analyses: Sequence[Analysis]) -> None:
    """The measures in words."""
    page.section("How to read this")
    page.items(reading_notes(analyses))


def reading_notes(analyses: Sequence[Analysis]) -> list[str]:
    """What a reader must know to read the tables."""
    scales = {analysis.arena.scale for analysis in analyses if analysis.arena.has_values}
    lines = []
    if "ratio" in scales:
        lines.append(
            "**Mean gap**: every value is divided by the reference of its instance (the inverse where larger is "
            "better); the "
            "geometric mean of these ratios, first over seeds, then over instances, less 1. +1.6% is 1.6 % worse."
        )
    if "gap" in scales:
        lines.append(
            "**Mean gap** where values are not all positive: (value − reference) / max(1, |reference|), positive "
            "where worse, "
            "averaged over seeds, then over instances."
        )
    if scales:
        lines += [
            "**Reference**: the best known value of the instance; where none is known, the best value of this run. "
            "**To best "
            "bound**: against the best bound, known or proven here, so that the truth lies between the two columns.",
            "**Intervals**: 95 % percentile bootstrap, 2,000 samples, fixed seed; instances are drawn again, and "
            "within each "
            "its seeds. They speak of instances like these, and say little with fewer than about ten.",
            "**Solved** counts instances with a value. A mean is over the instances that the method solved; "
            "**common** is over "
            "those that all methods solved (methods that solved none left aside), and only such means compare.",
        ]
    if any(analysis.pairs for analysis in analyses) and scales:
        lines.append(
            "**Wins, ties, losses** are counted by instance, on the mean over the seeds that both have finished. "
            "Who finds a "
            "value on more of them is ahead whatever the values. The p-value is of Wilcoxon's two-sided signed-rank "
            "test on "
            "these differences (zeros after Pratt, exact up to 100 pairs), corrected after Holm."
        )
    if scales:
        lines.append(
            "**Gap over time** in the table: the mean of the gap over the time of the longest run (primal integral)."
        )
        if any(cell.proven for analysis in analyses for cell in analysis.arena.cells.values()):
            lines.append("`*` marks values that every run of the method proved optimal.")
        if any(len(cell.values) < cell.planned and cell.values for a in analyses for cell in a.arena.cells.values()):
            lines.append("(2/3): two of three planned runs have a value; the mean is over these.")
    words = {cell_word(c) for a in analyses for c in a.arena.cells.values() if c.value is None}
    lines += [f"**{word}**: {meaning}." for word, meaning in LEGEND.items() if word in words]
    own = [info.name for a in analyses for info in a.arena.instances.values() if info.own and a.arena.has_values]
    if own:
        shown = ", ".join(own[:12]) + (f" and {len(own) - 12:,} more" if len(own) > 12 else "")
        lines.append(f"No best known value: {shown}; gaps from the best value of this run.")
    sources = {info.source for a in analyses for info in a.arena.instances.values() if info.source and not info.own}
    return lines + sorted(f"Best known values: {source}" for source in sources)


def add_reproducing(page: ReportPage, run: RunData) -> None:
    """The commands that make this run again, and what to expect of it."""
    page.section("How to reproduce")
    lines = []
    commit = run.environment.get("git")
    if commit:
        lines.append(f"git checkout {str(commit).split()[0].removesuffix('-dirty').removesuffix('+')}")
    if run.command:
        lines.append(command_to_repeat(run.command))
    folder = run.path.as_posix() if run.path and not run.path.is_absolute() else f"runs/{run.name}"
    lines.append(f"sched report {folder}")
    page.code("\n".join(lines))
    page.text(
        "A trial is known by the hash of its configuration, the content of its instance, its seed and the version "
        "of the code: "
        "the same command runs only what is missing. Limits of wall time make results depend on the machine; with "
        "one thread "
        "and a deterministic limit they do not. All figures: `sched export`, or `sched report --format json`."
    )


_HOW_ONLY = frozenset(("--force", "--fresh", "--quiet", "-q", "--verbose", "-v", "-vv", "--json", "--jsonl", "--debug"))
_HOW_ONLY_WITH_VALUE = frozenset({"--color", "--timeout"})


def command_to_repeat(command: str) -> str:
    """``command`` without what decides how it is shown, or that stored results are forgotten: the same run for others.

    >>> command_to_repeat("sched sweep jssp instance=ft06 --force --quiet --color never")
    'sched sweep jssp instance=ft06'
    """
    try:
        words = shlex.split(command)
    except ValueError:
        return command
    kept, skip = [], False
    for word in words:
        if skip or word in _HOW_ONLY or word.partition("=")[0] in _HOW_ONLY_WITH_VALUE:
            skip = not skip and word in _HOW_ONLY_WITH_VALUE
            continue
        kept.append(word)
    return shlex.join(kept)


def _time(iso: str) -> str:
    return iso.replace("T", " ").removesuffix("Z").partition(".")[0].partition("+")[0]


def _more(values: Sequence[object], shown: int = 6) -> str:
    return f" and {len(values) - shown} more" if len(values) > shown else ""
