"""``sched runs``: the runs there are, and what may go."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import click

from schedcore.cli.command import verb
from schedcore.cli.session import Outcome, Session
from schedcore.errors import InputError


class RunName(click.ParamType):
    """The folder of a run, or its name in ``runs/``; completes."""

    name = "RUN"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[Any]:
        from click.shell_completion import CompletionItem

        from schedcore.experiments.run_folder import RUNS, run_folders

        names = [path.relative_to(RUNS).as_posix() for path in run_folders()]
        return [CompletionItem(name) for name in names if name.startswith(incomplete)]


def run_argument() -> Any:
    """The run that a verb works on."""
    return click.argument("run", type=RunName(), metavar="RUN")


def runs_dir_option() -> Any:
    """``--runs-dir``: where runs are looked for by name."""
    return click.option(
        "--runs-dir",
        type=click.Path(path_type=Path, file_okay=False),
        default=Path("runs"),
        show_default=True,
        metavar="FOLDER",
        help="Where runs are looked for by name.",
    )


_UNITS = {"m": 60.0, "h": 3600.0, "d": 86400.0, "w": 7 * 86400.0}


class Age(click.ParamType):
    """A length of time: ``30m``, ``12h``, ``7d``, ``4w``; in seconds."""

    name = "AGE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        if isinstance(value, float):
            return value
        match = re.fullmatch(r"(\d+(?:\.\d+)?)([mhdw])", str(value).strip())
        if match is None:
            self.fail(f"{value!r} is no length of time; write 30m, 12h, 7d or 4w", param, ctx)
        return float(match[1]) * _UNITS[match[2]]


@verb("runs", short_help="List the runs in runs/, or remove old ones.")
@click.argument("action", type=click.Choice(["list", "prune"]), metavar="list|prune")
@runs_dir_option()
@click.option("--keep", type=click.IntRange(min=0), metavar="N", help="prune: keep the N runs used last.")
@click.option(
    "--older-than", type=Age(), metavar="AGE", help="prune: only runs not used for so long (30m, 12h, 7d, 4w)."
)
@click.option("--dry-run", is_flag=True, help="prune: say what would go, and remove nothing.")
def runs(
    session: Session, action: str, runs_dir: Path, keep: int | None, older_than: float | None, dry_run: bool
) -> Outcome:
    """List the runs in a folder, or remove some of them.

    \b
    list   name, when it was used last, what was asked, trials done, failed and left, size
    prune  remove runs; --keep N, --older-than AGE, or both: a run goes that is neither among the
           N used last nor younger than AGE

    prune asks nothing; --dry-run shows what it would do. A run that a driver works on is never
    removed, and neither is anything that is no run.
    """
    from schedcore.experiments.runs import list_runs, prune_runs

    if action == "list":
        if keep is not None or older_than is not None or dry_run:
            raise InputError("--keep, --older-than and --dry-run belong to prune", where="sched runs list")
        found = list_runs(runs_dir)
        for entry in found:
            if entry.fault:
                session.warn(f"{entry.name}: {entry.fault}")
        return Outcome(
            {"folder": str(runs_dir), "runs": [entry.as_dict() for entry in found]}, _listed(found, runs_dir)
        )
    if keep is None and older_than is None:
        raise InputError(
            "nothing says which runs may go", where="sched runs prune", remedy="give --keep or --older-than"
        )
    outcome = prune_runs(runs_dir, keep=keep, older_than_s=older_than, dry_run=dry_run)
    for name, reason in outcome.refused.items():
        session.warn(f"{name} stays: {reason}")
    size = sum(entry.size_bytes for entry in outcome.removed)
    word = "would be removed" if dry_run else "removed"
    lines = [f"{entry.name}  {_size(entry.size_bytes)}" for entry in outcome.removed]
    lines.append(f"{len(outcome.removed)} of {outcome.total} runs {word}, {_size(size)}")
    return Outcome(
        {
            "folder": str(runs_dir),
            "dry_run": dry_run,
            "removed": [entry.name for entry in outcome.removed],
            "refused": outcome.refused,
            "bytes": size,
        },
        "\n".join(lines),
    )


def _listed(found: list[Any], runs_dir: Path) -> str:
    from schedcore.cli.text import table

    if not found:
        return f"no runs in {runs_dir}"
    header = ["name", "used last (UTC)", "asked", "done", "failed", "left", "size", ""]
    rows = [
        [
            entry.name,
            entry.updated.replace("T", " ").removesuffix("Z") or "-",
            _short(entry.asked),
            entry.done,
            entry.failed,
            entry.left,
            _size(entry.size_bytes),
            "running" if entry.locked else "damaged" if entry.fault else "",
        ]
        for entry in found
    ]
    return table(header, rows)


def _short(text: str) -> str:
    return text if len(text) <= 60 else text[:59] + "…"


def _size(count: int) -> str:
    for unit, power in (("GB", 9), ("MB", 6), ("kB", 3)):
        if count >= 10**power:
            return f"{count / 10**power:.1f} {unit}"
    return f"{count} B"
