"""``sched eval``: methods measured on instances; figures, no verdicts."""

from __future__ import annotations

from pathlib import Path

import click

from schedcore.bench import BenchRow, SuiteOptions
from schedcore.cli.bench import write_rows
from schedcore.cli.command import verb
from schedcore.cli.options import (
    DomainName,
    OutputFile,
    Overrides,
    data_dir_option,
    overrides_argument,
    seed_option,
    time_limit_option,
    workers_option,
)
from schedcore.cli.progress import progress
from schedcore.cli.session import Outcome, Session
from schedcore.cli.text import table
from schedcore.errors import InputError

COLUMNS = ("id", "quantity", "ours", "unit", "note")


def _methods() -> tuple[str, list[tuple[str, str]]]:
    """The methods that only the domains have, for the help; none of them is imported."""
    from schedcore.registry import known_domains

    rows = [
        (found.name, ", ".join([*found.solvers, *found.policies]))
        for found in known_domains()
        if found.evaluation is not None
    ]
    return "Methods of the domains (those of the core: 'sched list solvers', 'sched list policies')", rows


@verb("eval", short_help="Measure methods on instances: gaps by class, with confidence.", names=_methods)
@click.argument("domain", type=DomainName())
@overrides_argument()
@time_limit_option(60.0)
@seed_option()
@workers_option()
@data_dir_option()
@click.option("--out", type=OutputFile(), help="Also write the rows to this file (.json or .csv).")
def eval_(
    session: Session,
    domain: str,
    overrides: Overrides,
    time_limit_s: float,
    seed: int,
    workers: int,
    data_dirs: tuple[Path, ...],
    out: Path | None,
) -> Outcome:
    """Measure methods of DOMAIN on instances and print the figures by class.

    KEY=VALUE words choose what runs; a wrong key is told with the right ones. For jssp:
    methods=paper:samples=32:mode=noop,nondelay-mwkr (parameters behind colons), instances=ta01,mk01 or
    families=ta,dmu and per_class=1 (or all), seeds=3. 'sched bench' prints the same figures beside
    references.
    """
    from schedcore.registry import get_domain

    if out is not None and out.suffix not in (".json", ".csv"):
        raise InputError(
            f"cannot tell the format of {out.name!r}", where="--out", remedy="end the name in .json or .csv"
        )
    evaluation = get_domain(domain).evaluation
    if evaluation is None:
        raise InputError(f"domain {domain} has nothing to evaluate", where="DOMAIN", remedy="see 'sched list domains'")
    rows: list[BenchRow] = []
    with progress(session) as report:
        options = SuiteOptions(
            time_limit_s=time_limit_s,
            seed=seed,
            workers=workers,
            data_dirs=data_dirs,
            overrides=overrides.as_dict(),
            progress=report,
        )
        for row in evaluation.run(options):
            rows.append(row)
            session.event("row", row.as_dict())
    if out is not None:
        write_rows(out, rows)
    data = {
        "domain": domain,
        "time_limit_s": time_limit_s,
        "seed": seed,
        "workers": workers,
        "rows": [row.as_dict() for row in rows],
    }
    return Outcome(data, table(COLUMNS, [[row.as_dict()[key] for key in COLUMNS] for row in rows]))
