"""Gantt charts of chosen trials, to zoom and search in the page."""

from __future__ import annotations

from collections.abc import Sequence

from schedcore.errors import SchedError
from schedcore.experiments.report.analysis import Analysis
from schedcore.experiments.report.charts.still_gantt import still_gantt
from schedcore.experiments.report.run_data import RunData
from schedcore.experiments.report.text import code, value_text
from schedcore.experiments.trial import Trial, TrialRecord, load_instance
from schedcore.plot import InteractiveGantt, ReportPage

BY_CHOICE: int = 2
"""Charts where nobody chose."""
MOST_BYTES: int = 3_000_000
"""A larger chart is left out; ``sched plot`` draws it."""


def add_gantts(page: ReportPage, run: RunData, analyses: Sequence[Analysis], chosen: Sequence[str] | None) -> None:
    """The best schedule of every chosen instance, or the schedules of chosen trials.

    Parameters
    ----------
    chosen
        Names of instances, or beginnings of keys; ``None``: those of the experiment, else of the instances on which
        the methods differ most.
    """
    picked = picked_trials(run, analyses, chosen)
    parts = [(trial, record, part) for trial, record in picked if (part := _chart(run, trial, record)) is not None]
    if not parts:
        return
    page.section("Schedules")
    for trial, record, part in parts:
        page.subsection(f"{trial.instance}: {trial.method}" + (f", seed {trial.seed}" if trial.seed else ""))
        if isinstance(part, str):
            page.note(part, "warn")
            continue
        chart, still = part
        value = "" if record.value is None else f" with value {value_text(record.value)}"
        chosen_text = f"The best schedule of this run{value}" if record.key in _best(analyses) else f"A schedule{value}"
        caption = f"{chosen_text}, by {code(trial.method)}. Drag to move, wheel or pinch to zoom, type to search."
        height = min(760, 300 + 14 * record.sizes.get("machines", 8))
        page.figure(chart, caption, height_px=height, still=still)


def picked_trials(
    run: RunData, analyses: Sequence[Analysis], chosen: Sequence[str] | None
) -> list[tuple[Trial, TrialRecord]]:
    """The trials to be drawn."""
    trials = {trial.key: trial for trial in run.trials}
    names = list(chosen if chosen is not None else run.gantt if run.gantt is not None else _differing(analyses))
    found: list[tuple[Trial, TrialRecord]] = []
    for name in names:
        best = [a.arena.instances[name].best_key for a in analyses if name in a.arena.instances]
        keys = [key for key in best if key is not None]
        if not best and len(name) >= 4:
            keys = [key for key in run.records if key.startswith(name) and key in trials][:1]
        found += [(trials[key], run.records[key]) for key in keys]
    return found


def _differing(analyses: Sequence[Analysis]) -> list[str]:
    """Instances with schedules on which the methods differ most."""
    spread: list[tuple[float, str]] = []
    for analysis in analyses:
        arena = analysis.arena
        if arena.runner != "solve":
            continue
        for name in arena.instances:
            means = [mean for m in arena.methods if (mean := arena.cell(m, name).mean) is not None]
            if means:
                spread.append((max(means) - min(means), name))
    return [name for _, name in sorted(spread, key=lambda item: -item[0])[:BY_CHOICE]]


def _best(analyses: Sequence[Analysis]) -> set[str | None]:
    return {info.best_key for analysis in analyses for info in analysis.arena.instances.values()}


def _chart(run: RunData, trial: Trial, record: TrialRecord) -> tuple[InteractiveGantt, str] | str | None:
    """The chart and what is printed instead; a sentence why there is none; ``None`` for a trial without schedule."""
    from schedcore.model import schedule_from_dict
    from schedcore.plot import interactive_gantt

    data = run.schedule(record.key)
    if data is None:
        return None
    try:
        problem = load_instance(trial.domain, trial.instance, trial.data_dirs).problem
        if data.get("problem") not in (None, problem.meaning_fingerprint()):
            return "The instance has changed since this run, so its schedule is not drawn."
        schedule = schedule_from_dict(data)
        chart = interactive_gantt(problem, schedule, title=f"{trial.instance}, {trial.method}")
    except (SchedError, OSError) as error:
        return f"The schedule is not drawn: {error}"
    if len(chart.html) > MOST_BYTES:
        return f"The schedule has {len(problem.tasks):,} tasks and is too large for this page; `sched plot` draws it."
    return chart, still_gantt(problem, schedule)
