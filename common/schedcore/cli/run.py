"""``sched run``: an experiment of ``configs/experiment/``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from schedcore.cli.command import verb
from schedcore.cli.options import Overrides, config_dir_option, overrides_argument
from schedcore.cli.progress import progress
from schedcore.cli.session import Outcome, Session
from schedcore.cli.signals import StopRequest
from schedcore.errors import TrialsFailedError

if TYPE_CHECKING:
    from schedcore.experiments.plan import Plan
    from schedcore.experiments.report import RunData, WrittenReport
    from schedcore.experiments.trial import Trial, TrialRecord


class ExperimentName(click.ParamType):
    """The name of an experiment; completes."""

    name = "EXPERIMENT"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[Any]:
        from click.shell_completion import CompletionItem

        from schedcore.configdir import find_config_dir

        return [CompletionItem(n) for n in find_config_dir().experiments() if n.startswith(incomplete)]


@verb("run", short_help="Run an experiment: methods on instances, with tables and a report.")
@click.argument("experiment", type=ExperimentName(), metavar="EXPERIMENT")
@overrides_argument()
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
    """
    from schedcore.configdir import find_config_dir
    from schedcore.experiments.backend import get_backend
    from schedcore.experiments.compose import compose_experiment
    from schedcore.experiments.config import skipped_charts
    from schedcore.experiments.plan import make_plan
    from schedcore.experiments.report import results_data
    from schedcore.experiments.report.summary_text import report_text
    from schedcore.experiments.store import RunFolder

    config = compose_experiment(find_config_dir(config_dir), experiment, overrides.words)
    backend = get_backend(config.backend)
    plan = make_plan(experiment, config)
    for line in skipped_charts(config):
        session.warn(line)
    if dry_run:
        return _plan_outcome(plan)
    folder = RunFolder(runs_dir / experiment)
    if fresh:
        folder.clear()
    stored = len(folder.done(plan.trials))
    if stored:
        left = len(plan.trials) - stored
        session.note(
            f"{stored} of {len(plan.trials)} trials are in {folder.path}; "
            + (f"{left} to go" if left else "nothing to run")
            + " (--fresh starts over)"
        )
    report, outcome = _run(session, plan, folder, backend, stored)
    data: dict[str, Any] = {
        "experiment": experiment,
        "folder": str(folder.path),
        "trials": len(plan.trials),
        "ran": outcome.ran,
        "resumed": stored,
        "failed": len(outcome.failed),
        "report": {name: str(file) for name, file in report.files.items()},
        "arenas": results_data(report.run, report.analyses)["arenas"],
    }
    text = report_text(report)
    if not outcome.failed:
        return Outcome(data, text)
    first = outcome.failed[0]
    error = TrialsFailedError(
        f"{len(outcome.failed)} of {len(plan.trials)} trials failed; the first: {first.instance} with {first.solver}: "
        f"{first.message}",
        where=str(folder.path),
        remedy="mend the cause and run again: only the failed ones are repeated",
    )
    return Outcome(data, text, error)


def _run(session: Session, plan: Plan, folder: Any, backend: Any, stored: int) -> tuple[WrittenReport, Any]:
    from schedcore.cli.app import Interrupted
    from schedcore.experiments.driver import run_plan
    from schedcore.experiments.machine import machine
    from schedcore.experiments.report import write_report

    stop = StopRequest()
    found_on = machine()
    kept = f"what is done stays in {folder.path}"
    drawn = session.err_is_terminal and not session.quiet
    with progress(session) as report, stop.listening(session, kept):

        def begun(done: int, total: int, trial: Trial) -> None:
            report(done, total, trial.label)

        def ended(done: int, total: int, trial: Trial, record: TrialRecord) -> None:
            session.event("trial", {"method": trial.method, **record.as_dict(schedule=False)})
            if not drawn and not session.jsonl:
                session.note(f"[{done}/{total}] {trial.label}: {_result_text(record)}")

        def warming(method: str) -> None:
            report(stored, len(plan.trials), f"warming up {method}")

        try:
            outcome = run_plan(plan, folder, backend, begun=begun, ended=ended, should_stop=stop, warming=warming)
        except KeyboardInterrupt:
            raise Interrupted("interrupted", where=str(folder.path), remedy=_again(plan)) from None
        if outcome.stopped:
            raise Interrupted(stop.word, where=str(folder.path), remedy=_again(plan))
        total = len(plan.trials)
        report(total, total, "writing the tables and the report page")
        written = write_report(_run_data(plan, outcome.records, folder.path, found_on), folder.path)
    return written, outcome


def _run_data(plan: Plan, records: Any, path: Path, machine: dict[str, Any]) -> RunData:
    from schedcore.experiments.report import RunData

    config = plan.config
    return RunData(
        plan.name,
        plan.trials,
        records,
        title=config.title,
        description=config.description,
        command=f"sched run {plan.name}",
        environment=machine,
        group_titles={name: group.title for name, group in config.groups.items()},
        gantt=tuple(config.gantt),
        path=path,
    )


def _again(plan: Plan) -> str:
    return f"continue with the same command:  sched run {plan.name} ..."


def _result_text(record: TrialRecord) -> str:
    if record.value is None:
        return f"{str(record.status).lower()}  {record.message}".rstrip()
    gap = "" if record.upper is None else f" ({100 * (record.value - record.upper) / max(1, record.upper):+.1f}%)"
    return f"{record.value}{gap} {str(record.status).lower()}, {record.wall_s:.1f} s"


def _plan_outcome(plan: Plan) -> Outcome:
    seconds = sum(trial.time_limit_s for trial in plan.trials)
    data = {
        "experiment": plan.name,
        "trials": [
            {"key": t.key, "group": t.group, "instance": t.instance, "method": t.method, "seed": t.seed}
            for t in plan.trials
        ],
        "at_most_s": seconds,
    }
    lines = [f"{trial.group}  {trial.label}" for trial in plan.trials]
    lines.append(f"{len(plan.trials)} trials, at most {seconds:.0f} s of solving")
    return Outcome(data, "\n".join(lines))
