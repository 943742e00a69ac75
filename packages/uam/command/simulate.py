"""``sched simulate uam SCENARIO --policy NAME``: days under policies, all on the same days."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from schedcore.domain_verbs import Answer, Request
from schedcore.errors import InputError, ViolationError
from uam.domain import load_scenario
from uam.generate import is_expression
from uam.log import DayLog
from uam.policies.registry import make_policy
from uam.scenario import Scenario
from uam.seeds import HELD_OUT
from uam.simulator import play

DEFAULT_POLICY, DEFAULT_SCENARIOS = "greedy-rate", 10

COLUMNS = (
    ("served_share", "served %", 100),
    ("load_factor", "load %", 100),
    ("flights", "flights", 1),
    ("empty_flights", "empty", 1),
    ("charger_use", "chargers %", 100),
    ("idle_hours", "idle h", 1),
)


def simulate(request: Request) -> Answer:
    """Play days; with one scenario the day is also put to the core's checker.

    Raises
    ------
    InputError
        A number of scenarios beside a single day, or pictures that cannot be drawn.
    """
    names = request.policies or request.solvers or (DEFAULT_POLICY,)
    if len(set(names)) < len(names):
        raise InputError("a policy is named twice", where="--policy", remedy="name each once")
    policies = [make_policy(name) for name in names]
    scenarios = _scenarios(request)
    sees = not request.options.get("hide_demand", False)
    logs: dict[str, list[DayLog]] = {name: [] for name in names}
    seconds = dict.fromkeys(names, 0.0)
    total, done = len(scenarios) * len(policies), 0
    for scenario in scenarios:
        for name, policy in zip(names, policies, strict=True):
            if request.should_stop():
                break
            request.progress(done, total, f"{scenario.name} {name}")
            begun = time.perf_counter()
            # A policy that draws at random draws anew every day, and the same again for the same --seed.
            logs[name].append(play(scenario, policy, seed=request.seed + scenario.seed, sees_remaining=sees))
            seconds[name] += time.perf_counter() - begun
            done += 1
    request.progress(done, total, "")
    complete = min(map(len, logs.values()))
    if not complete:
        return Answer({"policies": {}}, "stopped before the first day was over")
    rows = {name: _row(played[:complete], seconds[name]) for name, played in logs.items()}
    first = logs[names[0]]
    for name in names[1:]:
        differences = np.array([log.profit for log in logs[name][:complete]]) - [log.profit for log in first[:complete]]
        rows[name]["difference_to_first"] = float(differences.mean())
        rows[name]["better_on"] = int((differences > 0).sum())
    data: dict[str, Any] = {
        "scenarios": [scenario.name for scenario in scenarios[:complete]],
        "sees_remaining": sees,
        "policies": rows,
    }
    text = [_table(rows, complete)]
    error = None
    if len(scenarios) == 1:
        error, checked = _check({name: played[0] for name, played in logs.items()})
        data["violations"] = checked
        text.append("checked by the core: " + ", ".join(f"{name} {_verdict(n)}" for name, n in checked.items()))
    written = _write(request, first[0])
    return Answer(data, "\n".join(text), written, error)


def _scenarios(request: Request) -> list[Scenario]:
    name = request.instance
    single = name.endswith(".json") or Path(name).is_file() or is_expression(name)
    if single:
        if request.scenarios not in (None, 1):
            raise InputError(
                f"{name} is one day",
                where="--scenarios",
                remedy=f"leave the seed away: {name.rpartition(':')[0] or name}",
            )
        return [load_scenario(name, request.data_dirs, request.options)]
    count = request.scenarios or DEFAULT_SCENARIOS
    if count > len(HELD_OUT):
        raise InputError(f"{count} scenarios", where="--scenarios", remedy=f"at most {len(HELD_OUT)} are held out")
    return [load_scenario(f"{name}:{seed}", request.data_dirs, request.options) for seed in HELD_OUT[:count]]


def _row(logs: Sequence[DayLog], seconds: float) -> dict[str, Any]:
    profits = np.array([log.profit for log in logs])
    summaries = [log.summary() for log in logs]
    decisions = sum(len(log.decisions) for log in logs)
    row: dict[str, Any] = {key: float(np.mean([summary[key] for summary in summaries])) for key in summaries[0]}
    row.update(
        profit=float(profits.mean()),
        profit_sd=float(profits.std(ddof=1)) if len(profits) > 1 else 0.0,
        profit_p5=float(np.percentile(profits, 5)),
        profit_min=float(profits.min()),
        profits=profits.tolist(),
        ms_per_decision=1000 * seconds / max(1, decisions),
        seconds_per_day=seconds / len(logs),
    )
    return row


def _table(rows: dict[str, dict[str, Any]], days: int) -> str:
    from schedcore.cli.text import table

    many = days > 1
    head = ["policy", "profit $", *(["sd", "p5", "min"] if many else []), *(label for _, label, _ in COLUMNS)]
    head += ["ms/decision", *(["vs first"] if len(rows) > 1 else [])]
    body = []
    for name, row in rows.items():
        line: list[Any] = [name, round(row["profit"])]
        if many:
            line += [round(row[key]) for key in ("profit_sd", "profit_p5", "profit_min")]
        line += [round(factor * row[key]) for key, _, factor in COLUMNS]
        line.append(round(row["ms_per_decision"], 3))
        if len(rows) > 1:
            versus = row.get("difference_to_first")
            line.append(None if versus is None else round(versus))
        body.append(line)
    title = f"mean of {days} days" if many else "one day"
    return f"{title}\n{table(head, body)}"


def _check(logs: dict[str, DayLog]) -> tuple[ViolationError | None, dict[str, int]]:
    from uam.core import to_core

    reports = {name: to_core(log).check() for name, log in logs.items()}
    broken = {name: report for name, report in reports.items() if not report.ok}
    error = None
    if broken:
        name, report = next(iter(broken.items()))
        error = ViolationError(
            f"the day of {name} breaks rules: {report.to_text(limit=3)}", where="simulate", remedy="please report this"
        )
    return error, {name: len(report.violations) for name, report in reports.items()}


def _verdict(violations: int) -> str:
    return "keeps all rules" if not violations else f"breaks rules {violations} times"


def _write(request: Request, log: DayLog) -> tuple[Path, ...]:
    """Figures and files of the first day of the first policy."""
    written: list[Path] = []
    if request.plot is not None:
        from uam.plot.files import write_plot

        write_plot(log, request.plot)
        written.append(request.plot)
    if folder := request.options.get("figures"):
        from uam.plot.files import write_figures

        written += write_figures(log, Path(str(folder)))
    if file := request.options.get("log"):
        from uam.log_file import write_log

        written.append(write_log(log, Path(str(file))))
    return tuple(written)
