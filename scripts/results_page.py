"""Put the figures of the experiment over ten seeds into docs/results.md.

    sched run jssp/ten-seeds && python scripts/results_page.py runs/jssp/ten-seeds

What stands between the two marks of the page is replaced; nothing is typed by hand.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "results.md"
BEGIN, END = "<!-- ten seeds: made by scripts/results_page.py -->", "<!-- ten seeds: end -->"

if TYPE_CHECKING:
    from schedcore.experiments.report import Analysis, RunData


def results_text(run: RunData) -> str:
    """The figures of ``run`` as Markdown: set-up, methods, pairs, instances, and what was not reached.

    Raises
    ------
    ValueError
        The run has not finished, or is of several domains.
    """
    from schedcore.experiments.report import analyses_of
    from schedcore.experiments.report.tables import markdown

    if run.finished < len(run.trials):
        raise ValueError(f"{len(run.trials) - run.finished} of {len(run.trials)} trials have not finished")
    (analysis,) = analyses_of(run)
    parts = [_setting(run, analysis), "", "### Methods", "", markdown(_methods(run, analysis)), "", _reading(analysis)]
    parts += ["", "### Method against method", "", markdown(_pairs(analysis)), ""]
    parts += [
        "Wins / ties / losses by instance on the mean over the seeds; Wilcoxon's signed-rank test after Holm.",
        "",
    ]
    parts += ["### Instances", "", markdown(_instances(analysis)), ""]
    parts += ["Mean over the seeds; in brackets the smallest and the largest value where seeds differ.", ""]
    return "\n".join([*parts, "### What we do not beat", "", _not_beaten(analysis)])


def _setting(run: RunData, analysis: Analysis) -> str:
    arena, machine = analysis.arena, run.environment
    seeds = {trial.seed for trial in run.trials}
    records = list(run.records.values())
    loads = [record.load for record in records if record.load is not None]
    cpu = sum(record.cpu_s or 0.0 for record in records)
    sources = sorted({info.source for info in arena.instances.values() if info.source})
    return (
        f"{len(run.trials):,} runs: {len(arena.methods)} methods, {len(arena.instances)} instances, {len(seeds)} "
        "seeds, "
        f"one thread each, {cpu / 60:.0f} minutes of processor time. Begun {run.created[:10]} at commit "
        f"`{str(machine.get('git') or '-').split()[0]}`, on {machine.get('processors')} cores of an "
        f"{machine.get('processor')}, Python {machine.get('python')}, OR-Tools {machine.get('ortools')}; the load was "
        f"{min(loads):.0f} to {max(loads):.0f}, which changes no value, since no limit is one of time. "
        + " ".join(sources)
    )


def _methods(run: RunData, analysis: Analysis) -> tuple[list[str], list[list[str]]]:
    from schedcore.experiments.report.text import gap_text, interval_text

    header = ["method", "limit", "processor time of a run", "mean gap to best known", "95 % interval"]
    bounds = [] if _closed(analysis) else ["to best bound", "95 % interval"]
    header += [*bounds, "worst", "best known reached", "spread over seeds"]
    body = []
    for name in analysis.ranking:
        item = analysis.summary(name)
        own = [(trial, run.records[trial.key]) for trial in run.trials if trial.method == name]
        limits = sorted({trial.deterministic_limit for trial, _ in own if trial.deterministic_limit is not None})
        cpu = [record.cpu_s for _, record in own if record.cpu_s is not None]
        mean, bound = item.overall, item.to_bound
        assert mean is not None
        body.append(
            [
                f"`{name}`",
                " / ".join(f"{limit:g}" for limit in limits) or "-",
                f"{sum(cpu) / max(1, len(cpu)):.2g} s",
                gap_text(mean.gap),
                interval_text(mean.interval) if mean.interval else "",
                *(
                    [
                        "-" if bound is None else gap_text(bound.gap),
                        interval_text(bound.interval) if bound is not None and bound.interval else "",
                    ]
                    if bounds
                    else []
                ),
                "-" if item.worst is None else gap_text(item.worst),
                f"{item.at_reference} of {item.with_reference}",
                "-" if item.spread is None else f"{100 * item.spread.deviation:.2f} %",
            ]
        )
    return header, body


def _reading(analysis: Analysis) -> str:
    from schedcore.experiments.report.sections.overview import headline

    bound = (
        "The optima of all these instances are known, so that the best known value is the best bound, too. "
        if _closed(analysis)
        else "*To best bound* is against the best proven lower bound: the distance from the unknown optima lies "
        "between the two columns. "
    )
    return (
        headline(analysis)
        + " Gaps are geometric means over instances of the mean over seeds, intervals are bootstrapped over both. "
        + bound
        + "A *limit* is in the method's own units of work."
    )


def _closed(analysis: Analysis) -> bool:
    """Whether the optimum of every instance is known."""
    return all(info.upper is not None and info.lower == info.upper for info in analysis.arena.instances.values())


def _pairs(analysis: Analysis) -> tuple[list[str], list[list[str]]]:
    from schedcore.experiments.report.text import p_text

    body = []
    for first in analysis.ranking:
        row = [f"`{first}`"]
        for second in analysis.ranking:
            pair = None if first == second else analysis.pair(first, second)
            if pair is None:
                row.append("")
            else:
                counts, p = pair.counts, p_text(pair.corrected)
                row.append(f"{counts.wins} / {counts.ties} / {counts.losses}, p {p if p.startswith('<') else '= ' + p}")
        body.append(row)
    return ["row against column", *analysis.ranking], body


def _instances(analysis: Analysis) -> tuple[list[str], list[list[str]]]:
    arena = analysis.arena
    body = []
    for name, info in arena.instances.items():
        row = [name, info.known_text]
        for method in analysis.ranking:
            values = list(arena.cell(method, name).values.values())
            mean = sum(values) / len(values) if values else None
            spread = f" ({min(values):g}–{max(values):g})" if values and min(values) < max(values) else ""
            row.append("-" if mean is None else f"{mean:g}{spread}")
        body.append(row)
    return ["instance", "best known", *analysis.ranking], body


def _not_beaten(analysis: Analysis) -> str:
    """Instances on which no run of any method reached the best known value."""
    from jssp.bounds import find_bounds

    arena = analysis.arena
    behind = []
    for name, info in arena.instances.items():
        values = [value for method in arena.methods for value in arena.cell(method, name).values.values()]
        if values and info.upper is not None and min(values) > info.upper:
            known = find_bounds(name)
            finder = f", found by {known.upper_by}" if known is not None and known.upper_by else ""
            gap = 100 * (min(values) - info.upper) / info.upper
            behind.append(f"{name} ({min(values):g} against {info.upper:g}, {gap:.2f} %{finder})")
    total = sum(info.upper is not None for info in arena.instances.values())
    if not behind:
        return f"The best known value of each of the {total} instances was reached by some run."
    return (
        f"On {len(behind)} of {total} instances no run of any method reached the best known value: "
        + "; ".join(behind)
        + ". None was beaten."
    )


def wrapped(text: str) -> str:
    """Long lines that are no table rows, broken at 118 characters."""
    import textwrap

    lines: list[str] = []
    for line in text.splitlines():
        keep = line.startswith(("|", "#")) or not line
        lines += [line] if keep else textwrap.wrap(line, 118, break_on_hyphens=False, break_long_words=False)
    return "\n".join(lines)


def replaced(page: str, text: str) -> str:
    """``page`` with ``text`` between its marks.

    Raises
    ------
    ValueError
        It has no marks.
    """
    pattern = re.compile(re.escape(BEGIN) + ".*?" + re.escape(END), re.DOTALL)
    if not pattern.search(page):
        raise ValueError(f"the page lacks the marks {BEGIN} and {END}")
    new = f"{BEGIN}\n\n{wrapped(text)}\n\n{END}"
    return pattern.sub(lambda match: new, page)


def main(arguments: list[str]) -> int:
    """Replace the part of the page."""
    from schedcore.experiments.report import read_run

    if len(arguments) != 1:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        text = replaced(PAGE.read_text(encoding="utf-8"), results_text(read_run(Path(arguments[0]))))
    except ValueError as error:
        print(error, file=sys.stderr)
        return 1
    PAGE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
