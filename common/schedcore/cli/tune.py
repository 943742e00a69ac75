"""``sched tune``: adaptive search for parameters of a method."""

from __future__ import annotations

import dataclasses
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from schedcore.cli.command import verb
from schedcore.cli.options import Overrides, config_dir_option, overrides_argument
from schedcore.cli.session import Outcome, Session
from schedcore.cli.signals import StopRequest
from schedcore.errors import InputError, SchedError

if TYPE_CHECKING:
    from schedcore.experiments.store import Store
    from schedcore.experiments.trial import TrialRecord
    from schedcore.experiments.tuning.candidates import Candidates
    from schedcore.experiments.tuning.objective import Objective
    from schedcore.experiments.tuning.search import Judged, Search

_SHOWN = 10


@dataclasses.dataclass(frozen=True)
class _Asked:
    """What a search is about; kept in the manifest, so that it can go on."""

    target: str
    words: tuple[str, ...]
    config_dir: str
    seeds: int | None
    objective: str
    maximise: bool
    samples: int
    search_seed: int
    early: bool
    retries: int = 0


@verb("tune", short_help="Search for good parameters of a method (extra: tune).")
@click.argument("target", metavar="[DOMAIN|EXPERIMENT]", required=False)
@overrides_argument()
@config_dir_option()
@click.option("--samples", type=click.IntRange(min=1), metavar="N", help="Candidates to judge (default: 20).")
@click.option("--time", "time_s", type=click.FloatRange(min=0, min_open=True), metavar="SECONDS",
              help="No candidate begins after this time.")  # fmt: skip
@click.option("--objective", metavar="NAME",
              help="gap, value, wall_s, cpu_s, deterministic_time or a metric (default: gap, else value).")  # fmt: skip
@click.option("--maximise", is_flag=True, help="More of the objective is better.")
@click.option("--seeds", type=click.IntRange(min=1), metavar="N", help="Judge on seeds 0 to N-1.")
@click.option("--search-seed", type=click.IntRange(0, 2**31 - 1), metavar="N", help="Root of the proposals.")
@click.option("--early/--no-early", default=True, show_default=True,
              help="Give up candidates that are poor on their first trials.")  # fmt: skip
@click.option("--retries", type=click.IntRange(min=0), metavar="N", help="Try a trial that failed N more times.")
@click.option("--concurrency", type=click.IntRange(min=1), metavar="N", help="Candidates at a time.")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), metavar="FOLDER",
              help="Where results go (default: runs/tune-TARGET).")  # fmt: skip
@click.option("--resume", type=click.Path(path_type=Path, file_okay=False), metavar="RUN",
              help="Continue this search; more --samples extend it.")  # fmt: skip
@click.option("--slots", type=click.IntRange(min=1), metavar="N", help="Processors to use at a time.")
@click.option("--address", metavar="ADDRESS", help="Of a Ray cluster: auto, HOST:PORT.")
def tune(
    session: Session,
    target: str | None,
    overrides: Overrides,
    config_dir: Path | None,
    samples: int | None,
    time_s: float | None,
    objective: str | None,
    maximise: bool,
    seeds: int | None,
    search_seed: int | None,
    early: bool,
    retries: int | None,
    concurrency: int | None,
    out: Path | None,
    resume: Path | None,
    slots: int | None,
    address: str | None,
) -> Outcome:
    """Search for the parameters with which a method does best.

    Words with several values span the space: solver.parameters.x='interval(0,1)', int(interval(1,9)),
    tag(log,interval(1e-3,1)), or a choice a,b. Instances and seeds are what every candidate is judged on:
    instance=ft06,la01 seed='range(0,3)'. Every trial is stored like one of a sweep, 'sched report' shows
    them, and a search that was stopped goes on with --resume FOLDER.
    """
    from schedcore.configdir import find_config_dir
    from schedcore.experiments.store import Store
    from schedcore.experiments.tuning.candidates import Candidates
    from schedcore.experiments.tuning.objective import Objective
    from schedcore.experiments.tuning.search import DEFAULTS, Search, SearchOptions, import_tune
    from schedcore.experiments.tuning.space import read_space

    import_tune()
    known: list[dict[str, Any]] = []
    if resume is not None:
        _refuse_with_resume({"a target": target, "words": overrides.words, "--objective": objective,
                             "--maximise": maximise, "--seeds": seeds, "--search-seed": search_seed,
                             "--out": out})  # fmt: skip
        asked, known = _stored(resume)
        asked = dataclasses.replace(
            asked, samples=samples or asked.samples, retries=asked.retries if retries is None else retries
        )
        folder = resume
        candidates = Candidates(find_config_dir(asked.config_dir), asked.target, read_space(asked.words), asked.seeds)
        candidates.check()
        judged_by = Objective(asked.objective, asked.maximise)
    else:
        if target is None:
            raise InputError("nothing to search", where="sched tune", remedy="name a domain or experiment, or --resume")
        configs = find_config_dir(config_dir)
        candidates = Candidates(configs, target, read_space(overrides.words), seeds)
        candidates.check()
        judged_by = _objective(session, candidates, objective, maximise)
        folder = out or Path("runs") / f"tune-{target}"
        assert candidates.plan is not None
        asked = _Asked(target, overrides.words, str(configs.path), seeds, judged_by.name, judged_by.maximise,
                       samples or 20, search_seed or 0, early,
                       candidates.plan.config.retries if retries is None else retries)  # fmt: skip
        _refuse_other(folder, asked)
        if not known:
            known = _stored(folder)[1] if (folder / "sweep.json").is_file() else []
    options = SearchOptions(asked.samples, time_s, concurrency, asked.early, asked.search_seed, asked.retries)
    stop = StopRequest()
    again = shlex.join(["sched", "tune", "--resume", str(folder)])
    with Store.create(folder, _manifest(candidates, asked, known)) as store:
        store.reset_running()

        def changed() -> None:
            store.update_manifest(_manifest(candidates, asked, _noted(search)))

        search = Search(candidates, judged_by, options, store, _teller(session, judged_by), changed, stop)
        _take_up(search, known, DEFAULTS)
        _run(session, search, stop, folder, again, slots, address)
        return _outcome(search, store, folder, asked)


def _objective(session: Session, candidates: Candidates, name: str | None, maximise: bool) -> Objective:
    from schedcore.experiments.tuning.objective import choose_objective

    assert candidates.plan is not None
    chosen, reason = choose_objective(name, maximise, list(candidates.plan.loaded.values()))
    session.note(f"objective {chosen.name}: {reason}")
    return chosen


def _take_up(search: Search, known: list[dict[str, Any]], defaults: str) -> None:
    """Candidates of before, and the one with the defaults if it makes sense."""
    for item in known:
        judged = search.add(search.candidates.make(item["values"], item["name"]))
        judged.ended = bool(item["ended"])
        if not judged.ended:
            search.waiting.append(judged)
    if not known:
        try:
            candidate = search.candidates.make({}, defaults)
        except SchedError:
            return  # the space names what has no default, such as the solver
        search.waiting.append(search.add(candidate))


def _run(
    session: Session,
    search: Search,
    stop: StopRequest,
    folder: Path,
    again: str,
    slots: int | None,
    address: str | None,
) -> None:
    from schedcore.cli.app import Interrupted
    from schedcore.experiments.backends.ray import RayBackend
    from schedcore.experiments.driver import check_resources

    assert search.candidates.plan is not None
    whole = search.candidates.plan.config
    chosen = whole.backend
    backend = RayBackend(
        address=address or chosen.address,
        slots=slots or chosen.slots,
        grace_s=chosen.grace_s,
        object_store_mb=chosen.object_store_mb,
        memory_mb=chosen.memory_mb,
        warm_up=whole.warm_up,
        say=session.note,
    )
    check_resources(search.candidates.plan.trials, backend)
    with stop.listening(session, f"what is done stays in {folder}", 30.0):
        try:
            backend.start()
            check_resources(search.candidates.plan.trials, backend)
            search.run(backend)
        except KeyboardInterrupt:
            raise Interrupted("interrupted", where=str(folder), remedy=f"continue:  {again}") from None
        finally:
            backend.close()
        if stop():
            raise Interrupted(stop.word, where=str(folder), remedy=f"continue:  {again}")


def _teller(session: Session, objective: Objective) -> Any:
    def told(judged: Judged, record: TrialRecord | None) -> None:
        done, total = len(judged.costs), len(judged.candidate.trials)
        session.event(
            "candidate",
            {
                "candidate": judged.candidate.name,
                "values": judged.candidate.values,
                "evaluated": done,
                "of": total,
                objective.name: objective.shown(judged.cost),
                "key": None if record is None else record.key,
                "error_type": "" if record is None else record.error_type,
            },
        )
        if record is not None and record.failed:
            session.detail(f"{judged.candidate.name}: {record.instance}: {record.error_type}: {record.message}")
        if judged.complete and not session.jsonl:
            figure = _figure(objective, judged.cost)
            session.note(
                f"{judged.candidate.name}: {objective.name} {figure}  {_values(judged.candidate.values)}".rstrip()
            )

    return told


def _figure(objective: Objective, cost: float) -> str:
    value = objective.shown(cost)
    return f"{100 * value:.2f} %" if objective.name == "gap" else f"{value:.6g}"


def _values(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{key.rpartition('.')[2]}={_short(value)}" for key, value in values.items())


def _short(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


# ---- what is kept --------------------------------------------------------------------------------------


def _noted(search: Search) -> list[dict[str, Any]]:
    return [
        {"name": name, "values": dict(one.candidate.values), "ended": one.ended} for name, one in search.judged.items()
    ]


def _manifest(candidates: Candidates, asked: _Asked, known: list[dict[str, Any]]) -> Any:
    from schedcore.experiments.machine import machine
    from schedcore.experiments.manifest import Manifest

    assert candidates.plan is not None
    return Manifest(
        name=f"tune {asked.target}",
        argv=("sched", *sys.argv[1:]),
        asked={"tune": dataclasses.asdict(asked), "candidates": known},
        environment=machine(),
        experiment=dataclasses.asdict(candidates.plan.config),
    )


def _stored(folder: Path) -> tuple[_Asked, list[dict[str, Any]]]:
    """What the search in ``folder`` is about, and its candidates."""
    from schedcore.experiments.store import Store

    with Store.read(folder) as store:
        found = dict(store.manifest.asked)
    try:
        data = dict(found["tune"])
        data["words"] = tuple(data["words"])
        return _Asked(**data), list(found["candidates"])
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(
            "the run is no search",
            where=str(folder),
            remedy="sched sweep --resume continues a sweep; give another folder",
        ) from error


def _refuse_other(folder: Path, asked: _Asked) -> None:
    """A folder holds one search."""
    if not (folder / "sweep.json").is_file():
        return
    there, _ = _stored(folder)
    if dataclasses.replace(there, samples=asked.samples, retries=asked.retries) != asked:
        raise InputError(
            "another search is in this folder",
            where=str(folder),
            remedy="give another --out, or continue it with --resume",
        )


def _refuse_with_resume(others: dict[str, Any]) -> None:
    for name, value in others.items():
        if value:
            raise InputError(
                f"--resume continues what was asked for; {name} cannot be given with it",
                where="sched tune --resume",
                remedy="leave it away, or start a search of its own",
            )


# ---- what is shown ---------------------------------------------------------------------------------------


def _outcome(search: Search, store: Store, folder: Path, asked: _Asked) -> Outcome:
    from schedcore.cli.text import aligned
    from schedcore.experiments.report import write_report
    from schedcore.experiments.report.from_store import run_data_of

    objective = search.objective
    # Trials of candidates that were given up have not run and are no part of the table.
    have = store.records()
    store.add([trial for one in search.judged.values() for trial in one.candidate.trials if trial.key in have])
    report = write_report(run_data_of(store), folder)
    ranked = sorted(search.judged.values(), key=lambda one: one.rank)
    rows = [
        {
            "candidate": one.candidate.name,
            "values": dict(one.candidate.values),
            "evaluated": len(one.costs),
            "of": len(one.candidate.trials),
            objective.name: objective.shown(one.cost),
        }
        for one in ranked
    ]
    complete = [one for one in ranked if one.complete]
    data: dict[str, Any] = {
        "name": f"tune {asked.target}",
        "folder": str(folder),
        "objective": objective.name,
        "candidates": rows,
        "best": rows[0] if complete else None,
        "report": {name: str(file) for name, file in report.files.items()},
    }
    table = [
        [
            one.candidate.name,
            _figure(objective, one.cost) if one.costs else "-",
            f"{len(one.costs)} of {len(one.candidate.trials)}",
            _values(one.candidate.values),
        ]
        for one in ranked[:_SHOWN]
    ]
    lines = [aligned(["candidate", objective.name, "judged on", "values"], table)]
    if len(ranked) > _SHOWN:
        lines.append(f"... and {len(ranked) - _SHOWN} more")
    if complete:
        words = search.candidates.space.words(complete[0].candidate.values)
        data["words"] = list(words)
        lines += ["", "the best of them:  " + shlex.join(["sched", "sweep", asked.target, *words])]
    lines += ["", f"report  {folder / 'report.html'}"]
    return Outcome(data, "\n".join(lines))
