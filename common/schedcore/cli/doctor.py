"""``sched doctor``: is the installation sound, and what does this machine offer?"""

from __future__ import annotations

from pathlib import Path

import click

from schedcore.cli.command import verb
from schedcore.cli.options import config_dir_option
from schedcore.cli.session import Outcome, Session
from schedcore.errors import InputError


@verb("doctor", short_help="Check the installation and this machine.")
@click.option("--imports", is_flag=True, help="Also import every library, each in a process of its own (slow).")
@click.option(
    "--compile", "kernels", is_flag=True, help="Also compile the kernels of all solvers; later uses start at once."
)
@config_dir_option()
def doctor(session: Session, imports: bool, kernels: bool, config_dir: Path | None) -> Outcome:
    """Check the installation and this machine.

    Looks at versions, domains, configuration, processors, memory, GPU, disk and leftovers of Ray.
    Changes nothing but, with --compile, the cache of compiled code. The exit code is 2 if a check
    fails; warnings do not count.
    """
    from schedcore.cli.checkup import checkup

    checks = []
    for check in checkup(config_dir=config_dir, imports=imports, kernels=kernels):
        session.event("check", check.as_dict())
        checks.append(check)
    failed = [check for check in checks if check.status == "fail"]
    width = max(len(check.name) for check in checks)
    lines = []
    for check in checks:
        lines.append(f"{check.status:<4}  {check.name:<{width}}  {check.detail}")
        if check.remedy:
            lines.append(" " * (width + 8) + f"do: {check.remedy}")
    error = None
    if failed:
        error = InputError(
            f"{len(failed)} of {len(checks)} checks failed: " + ", ".join(check.name for check in failed),
            where="sched doctor",
            remedy=failed[0].remedy or "see the lines marked 'fail'",
        )
    return Outcome({"checks": [check.as_dict() for check in checks], "ok": not failed}, "\n".join(lines), error)
