"""What a sweep would run: a table, how many trials, and how long they may take."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from schedcore.experiments.plan import Plan
from schedcore.experiments.trial import Trial

SHOWN = 40
"""Rows of the table for people; all of them are in the data."""


def dry_run_data(plan: Plan, done: Collection[str] = ()) -> dict[str, Any]:
    """The plan as JSON data.

    Parameters
    ----------
    done
        Keys of trials that a store has already.
    """
    left = [trial for trial in plan.trials if trial.key not in done]
    return {
        "name": plan.name,
        "title": plan.config.title,
        "count": len(plan.trials),
        "done": len(plan.trials) - len(left),
        "cpu_hours_at_most": _cpu_hours(left),
        "at_most_s": sum(trial.time_limit_s for trial in left),
        "methods": list(plan.config.methods),
        "instances": list(dict.fromkeys(trial.instance for trial in plan.trials)),
        "seeds": sorted({trial.seed for trial in plan.trials}),
        "notes": list(plan.notes),
        "trials": [_row(trial, trial.key in done) for trial in plan.trials],
    }


def _row(trial: Trial, done: bool) -> dict[str, Any]:
    names = ("key", "group", "domain", "instance", "method", "solver", "seed", "time_limit_s", "workers", "gpus")
    return {name: getattr(trial, name) for name in names} | {"factors": dict(trial.factors), "done": done}


def dry_run_text(plan: Plan, done: Collection[str] = ()) -> str:
    """The plan for people: the first rows of the table, then counts and the time it may take."""
    from schedcore.cli.text import counted, table

    rows: list[list[Any]] = [
        [t.group, t.instance, t.method, t.seed, t.time_limit_s, t.workers, "done" if t.key in done else ""]
        for t in plan.trials[:SHOWN]
    ]
    header = ["group", "instance", "method", "seed", "limit s", "workers", ""]
    if not done:
        header, rows = header[:-1], [row[:-1] for row in rows]
    lines = [table(header, rows)]
    if len(plan.trials) > SHOWN:
        lines.append(f"... {len(plan.trials) - SHOWN} more; --json has them all")
    left = [trial for trial in plan.trials if trial.key not in done]
    count = counted(len(plan.trials), "trials")
    instances = len({(trial.domain, trial.instance) for trial in plan.trials})
    seeds = len({trial.seed for trial in plan.trials})
    shape = ", ".join(
        counted(*pair) for pair in ((len(plan.config.methods), "methods"), (instances, "instances"), (seeds, "seeds"))
    )
    lines.append(f"{count}: {shape}")
    if len(left) < len(plan.trials):
        lines.append(f"{len(plan.trials) - len(left)} done, {len(left)} to go")
    lines.append(f"at most {cpu_hours_text(_cpu_hours(left))}: time limits times workers")
    return "\n".join(lines)


def _cpu_hours(trials: Collection[Trial]) -> float:
    return round(sum(trial.time_limit_s * trial.workers for trial in trials) / 3600, 6)


def cpu_hours_text(hours: float) -> str:
    """CPU hours for people; short times in seconds."""
    if hours < 0.1:
        seconds = f"{3600 * hours:.3g}"
        return f"{seconds} CPU second{'' if seconds == '1' else 's'}"
    return f"{hours:.1f} CPU hours" if hours < 100 else f"{hours:,.0f} CPU hours"
