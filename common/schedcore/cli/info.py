"""``sched info``: what an instance is made of, and whether it can have a schedule at all."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from schedcore.cli.command import verb
from schedcore.cli.options import data_dir_option, format_option
from schedcore.cli.session import Outcome, Session
from schedcore.cli.target import Target, target_argument
from schedcore.cli.text import counted, number

if TYPE_CHECKING:
    from schedcore.model import Problem
    from schedcore.registry import LoadedInstance


@verb("info", short_help="Describe an instance: sizes, features, bounds, conflicts.")
@target_argument(overrides=False)
@data_dir_option()
@format_option()
def info(session: Session, target: Target, data_dirs: tuple[Path, ...], format_name: str | None) -> Outcome:
    """Describe an instance of DOMAIN, or the problem in FILE.

    Shows sizes, the features that a solver must understand, what is known about the optimum, which
    solver 'auto' would choose, and, if no schedule can exist for a visible reason, that reason.
    """
    from schedcore.check import explain
    from schedcore.cli.solve import best_known
    from schedcore.solvers.auto import choose

    loaded = target.load(data_dirs, format_name)
    problem = loaded.problem
    solver, why = choose(problem)
    data = {
        "domain": target.domain,
        "instance": loaded.name,
        "origin": loaded.origin,
        "fingerprint": problem.fingerprint(),
        "sizes": sizes(problem),
        "features": sorted(problem.features()),
        "objective": None if problem.objective is None else [dict(stage) for stage in problem.objective.stages],
        "unit": problem.unit.label,
        "best_known": best_known(loaded, None),
        "info": dict(loaded.info),
        "metadata": problem.meta,
        "auto": {"solver": solver, "why": why},
        "conflicts": [conflict.as_dict(problem) for conflict in explain(problem)],
    }
    return Outcome(data, _text(loaded, data))


def sizes(problem: Problem) -> dict[str, Any]:
    """Counts of what the problem is made of, and the range of its durations."""
    arrays = problem.arrays
    kinds: dict[str, int] = {}
    for resource in problem.resources:
        kind = type(resource).__name__.lower()
        kinds[kind] = kinds.get(kind, 0) + 1
    durations = arrays.duration
    return {
        "tasks": len(problem.tasks),
        "modes": len(arrays.mode_task),
        "jobs": len(problem.jobs),
        "resources": len(problem.resources),
        **kinds,
        "lags": len(problem.lags),
        "selections": len(problem.selections),
        "mode_links": len(problem.mode_links),
        "shortest_duration": int(durations.min()) if len(durations) else None,
        "longest_duration": int(durations.max()) if len(durations) else None,
    }


def _text(loaded: LoadedInstance, data: dict[str, Any]) -> str:
    from schedcore.model import FEATURES

    lines = [loaded.name]
    rows: list[tuple[str, str]] = []
    if loaded.origin is not None:
        rows.append(("file", str(loaded.origin)))
    counts = [counted(value, name.replace("_", " ")) for name, value in data["sizes"].items() if _counts(name, value)]
    rows.append(("sizes", ", ".join(counts)))
    shortest, longest = data["sizes"]["shortest_duration"], data["sizes"]["longest_duration"]
    if shortest is not None:
        rows.append(("durations", f"{shortest} to {longest} {data['unit']}s"))
    stages = [
        " + ".join(f"{weight} {name}" if weight != 1 else name for name, weight in stage.items())
        for stage in data["objective"] or []
    ]
    rows.append(("minimise", ", then ".join(stages) or "nothing: any feasible schedule"))
    known = data["best_known"]
    if known is not None:
        lower, upper = known["lower"], known["upper"]
        if upper is None:
            value = f"at least {lower}"
        elif lower is None:
            value = f"at most {upper}"
        else:
            value = f"{upper} (optimal)" if lower == upper else f"{lower} to {upper}"
        rows.append(("optimum", f"{value}; {known['source']}"))
    rows += [(str(key), number(value)) for key, value in data["info"].items() if key not in data["sizes"]]
    rows.append(("auto", f"{data['auto']['solver']}: {data['auto']['why']}"))
    width = max(len(name) for name, _ in rows)
    lines += [f"  {name:<{width}}  {text}" for name, text in rows]
    lines.append("features")
    names = data["features"]
    width = max((len(name) for name in names), default=0)
    lines += [f"  {name:<{width}}  {FEATURES[name]}" for name in names]
    if data["conflicts"]:
        lines.append("no schedule exists")
        lines += [f"  {conflict['message']}" for conflict in data["conflicts"]]
    return "\n".join(lines)


def _counts(name: str, value: Any) -> bool:
    return bool(value) and not name.endswith("_duration")
