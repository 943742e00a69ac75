"""Carrying out a plan: what ``sched run`` and ``sched sweep`` have in common."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from schedcore.cli.session import Outcome, Session
from schedcore.cli.signals import StopRequest
from schedcore.errors import SchedError, TrialsFailedError

if TYPE_CHECKING:
    from schedcore.experiments.backends.protocol import Backend
    from schedcore.experiments.driver import DriverOptions
    from schedcore.experiments.driver import Outcome as DriverOutcome
    from schedcore.experiments.manifest import Manifest
    from schedcore.experiments.plan import Plan
    from schedcore.experiments.report import WrittenReport
    from schedcore.experiments.store import Store
    from schedcore.experiments.trial import Trial


@dataclass(frozen=True)
class Sweep:
    """What is to be done, and where.

    Parameters
    ----------
    asked
        What was asked for, as it is kept for later.
    again
        The command that continues it.
    sinks
        Trackers that get every trial as it ends, ``NAME:PLACE``.
    argv
        The command that made the run, if it was another than this one.
    """

    plan: Plan
    folder: Path
    options: DriverOptions
    asked: Mapping[str, Any]
    again: str
    sinks: tuple[str, ...] = ()
    argv: tuple[str, ...] | None = None


def carry_out(session: Session, sweep: Sweep) -> Outcome:
    """Run what is left of the plan, write the report, and say how it went.

    Raises
    ------
    Interrupted
        Ctrl-C or SIGTERM; what has finished is stored, and the remedy is the command that continues.
    SchedError
        The folder cannot be used or written; a trial asks for more than there is.
    """
    from schedcore.experiments.report.brief import brief_data
    from schedcore.experiments.report.summary_text import report_text

    plan, folder, stop = sweep.plan, sweep.folder, StopRequest()
    ready = _ready(session, sweep, stop)  # what cannot run at all is refused before anything is written
    with _store(sweep, ready) as store:
        if store.taken_over:
            session.note(f"the driver before this one was killed; its run {folder} goes on here")
        outcome, report = _run(session, sweep, store, ready, stop)
        failed = failures_of(store)
    data: dict[str, Any] = {
        "name": plan.name,
        "folder": str(folder),
        "backend": ready.backend.name,
        "trials": outcome.total,
        "ran": outcome.ran,
        "resumed": outcome.resumed,
        "failed": len(failed),
        "failures": failed[:100],
        "report": {name: str(file) for name, file in report.files.items()},
        "arenas": brief_data(report.analyses),
    }
    return Outcome(data, report_text(report), _error(sweep, outcome, failed))


@dataclass(frozen=True)
class _Ready:
    """What is left to run, and who will."""

    left: list[Trial]
    backend: Backend
    reason: str


def _ready(session: Session, sweep: Sweep, stop: StopRequest) -> _Ready:
    """Choose the backend for what is left, and make sure that it has what the trials ask for."""
    from schedcore.experiments.backends.choose import choose_backend, make_backend
    from schedcore.experiments.driver import PATIENCE_S, check_resources
    from schedcore.experiments.manifest import MANIFEST
    from schedcore.experiments.store import DATABASE, Store

    plan, folder, config = sweep.plan, sweep.folder, sweep.plan.config
    finished: set[str] = set()
    if not sweep.options.force and (folder / MANIFEST).is_file() and (folder / DATABASE).is_file():
        with Store.read(folder) as store:
            finished = store.finished_keys(everything=True)
    left = [trial for trial in plan.trials if trial.key not in finished]
    if not left:
        return _Ready(left, make_backend("inline", config.backend), "nothing to run")
    name, reason = choose_backend(config.backend, left)
    backend = make_backend(
        name,
        config.backend,
        warm_up=config.warm_up,
        give_up=lambda: stop.older_than(PATIENCE_S),
        say=session.note,
    )
    check_resources(left, backend)
    return _Ready(left, backend, reason)


def _run(
    session: Session, sweep: Sweep, store: Store, ready: _Ready, stop: StopRequest
) -> tuple[DriverOutcome, WrittenReport]:
    from schedcore.cli.app import Interrupted
    from schedcore.cli.sweep_progress import SweepProgress
    from schedcore.experiments.driver import PATIENCE_S, run_trials
    from schedcore.experiments.report import write_report
    from schedcore.experiments.report.from_store import command_text, run_data_of
    from schedcore.experiments.sinks import SinkObserver, sink_of_word
    from schedcore.experiments.warm_up import warm_up

    plan, left, backend = sweep.plan, ready.left, ready.backend
    stored = len(plan.trials) - len(left)
    _tell_stored(session, sweep, stored, len(left))
    progress = SweepProgress(session, plan.trials, stored)
    observer = SinkObserver(progress, [sink_of_word(word) for word in sweep.sinks], session.warn)
    about = {"command": command_text(store.manifest.argv), **store.manifest.environment}
    observer.start(sweep.folder.resolve().name, about)
    began: dict[str, Any] = {"name": plan.name, "folder": str(sweep.folder), "backend": backend.name}
    session.event("sweep", began | {"reason": ready.reason, "trials": len(plan.trials), "resumed": stored})
    promise = f"what runs has {PATIENCE_S:.0f} s to finish, what is done stays in {sweep.folder}"
    # A method that does not listen is interrupted a little after it should have.
    with stop.listening(session, promise, PATIENCE_S + 5.0):
        try:
            if left:
                session.note(f"backend {backend.name}: {ready.reason}")
                _tell_compiling(session, plan, left)
            if backend.name == "inline" and plan.config.warm_up:
                solved = [trial for trial in left if (trial.domain, trial.instance) in plan.loaded]
                warm_up(plan, solved, lambda method: session.detail(f"warming up {method}"), stop)
            with progress.shown():
                outcome = run_trials(
                    plan.trials,
                    store,
                    backend,
                    instance_of=lambda trial: plan.loaded.get((trial.domain, trial.instance)),
                    options=sweep.options,
                    observer=observer,
                    stop=stop,
                    give_up=lambda: stop.older_than(PATIENCE_S),
                )
        except KeyboardInterrupt:
            raise Interrupted(stop.word, where=str(sweep.folder), remedy=_continue(sweep)) from None
        except SchedError as error:
            if error.exit_code != 2:  # not the user's words, but the machine: the rest can be run later
                remedy = f"{error.remedy};  {sweep.again}" if error.remedy else _continue(sweep)
                raise type(error)(error.what, where=error.where, remedy=remedy) from error
            raise
        finally:
            observer.close()
        if outcome.stopped == "stop":
            raise Interrupted(stop.word, where=str(sweep.folder), remedy=_continue(sweep))
        return outcome, write_report(run_data_of(store), sweep.folder)


def _store(sweep: Sweep, ready: _Ready) -> Store:
    """The run for writing; its manifest stays as it is where nothing is run and nothing else was asked for."""
    from schedcore.experiments.manifest import MANIFEST, Manifest
    from schedcore.experiments.store import Store

    manifest = manifest_of(sweep)
    if not ready.left and (sweep.folder / MANIFEST).is_file():
        old = Manifest.read(sweep.folder)
        if old.same_work(manifest):
            return Store.open(sweep.folder)
    return Store.create(sweep.folder, manifest)


def manifest_of(sweep: Sweep) -> Manifest:
    """The manifest of a run of ``sweep`` that begins now."""
    from schedcore.experiments.machine import machine
    from schedcore.experiments.manifest import Manifest

    config = sweep.plan.config
    return Manifest(
        name=sweep.plan.name,
        argv=sweep.argv or ("sched", *sys.argv[1:]),
        asked=dict(sweep.asked),
        environment=machine(),
        experiment=dataclasses.asdict(config),
    )


def _tell_stored(session: Session, sweep: Sweep, stored: int, left: int) -> None:
    if stored:
        session.note(
            f"{stored} of {stored + left} trials are in {sweep.folder}; "
            + (f"{left} to go" if left else "nothing to run")
        )


def _tell_compiling(session: Session, plan: Plan, left: list[Trial]) -> None:
    """Say that the first trials wait for methods that compile: it may take a minute in which nothing ends."""
    from schedcore.cli.kernels import COMPILING, about_to_compile
    from schedcore.experiments.methods import get_method
    from schedcore.experiments.runner import SOLVE

    if not plan.config.warm_up:
        return
    names = {(trial.domain, trial.solver): trial.method for trial in left if trial.runner == SOLVE}
    due = [method for (domain, name), method in names.items() if about_to_compile(get_method(name, domain))]
    if due:
        session.note(f"{', '.join(due[:4])}{', ...' if len(due) > 4 else ''}: {COMPILING}")


def failures_of(store: Store) -> list[dict[str, Any]]:
    """The trials that failed, as data."""
    trials = {trial.key: trial for trial in store.trials()}
    return [
        {
            "key": key,
            "instance": record.instance,
            "method": trials[key].method,
            "solver": record.solver,
            "seed": record.seed,
            "error_type": record.error_type,
            "message": record.message,
            "attempts": record.attempt,
        }
        for key, record in store.records().items()
        if record.failed
    ]


def _error(sweep: Sweep, outcome: DriverOutcome, failed: list[dict[str, Any]]) -> SchedError | None:
    if not failed:
        return None
    first = failed[0]
    text = f"{len(failed)} of {outcome.total} trials failed"
    if outcome.stopped:
        text += f", and {outcome.total - outcome.resumed - outcome.ran} were not run any more (fail_fast)"
    return TrialsFailedError(
        f"{text}; the first: {first['instance']} with {first['solver']}: {first['error_type']}: {first['message']}",
        where=str(sweep.folder),
        remedy=f"mend the cause and repeat the failed ones alone:  {sweep.again}",
    )


def _continue(sweep: Sweep) -> str:
    return f"continue:  {sweep.again}"
