"""``sched run``: an experiment of ``configs/experiment/``."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from schedcore.cli.command import verb
from schedcore.cli.options import Overrides, config_dir_option, overrides_argument
from schedcore.cli.session import Outcome, Session
from schedcore.errors import UnknownNameError, did_you_mean

if TYPE_CHECKING:
    from schedcore.configdir import ConfigDir


class ExperimentName(click.ParamType):
    """The name of an experiment; completes."""

    name = "EXPERIMENT"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[Any]:
        from click.shell_completion import CompletionItem

        from schedcore.configdir import find_config_dir

        return [CompletionItem(n) for n in find_config_dir().experiments() if n.startswith(incomplete)]


@verb("run", short_help="Run an experiment: methods on instances, with tables and a report.")
@click.argument("experiment", type=ExperimentName(), metavar="EXPERIMENT")
@overrides_argument(configured=True)
@config_dir_option()
@click.option(
    "--runs-dir",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("runs"),
    show_default=True,
    metavar="FOLDER",
    help="Results go to FOLDER/EXPERIMENT.",
)
@click.option("--fresh", is_flag=True, help="Start over: forget the stored results of this experiment.")
@click.option("--dry-run", is_flag=True, help="Show what would run, and run nothing.")
def run(
    session: Session,
    experiment: str,
    overrides: Overrides,
    config_dir: Path | None,
    runs_dir: Path,
    fresh: bool,
    dry_run: bool,
) -> Outcome:
    """Run the EXPERIMENT in configs/experiment/EXPERIMENT.yaml.

    Every method runs on every instance. Each result is stored when it is there, so an interrupted run
    continues where it was when the command is given again. KEY=VALUE words change the configuration
    (time_limit_s=5, methods.cpsat.workers=1, ~methods.sgs). The exit code is 5 if a trial failed.
    'sched sweep' does the same with more freedom.
    """
    from schedcore.cli.sweeping import Sweep, carry_out
    from schedcore.configdir import find_config_dir
    from schedcore.experiments.backends.choose import check_backend_name
    from schedcore.experiments.config import skipped_charts
    from schedcore.experiments.driver import DriverOptions
    from schedcore.experiments.dry_run import dry_run_data, dry_run_text
    from schedcore.experiments.expand import expand
    from schedcore.experiments.plan import make_plan

    configs = find_config_dir(config_dir)
    _check_name(configs, experiment)
    plan = make_plan(expand(configs, experiment, overrides.words))
    check_backend_name(plan.config.backend.name)
    for line in plan.notes:
        session.note(line)
    for line in skipped_charts(plan.config):
        session.warn(line)
    if dry_run:
        return Outcome(dry_run_data(plan), dry_run_text(plan))
    options = DriverOptions(plan.config.retries, plan.config.fail_fast, force=fresh)
    asked = {"target": experiment, "words": list(overrides.words), "config_dir": str(configs.path)}
    again = ["sched", "run", experiment, *overrides.words]
    if config_dir is not None:
        again += ["--config-dir", str(config_dir)]
    if runs_dir != Path("runs"):
        again += ["--runs-dir", str(runs_dir)]
    return carry_out(session, Sweep(plan, runs_dir / experiment, options, asked, shlex.join(again)))


def _check_name(configs: ConfigDir, experiment: str) -> None:
    """Refuse what is no experiment; a domain is for ``sched sweep``."""
    from schedcore.registry import domain_names

    known = configs.experiments()
    if experiment in known:
        return
    remedy = did_you_mean(experiment, known)
    if experiment in domain_names():
        remedy = f"{experiment} is a domain:  sched sweep {experiment} instance=... ;  " + remedy
    raise UnknownNameError(f"unknown experiment {experiment!r}", where=str(configs.path / "experiment"), remedy=remedy)
