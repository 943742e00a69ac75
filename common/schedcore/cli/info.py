"""``sched info``: what an instance is made of, or a configuration, and where its values come from."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from schedcore.cli.command import verb
from schedcore.cli.options import config_dir_option, data_dir_option, format_option
from schedcore.cli.session import Outcome, Session
from schedcore.cli.target import Target, TargetArgument
from schedcore.cli.text import counted, number

if TYPE_CHECKING:
    from schedcore.model import Problem
    from schedcore.registry import LoadedInstance


class InfoArgument(TargetArgument):
    """``[DOMAIN] INSTANCE|FILE``, or ``experiment=NAME`` (``solver=NAME``, ...) and words: then those words."""

    def process_value(self, ctx: click.Context, value: Any) -> Any:
        from schedcore.experiments.inspection import is_config_word

        words = tuple(value or ())
        if words and is_config_word(words[0]):
            return words
        return super().process_value(ctx, value)


@verb("info", short_help="Describe an instance, or a configuration and its origins.")
@click.argument(
    "target", cls=InfoArgument, overrides=False, metavar="[DOMAIN] INSTANCE|FILE | GROUP=NAME [KEY=VALUE]..."
)
@data_dir_option()
@format_option()
@config_dir_option()
def info(
    session: Session,
    target: Target | tuple[str, ...],
    data_dirs: tuple[Path, ...],
    format_name: str | None,
    config_dir: Path | None,
) -> Outcome:
    """Describe an instance of DOMAIN, the problem in FILE, or a configuration.

    Of an instance: sizes, the features that a solver must understand, what is known about the optimum,
    which solver 'auto' would choose, and, if no schedule can exist for a visible reason, that reason.

    Of a configuration (experiment=NAME, domain=NAME, solver=NAME, policy=NAME, backend=NAME, changed by
    KEY=VALUE words): every value, and the file and line, word, environment variable or default that it
    comes from.
    """
    if isinstance(target, tuple):
        return _configuration(target, config_dir)
    from schedcore.check import explain
    from schedcore.cli.domain_answers import info_of_domain
    from schedcore.cli.solve import best_known
    from schedcore.solvers.auto import choose

    answer = info_of_domain(session, target, data_dirs)
    if answer is not None and answer.whole:
        written = {"written": [str(path) for path in answer.written]}
        own = {"domain": target.domain, "instance": target.instance, **answer.data, **written}
        return Outcome(own, answer.text, answer.error)
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
    if answer is None:
        return Outcome(data, _text(loaded, data))
    data[str(target.domain)] = dict(answer.data)
    data["written"] = [str(path) for path in answer.written]
    return Outcome(data, answer.text + "\n\n" + _text(loaded, data), answer.error)


def _configuration(words: tuple[str, ...], config_dir: Path | None) -> Outcome:
    from schedcore.configdir import find_config_dir
    from schedcore.experiments.inspection import inspect, inspection_text

    found = inspect(find_config_dir(config_dir), words)
    return Outcome(found.as_dict(), inspection_text(found))


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
