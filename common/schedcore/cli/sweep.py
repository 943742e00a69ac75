"""``sched sweep``: a grid of trials on a backend, kept, resumed and reported."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from schedcore.cli.command import verb
from schedcore.cli.options import Overrides, config_dir_option, overrides_argument
from schedcore.cli.session import Outcome, Session
from schedcore.errors import InputError

if TYPE_CHECKING:
    from schedcore.cli.sweeping import Sweep
    from schedcore.experiments.config import BackendConfig, ExperimentConfig
    from schedcore.experiments.plan import Plan


class SweepTarget(click.ParamType):
    """A domain or an experiment; completes."""

    name = "TARGET"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[Any]:
        from click.shell_completion import CompletionItem

        from schedcore.configdir import find_config_dir
        from schedcore.registry import domain_names

        known = (*domain_names(), *find_config_dir().experiments())
        return [CompletionItem(name) for name in known if name.startswith(incomplete)]


@dataclasses.dataclass(frozen=True)
class _Asked:
    """What decides which trials there are."""

    target: str
    words: tuple[str, ...]
    config_dir: str
    grid: str | None
    grid_text: str | None
    seeds: int | None
    sample: int | None
    sample_seed: int

    def folder_name(self, default: bool) -> str:
        """Name of the folder in ``runs/``: the target, and a hash where there is more to it."""
        if default:
            return self.target
        text = json.dumps([self.words, self.grid_text, self.seeds, self.sample, self.sample_seed])
        return f"{self.target}-{hashlib.blake2b(text.encode(), digest_size=3).hexdigest()}"


@verb("sweep", short_help="Run a grid of trials on a backend; killed sweeps resume.")
@click.argument("target", type=SweepTarget(), metavar="[DOMAIN|EXPERIMENT]", required=False)
@overrides_argument(configured=True)
@config_dir_option()
@click.option("--grid", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="A grid file (YAML).")
@click.option("--seeds", type=click.IntRange(min=1), metavar="N", help="Seeds 0 to N-1 for everything.")
@click.option("--sample", type=click.IntRange(min=1), metavar="K", help="K trials of the grid, drawn at random.")
@click.option("--sample-seed", type=click.IntRange(min=0), default=0, show_default=True, metavar="N",
              help="What decides which are drawn.")  # fmt: skip
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), metavar="FOLDER",
              help="Where results go (default: runs/NAME, the same for the same words).")  # fmt: skip
@click.option("--resume", type=click.Path(path_type=Path, file_okay=False), metavar="RUN",
              help="Continue the sweep in this folder; failed trials are tried again.")  # fmt: skip
@click.option("--backend", metavar="NAME", help="auto, inline, process or ray.")
@click.option("--slots", "--jobs", type=click.IntRange(min=1), metavar="N", help="Processors to use at a time.")
@click.option(
    "--address",
    metavar="ADDRESS",
    help="Of a Ray cluster: auto, HOST:PORT, ray://HOST:PORT; http://HEAD:8265 submits a job.",
)
@click.option("--follow/--no-follow", default=True, show_default=True, help="Whether to wait for the job.")
@click.option("--ship", type=click.Path(path_type=Path), multiple=True, metavar="PATH",
              help="A file or folder that the job needs; may be given several times.")  # fmt: skip
@click.option("--job", metavar="ID", help="Follow this job at --address, and fetch its results to --out.")
@click.option("--retries", type=click.IntRange(min=0), metavar="N", help="Further tries of a trial that failed.")
@click.option("--fail-fast", is_flag=True, help="Stop at the first trial that failed.")
@click.option("--force", is_flag=True, help="Run everything again, whatever is stored.")
@click.option("--sink", "sinks", multiple=True, metavar="NAME:PLACE",
              help="Send trials as they end: tensorboard:FOLDER, mlflow:URI; repeatable.")  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Show what would run, and run nothing.")
def sweep(
    session: Session,
    target: str | None,
    overrides: Overrides,
    config_dir: Path | None,
    grid: Path | None,
    seeds: int | None,
    sample: int | None,
    sample_seed: int,
    out: Path | None,
    resume: Path | None,
    backend: str | None,
    slots: int | None,
    address: str | None,
    follow: bool,
    ship: tuple[Path, ...],
    job: str | None,
    retries: int | None,
    fail_fast: bool,
    force: bool,
    sinks: tuple[str, ...],
    dry_run: bool,
) -> Outcome:
    """Run every combination of a grid, on this machine or on a cluster.

    KEY=VALUE words say what varies and what holds: solver=cpsat,lns instance=ft06,ft10 seed='range(0,5)'
    time_limit_s=2. Each result is stored in FOLDER when it is there; a trial with the same configuration,
    instance, seed and code is never run twice. A sweep that was stopped or killed goes on with
    --resume FOLDER. The exit code is 5 if some trials failed.
    """
    from schedcore.cli.sweeping import Sweep, carry_out
    from schedcore.experiments.driver import DriverOptions

    words = overrides.words
    if job is not None:
        return _attached(session, job, address, out)
    argv: tuple[str, ...] | None
    if resume is None:
        if target is None:
            raise InputError(
                "nothing to run", where="sched sweep", remedy="name a domain or experiment, or --resume RUN"
            )
        plan, asked = _planned(session, target, words, config_dir, grid, seeds, sample, sample_seed)
        plain = not words and grid is None and seeds is None and sample is None
        folder = out or Path("runs") / asked.folder_name(plain and target not in _domains())
        kept, argv = dataclasses.asdict(asked), None
    else:
        _only_resume({"a target": target, "words": words, "--grid": grid, "--seeds": seeds, "--sample": sample,
                      "--out": out})  # fmt: skip
        folder = resume
        plan, kept, argv = _stored(resume)
        if address is not None:
            backend = backend or "ray"
    config = _whole(plan.config, backend, slots, address, retries, fail_fast)
    plan = dataclasses.replace(plan, config=config)
    for line in plan.notes:
        session.note(line)
    if dry_run:
        return _dry_run(plan, folder)
    options = DriverOptions(config.retries, config.fail_fast, force)
    again = shlex.join(["sched", "sweep", "--resume", str(folder)])
    work: Sweep = Sweep(plan, folder, options, kept, again, sinks, argv)
    cluster = _job_address(config.backend)
    if cluster is not None:
        from schedcore.cli.cluster_job import carry_out_as_job

        return carry_out_as_job(session, work, cluster, follow=follow, ship=ship)
    for name, given in (("--no-follow", not follow), ("--ship", ship)):
        if given:
            raise InputError(f"{name} is for jobs", where=name, remedy="give --address http://HEAD:8265 with it")
    return carry_out(session, work)


def _job_address(backend: BackendConfig) -> str | None:
    """The address to which the sweep is submitted as a job, if it is to be one."""
    import os

    from schedcore.experiments.jobs import is_job_address

    address = backend.address or (os.environ.get("RAY_ADDRESS") if backend.name in ("auto", "ray") else None)
    return address if is_job_address(address) else None


def _attached(session: Session, job: str, address: str | None, out: Path | None) -> Outcome:
    """Follow a job that somebody has submitted, perhaps from elsewhere."""
    from schedcore.cli.cluster_job import follow_job
    from schedcore.experiments.jobs import Jobs, is_job_address

    if address is None or not is_job_address(address) or out is None:
        raise InputError(
            "a job is found by the address of its cluster, and its results go to a folder",
            where="--job",
            remedy=f"sched sweep --job {job} --address http://HEAD:8265 --out FOLDER",
        )
    again = shlex.join(["sched", "sweep", "--resume", str(out), "--address", address])
    return follow_job(session, Jobs(address), job, out, again)


def _planned(
    session: Session,
    target: str,
    words: tuple[str, ...],
    config_dir: Path | None,
    grid: Path | None,
    seeds: int | None,
    sample: int | None,
    sample_seed: int,
) -> tuple[Plan, _Asked]:
    from schedcore.configdir import find_config_dir
    from schedcore.experiments.config import skipped_charts
    from schedcore.experiments.expand import expand
    from schedcore.experiments.plan import make_plan
    from schedcore.io import read_text

    configs = find_config_dir(config_dir)
    expansion = expand(configs, target, words, grid=grid, seeds=seeds, sample=sample, rng_seed=sample_seed)
    plan = make_plan(expansion)
    for line in skipped_charts(plan.config):
        session.warn(line)
    text = None if grid is None else read_text(grid)
    return plan, _Asked(
        target, words, str(configs.path), None if grid is None else str(grid), text, seeds, sample, sample_seed
    )


def _stored(folder: Path) -> tuple[Plan, dict[str, Any], tuple[str, ...] | None]:
    """The plan of a run, what was asked for when it began, and by which command."""
    from schedcore.experiments.config import ExperimentConfig
    from schedcore.experiments.plan import plan_again
    from schedcore.experiments.schema import Builder
    from schedcore.experiments.store import Store

    with Store.read(folder) as store:
        manifest, trials = store.manifest, store.trials()
    place = str(folder / "sweep.json")
    config: ExperimentConfig = Builder(lambda key: f"{place}: {key}").build(ExperimentConfig, dict(manifest.experiment))
    # Where it ran last time, perhaps as a job, says nothing of where it goes on.
    config = dataclasses.replace(config, backend=dataclasses.replace(config.backend, address=None))
    return plan_again(manifest.name, config, trials), dict(manifest.asked), manifest.argv or None


def _whole(
    config: ExperimentConfig,
    backend: str | None,
    slots: int | None,
    address: str | None,
    retries: int | None,
    fail_fast: bool,
) -> ExperimentConfig:
    """``config`` with what the options say of the whole sweep."""
    from schedcore.experiments.backends.choose import check_backend_name

    chosen: BackendConfig = config.backend
    if backend is not None:
        chosen = dataclasses.replace(chosen, name=backend)
    if slots is not None:
        chosen = dataclasses.replace(chosen, slots=slots)
    if address is not None:
        chosen = dataclasses.replace(chosen, address=address)
    check_backend_name(chosen.name)
    if chosen.address is not None:
        from schedcore.experiments.backends.ray import is_address

        if not is_address(chosen.address):
            raise InputError(
                f"{chosen.address!r} is no address of a Ray cluster",
                where="--address",
                remedy="auto, HOST:PORT, ray://HOST:PORT, or http://HEAD:8265 for a job",
            )
    if chosen.address is not None and chosen.name not in ("auto", "ray"):
        raise InputError(
            f"backend {chosen.name} takes no address", where="--address", remedy="leave it away, or use --backend ray"
        )
    return dataclasses.replace(
        config,
        backend=chosen,
        retries=config.retries if retries is None else retries,
        fail_fast=config.fail_fast or fail_fast,
    )


def _only_resume(others: dict[str, Any]) -> None:
    for name, value in others.items():
        if value:
            raise InputError(
                f"--resume continues what was asked for; {name} cannot be given with it",
                where="sched sweep --resume",
                remedy="leave it away, or start a sweep of its own",
            )


def _dry_run(plan: Plan, folder: Path) -> Outcome:
    from schedcore.experiments.backends.choose import choose_backend
    from schedcore.experiments.dry_run import dry_run_data, dry_run_text
    from schedcore.experiments.store import DATABASE, Store

    done: set[str] = set()
    if (folder / DATABASE).is_file():
        with Store.read(folder) as store:
            done = store.finished_keys(everything=True)
    done &= {trial.key for trial in plan.trials}
    backend, reason = choose_backend(plan.config.backend, plan.trials)
    data = {**dry_run_data(plan, done), "folder": str(folder), "backend": backend, "reason": reason}
    return Outcome(data, f"{dry_run_text(plan, done)}\nbackend {backend}: {reason}\nresults would go to {folder}")


def _domains() -> tuple[str, ...]:
    from schedcore.registry import domain_names

    return domain_names()
