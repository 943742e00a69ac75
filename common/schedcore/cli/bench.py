"""``sched bench``: a fixed published suite, our figures beside the reference."""

from __future__ import annotations

from pathlib import Path

import click

from schedcore.bench import BenchRow, SuiteOptions
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
from schedcore.errors import InputError, unknown_name

COLUMNS = ("id", "quantity", "ours", "reference", "unit", "tolerance", "within", "source")


@verb("bench", short_help="Run a fixed published suite; ours beside the reference.")
@click.argument("domain", type=DomainName())
@overrides_argument()
@click.option("--suite", required=True, metavar="NAME", help="The suite; 'sched list suites' shows them.")
@time_limit_option(10.0)
@seed_option()
@workers_option()
@data_dir_option()
@click.option("--out", type=OutputFile(), help="Also write the rows to this file (.json or .csv).")
def bench(
    session: Session,
    domain: str,
    overrides: Overrides,
    suite: str,
    time_limit_s: float,
    seed: int,
    workers: int,
    data_dirs: tuple[Path, ...],
    out: Path | None,
) -> Outcome:
    """Run a suite of DOMAIN and print every figure beside its reference, with source and tolerance.

    A figure out of tolerance is shown as such and is no failure of the command; programs read the
    field `within`. KEY=VALUE words choose what a suite runs; a wrong key is told with the right ones.
    Suites solvers and learned of jssp know methods=sgs,cpsat (parameters behind colons in learned:
    learned:samples=32), instances=ft06,ta01, per_class=1 (or all) and families=la,ta; suite rules
    knows none.
    """
    from schedcore.registry import get_domain

    if out is not None and out.suffix not in (".json", ".csv"):
        raise InputError(
            f"cannot tell the format of {out.name!r}", where="--out", remedy="end the name in .json or .csv"
        )
    suites = get_domain(domain).suites
    if suite not in suites:
        raise unknown_name("suite", suite, suites, where=f"domain {domain}")
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
        for row in suites[suite].run(options):
            rows.append(row)
            session.event("row", row.as_dict())
    if out is not None:
        write_rows(out, rows)
    missed = [row.id for row in rows if row.within is False]
    data = {
        "domain": domain,
        "suite": suite,
        "time_limit_s": time_limit_s,
        "seed": seed,
        "workers": workers,
        "rows": [row.as_dict() for row in rows],
        "compared": sum(row.within is not None for row in rows),
        "out_of_tolerance": len(missed),
    }
    plain = [row.as_dict() for row in rows]
    verdict = f"{data['compared']} of {len(rows)} figures have a reference; {len(missed)} out of tolerance"
    return Outcome(data, table(COLUMNS, [[row[key] for key in COLUMNS] for row in plain]) + "\n" + verdict)


def write_rows(path: Path, rows: list[BenchRow]) -> None:
    """Write the rows to a .json or .csv file, whole or not at all."""
    from schedcore.cli.session import json_text
    from schedcore.io.atomic import atomic_open, atomic_write_text

    plain = [row.as_dict() for row in rows]
    if path.suffix == ".json":
        atomic_write_text(path, json_text(plain, indent=2) + "\n")
        return
    import csv

    with atomic_open(path) as file:
        writer = csv.DictWriter(file, fieldnames=list(BenchRow("", "", 0.0).as_dict()), lineterminator="\n")
        writer.writeheader()
        writer.writerows(plain)
