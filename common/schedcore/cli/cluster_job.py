"""A sweep as a job on a cluster: submit it, follow it, bring its results here."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from schedcore.cli.session import Outcome, Session
from schedcore.cli.signals import StopRequest
from schedcore.errors import SchedError, TrialsFailedError

if TYPE_CHECKING:
    from schedcore.cli.sweeping import Sweep
    from schedcore.experiments.jobs import Jobs, JobState


def carry_out_as_job(
    session: Session, sweep: Sweep, address: str, *, follow: bool = True, ship: Sequence[Path] = ()
) -> Outcome:
    """Let the cluster at ``address`` carry out ``sweep``.

    A job that works on the folder already is followed, not submitted again.

    Raises
    ------
    Interrupted
        Ctrl-C; the job goes on.
    SchedError
        The cluster cannot be reached, or the job failed.
    """
    from schedcore.experiments.jobs import Jobs

    jobs = Jobs(address)
    job = _running_job(session, jobs, sweep.folder)
    again = f"{sweep.again} --address {address}"
    if job is None:
        job = _submit(session, jobs, sweep, ship)
    if job is None:
        session.note(f"all trials are in {sweep.folder}; nothing to run")
        return _outcome(jobs.address, None, sweep.folder, again)
    if not follow:
        text = f"job {job} at {address}\nfollow it and fetch its results:  {again}\nstop it:  ray job stop {job}"
        return Outcome({"job": job, "address": address, "folder": str(sweep.folder), "status": "SUBMITTED"}, text)
    return follow_job(session, jobs, job, sweep.folder, again)


def follow_job(session: Session, jobs: Jobs, job: str, folder: Path, again: str) -> Outcome:
    """Follow ``job`` to its end, fetch its results to ``folder``, and report.

    Raises
    ------
    Interrupted
        Ctrl-C; the job goes on.
    SchedError
        The job failed.
    """
    from schedcore.cli.app import Interrupted

    stop = StopRequest()
    with stop.listening(session, f"the job {job} goes on"):
        state = jobs.follow(job, session.note, stop)
    if not state.ended:
        raise Interrupted(
            f"{stop.word}; the job goes on",
            where=f"job {job} at {jobs.address}",
            remedy=f"follow it again:  {again};  stop it:  ray job stop {job}",
        )
    session.event("job", {"job": job, "status": state.status, "exit_code": state.exit_code})
    try:
        jobs.fetch(job, folder)
    except SchedError as error:
        if state.status == "SUCCEEDED":
            raise
        raise _failed(job, state, again) from error
    session.note(f"results fetched to {folder}")
    if state.status != "SUCCEEDED" and state.exit_code != TrialsFailedError.exit_code:
        raise _failed(job, state, again)
    return _outcome(jobs.address, job, folder, again)


def _running_job(session: Session, jobs: Jobs, folder: Path) -> str | None:
    """The job that works on ``folder``; results of one that has ended are fetched first."""
    from schedcore.errors import InputError
    from schedcore.experiments.jobs import JobNote

    note = JobNote.read(folder)
    if note is None or note.address != jobs.address:
        return None
    try:
        state = jobs.state(note.job)
    except InputError:
        return None  # the cluster has forgotten it
    if not state.ended:
        session.note(f"job {note.job} works on {folder}")
        return note.job
    try:
        jobs.fetch(note.job, folder)
        session.note(f"results of job {note.job} ({state.status.lower()}) fetched to {folder}")
    except SchedError as error:
        session.warn(f"job {note.job} has ended ({state.status.lower()}) without results: {error.what}")
    return None


def _submit(session: Session, jobs: Jobs, sweep: Sweep, ship: Sequence[Path]) -> str | None:
    """Submit the sweep; ``None`` if nothing of it is left to run."""
    from schedcore.cli.sweeping import manifest_of
    from schedcore.experiments.job_package import files_of
    from schedcore.experiments.jobs import JobNote
    from schedcore.experiments.store import Store

    files = files_of(sweep.plan, ship)
    with Store.create(sweep.folder, manifest_of(sweep)) as store:
        store.add(sweep.plan.trials)
        done = 0 if sweep.options.force else len(store.finished_keys())
        if done == len(sweep.plan.trials):
            return None
        if files:
            session.note("sent along: " + ", ".join(sorted(files)))
        job = jobs.submit(sweep.folder, _options(sweep), files)
        JobNote(jobs.address, job).write(sweep.folder)
    session.note(f"job {job} submitted to {jobs.address}: {len(sweep.plan.trials) - done} trials")
    session.event("job", {"job": job, "status": "SUBMITTED", "address": jobs.address})
    return job


def _options(sweep: Sweep) -> list[str]:
    """How the job deals with failure, as here."""
    options = ["--retries", str(sweep.options.retries)]
    options += ["--fail-fast"] if sweep.options.fail_fast else []
    return options + (["--force"] if sweep.options.force else [])


def _outcome(address: str, job: str | None, folder: Path, again: str) -> Outcome:
    from schedcore.cli.sweeping import failures_of
    from schedcore.experiments.report import write_report
    from schedcore.experiments.report.brief import brief_data
    from schedcore.experiments.report.from_store import run_data_of
    from schedcore.experiments.report.summary_text import report_text
    from schedcore.experiments.store import Store

    with Store.read(folder) as store:
        report = write_report(run_data_of(store), folder)
        failed, counts = failures_of(store), store.statuses()
    data: dict[str, Any] = {
        "name": folder.name,
        "folder": str(folder),
        "backend": "ray",
        "job": job,
        "address": address,
        "trials": sum(counts.values()),
        "failed": len(failed),
        "failures": failed[:100],
        "report": {name: str(file) for name, file in report.files.items()},
        "arenas": brief_data(report.analyses),
    }
    error = None
    if failed:
        error = TrialsFailedError(
            f"{len(failed)} of {sum(counts.values())} trials failed; the first: {failed[0]['instance']} with "
            f"{failed[0]['solver']}: {failed[0]['error_type']}: {failed[0]['message']}",
            where=str(folder),
            remedy=f"mend the cause and repeat the failed ones alone:  {again}",
        )
    return Outcome(data, report_text(report), error)


def _failed(job: str, state: JobState, again: str) -> SchedError:
    line = (state.message.strip().splitlines() or ["no reason given"])[0]
    return SchedError(
        f"the job ended with status {state.status}: {line.split(', last available logs')[0]}",
        where=f"job {job}",
        remedy=f"what it printed stands above; go on with what is done:  {again}",
    )
