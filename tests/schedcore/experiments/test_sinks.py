"""Sinks: the protocol, the real trackers where they are installed, and their absence."""

from __future__ import annotations

import sys
import types
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import pytest
from support.made_runs import a_failure, a_record, a_run, a_trial

from schedcore.errors import InputError, MissingExtraError, UnknownNameError
from schedcore.experiments.sinks import Sink, SinkObserver, get_sink, send_run, sink_of_word
from schedcore.experiments.sinks.protocol import figures_of, parameters_of
from schedcore.experiments.sinks.tensorboard import file_name
from schedcore.experiments.trial import Trial, TrialRecord

# The libraries of others warn of their own affairs.
pytestmark = pytest.mark.filterwarnings("ignore")


def made_run():
    a = a_trial("progen:8x2:1", "a", 1, parameters=(("depth", 2),))
    b, c = a_trial("ft06", "b"), a_trial("ft10", "b")
    record = a_record(
        a, 60, trace=((0.5, 70.0, None), (1.0, 60.0, 50.0)), metrics={"flow, total": 12.5}, makespan=60, bound=50.0
    )
    return a_run([(a, record), (b, a_failure(b, "crash", "signal 11")), (c, None)], name="demo")


class Listed:
    """A sink that keeps what it is given."""

    name = "listed"

    def __init__(self, fail: bool = False) -> None:
        self.calls: list[Any] = []
        self.fail = fail

    def start(self, run_name: str, about: Mapping[str, Any]) -> None:
        self.calls.append(("start", run_name, dict(about)))

    def trial(self, trial: Trial, record: TrialRecord) -> None:
        self.calls.append(trial.label)
        if self.fail:
            raise RuntimeError("no")

    def close(self) -> None:
        self.calls.append("close")


def test_finished_trials_are_sent_in_order() -> None:
    sink, said = Listed(), []
    assert isinstance(sink, Sink)
    assert send_run(made_run(), sink, lambda *counts: said.append(counts)) == 2
    (_, name, about), *rest = sink.calls
    assert (name, about["command"], about["python"]) == ("demo", "sched sweep jssp --out runs/demo", "3.11")
    assert rest == ["progen:8x2:1 a seed 1", "ft06 b", "close"]
    assert said == [(1, 2), (2, 2)]


def test_sinks_are_closed_when_they_fail() -> None:
    sink = Listed(fail=True)
    with pytest.raises(RuntimeError, match="no"):
        send_run(made_run(), sink)
    assert sink.calls[-1] == "close"


def test_what_a_tracker_is_told() -> None:
    (trial, record), (_, failure), _ = made_run().pairs()
    given = parameters_of(trial)
    assert (given["instance"], given["parameters.depth"], given["factor.solver"]) == ("progen:8x2:1", 2, "a")
    assert record is not None
    assert failure is not None
    figures = figures_of(record)
    assert (figures["value"], figures["flow, total"], figures["failed"]) == (60.0, 12.5, 0.0)
    assert figures_of(failure)["failed"] == 1.0
    assert "value" not in figures_of(failure)


def test_names_of_files() -> None:
    assert file_name("progen:30x4:1") == "progen-30x4-1"
    assert file_name("../../etc/passwd") == "etc-passwd"
    assert file_name("::") == "unnamed"
    assert len(file_name("x" * 500)) == 120


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("tensorbord:x", "unknown sink 'tensorbord'"),
        ("tensorboard", "tensorboard needs a place to write to"),
        ("mlflow:", "mlflow needs a place"),
    ],
)
def test_bad_words(word: str, message: str) -> None:
    with pytest.raises((UnknownNameError, InputError), match=message):
        sink_of_word(word)


@pytest.mark.parametrize(("name", "module"), [("tensorboard", "tensorboard"), ("mlflow", "mlflow")])
def test_missing_libraries_name_the_extra(
    name: str, module: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for loaded in [m for m in sys.modules if m.partition(".")[0] == module]:
        monkeypatch.delitem(sys.modules, loaded)
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingExtraError, match=r"sched-research\[tracking\]"):
        get_sink(name, str(tmp_path / "place"))
    assert not (tmp_path / "place").exists()


def test_tensorboard_reads_what_was_written(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    for _ in range(2):  # sent again, a trial takes the place of its older self
        send_run(made_run(), get_sink("tensorboard", str(tmp_path)))
    (folder,) = (tmp_path / "demo" / "a").iterdir()
    assert folder.name.startswith("progen-8x2-1-seed1-")
    events = EventAccumulator(str(folder))
    events.Reload()
    points = [(event.step, event.value) for event in events.Scalars("trace/objective")]
    assert points == [(500, 70.0), (1000, 60.0)]
    assert [event.value for event in events.Scalars("result/value")] == [60.0]
    assert [event.value for event in events.Scalars("trace/bound")] == [50.0]


def test_tensorboard_needs_a_folder(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="cannot make the folder"):
        get_sink("tensorboard", str(tmp_path / "file" / "x"))


def test_mlflow_reads_what_was_written(tmp_path: Path) -> None:
    pytest.importorskip("sqlalchemy")
    tracking = pytest.importorskip("mlflow.tracking")
    uri = f"sqlite:///{tmp_path / 'mlflow.db'}"
    for _ in range(2):
        assert send_run(made_run(), get_sink("mlflow", uri)) == 2
    client = tracking.MlflowClient(tracking_uri=uri)
    experiment = client.get_experiment_by_name("demo")
    assert experiment.tags["command"] == "sched sweep jssp --out runs/demo"
    runs = client.search_runs([experiment.experiment_id])
    assert sorted(run.info.status for run in runs) == ["FAILED", "FINISHED"]
    run = next(run for run in runs if run.info.status == "FINISHED")
    assert (run.data.params["instance"], run.data.params["parameters.depth"]) == ("progen:8x2:1", "2")
    assert (run.data.metrics["value"], run.data.metrics["flow_ total"]) == (60.0, 12.5)
    history = client.get_metric_history(run.info.run_id, "trace.objective")
    assert [(point.step, point.value) for point in history] == [(500, 70.0), (1000, 60.0)]


def test_mlflow_that_refuses_is_an_input_error(tmp_path: Path) -> None:
    pytest.importorskip("sqlalchemy")
    pytest.importorskip("mlflow.tracking")
    with pytest.raises(InputError, match="MLflow refused"):
        send_run(made_run(), get_sink("mlflow", "nonsense://nowhere"))


class Told:
    """An observer that notes what it hears."""

    def __init__(self) -> None:
        self.heard: list[Any] = []

    def begun(self, trial: Trial, attempt: int) -> None:
        self.heard.append(("begun", attempt))

    def ended(self, trial: Trial, record: TrialRecord, *, again: bool) -> None:
        self.heard.append(("ended", again))

    def waiting(self) -> None:
        self.heard.append("waiting")


def test_watching_sinks_get_trials_that_ended_for_good() -> None:
    (trial, record), *_ = made_run().pairs()
    assert record is not None
    told, sink, broken, warnings = Told(), Listed(), Listed(fail=True), []
    observer = SinkObserver(told, [sink, broken], warnings.append)  # type: ignore[arg-type]
    observer.start("demo", {"python": "3.11"})
    observer.begun(trial, 1)
    observer.ended(trial, record, again=True)
    observer.waiting()
    observer.ended(trial, record, again=False)
    observer.ended(trial, record, again=False)
    observer.close()
    assert told.heard == [("begun", 1), ("ended", True), "waiting", ("ended", False), ("ended", False)]
    assert sink.calls == [("start", "demo", {"python": "3.11"}), trial.label, trial.label, "close"]
    assert broken.calls == [("start", "demo", {"python": "3.11"}), trial.label]  # let go at its first fault
    assert warnings == ["listed takes no more trials: no; 'sched export --to listed' sends them later"]


def test_sweeps_send_trials_as_they_end(sched, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from schedcore.experiments.sinks import SINKS

    sink = Listed()
    monkeypatch.setitem(SINKS, "listed", lambda place: sink)
    words = ("jssp", "solver=spt,mwkr", "instance=ft06", "time_limit_s=1", "--backend", "inline")
    out = str(tmp_path / "demo")
    ran = sched("sweep", *words, "--out", out, "--sink", "listed:x")
    assert ran.code == 0, ran.err
    assert sink.calls[0][1] == "demo"
    assert sink.calls[1:] == ["ft06 spt", "ft06 mwkr", "close"]
    wrong = sched("sweep", *words, "--out", out, "--sink", "lsited:x")
    assert wrong.code == 2
    assert "did you mean 'listed'?" in wrong.err


# ---- the sinks on stand-ins of the libraries, so that they are tested where these are missing ----------------------


class Writer:
    """Stands in for TensorBoard's writer."""

    made: ClassVar[list[Writer]] = []

    def __init__(self, log_dir: str) -> None:
        self.log_dir = Path(log_dir)
        self.calls: list[tuple[Any, ...]] = []
        self.log_dir.mkdir(parents=True, exist_ok=True)
        (self.log_dir / f"events.out.tfevents.{len(Writer.made)}").touch()
        Writer.made.append(self)

    def __enter__(self) -> Writer:
        return self

    def __exit__(self, *error: object) -> None:
        self.calls.append(("closed",))

    def add_text(self, tag: str, text: str) -> None:
        self.calls.append((tag, text))

    def add_scalar(self, tag: str, value: float, step: int, walltime: float) -> None:
        self.calls.append((tag, value, step))

    def add_hparams(self, given: dict[str, Any], figures: dict[str, float], run_name: str) -> None:
        assert all(isinstance(value, bool | str | int | float) for value in given.values())
        self.calls.append(("hparams", given["status"], figures.get("result/value")))


@pytest.fixture
def board(monkeypatch: pytest.MonkeyPatch) -> type[Writer]:
    """TensorBoard as a stand-in."""
    for name in ("tensorboard", "torch", "torch.utils", "torch.utils.tensorboard"):
        monkeypatch.setitem(sys.modules, name, types.ModuleType(name))
    sys.modules["torch.utils.tensorboard"].SummaryWriter = Writer  # type: ignore[attr-defined]
    monkeypatch.setattr(Writer, "made", [])
    return Writer


def test_tensorboard_is_given_traces_and_figures(tmp_path: Path, board: type[Writer]) -> None:
    for _ in range(2):
        assert send_run(made_run(), get_sink("tensorboard", str(tmp_path))) == 2
    about, first, second = board.made[:3]
    assert "| python | 3.11 |" in about.calls[0][1]
    assert first.log_dir.parent == tmp_path / "demo" / "a"
    assert first.calls == [
        ("trace/objective", 70.0, 500),
        ("trace/objective", 60.0, 1000),
        ("trace/bound", 50.0, 1000),
        ("hparams", "FEASIBLE", 60.0),
        ("closed",),
    ]
    assert second.calls[0] == ("hparams", "FAILED", None)
    assert len(list(first.log_dir.iterdir())) == 1  # the older file is gone
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="cannot make the folder"):
        get_sink("tensorboard", str(tmp_path / "file" / "x"))


class Client:
    """Stands in for MLflow's client."""

    def __init__(self, tracking_uri: str) -> None:
        if tracking_uri.startswith("bad"):
            raise ValueError("no such scheme\nand more")
        self.runs: dict[str, dict[str, Any]] = STORED

    def get_experiment_by_name(self, name: str) -> Any:
        return types.SimpleNamespace(experiment_id="7") if "7" in self.runs else None

    def create_experiment(self, name: str) -> str:
        if name == "refused":
            raise ValueError("")
        self.runs["7"] = {"name": name, "tags": {}}
        return "7"

    def set_experiment_tag(self, experiment: str, key: str, value: str) -> None:
        self.runs[experiment]["tags"][key] = value

    def search_runs(self, experiments: list[str], filter_string: str) -> list[Any]:
        key = filter_string.split("'")[1]
        found = [k for k, v in self.runs.items() if v.get("key") == key]
        return [types.SimpleNamespace(info=types.SimpleNamespace(run_id=k)) for k in found]

    def delete_run(self, run_id: str) -> None:
        del self.runs[run_id]

    def create_run(self, experiment: str, start_time: int, run_name: str) -> Any:
        run_id = f"r{len(self.runs)}-{start_time}-{run_name}"
        self.runs[run_id] = {"metrics": [], "params": {}, "calls": 0}
        return types.SimpleNamespace(info=types.SimpleNamespace(run_id=run_id))

    def log_batch(self, run_id: str, metrics: list[Any], params: list[Any], tags: list[Any]) -> None:
        assert len(metrics) + len(params) + len(tags) <= 1000
        run = self.runs[run_id]
        run["calls"] += 1
        run["metrics"] += metrics
        run["params"] |= dict(params)
        run["key"] = dict(tags).get("sched.key", run.get("key"))
        if "huge" in run_id and run["calls"] > 9:
            raise ValueError("too much")

    def set_terminated(self, run_id: str, status: str, end_time: int) -> None:
        self.runs[run_id]["status"] = status


STORED: dict[str, dict[str, Any]] = {}


@pytest.fixture
def flow(monkeypatch: pytest.MonkeyPatch) -> dict[str, dict[str, Any]]:
    """MLflow as a stand-in; what it holds."""
    for name in ("mlflow", "mlflow.entities", "mlflow.tracking"):
        monkeypatch.setitem(sys.modules, name, types.ModuleType(name))
    for name in ("Metric", "Param", "RunTag"):
        setattr(sys.modules["mlflow.entities"], name, lambda *values: values)
    sys.modules["mlflow.tracking"].MlflowClient = Client  # type: ignore[attr-defined]
    STORED.clear()
    return STORED


def test_mlflow_is_given_a_run_per_trial(flow: dict[str, dict[str, Any]]) -> None:
    for _ in range(2):
        assert send_run(made_run(), get_sink("mlflow", "sqlite:///x.db")) == 2
    experiment = flow.pop("7")
    assert (experiment["name"], experiment["tags"]["processor"]) == ("demo", "test processor")
    first, second = flow.values()
    assert (first["status"], second["status"]) == ("FINISHED", "FAILED")
    assert first["params"]["parameters.depth"] == "2"
    assert [m[1] for m in first["metrics"] if m[0] == "trace.objective"] == [70.0, 60.0]
    assert [m[0] for m in first["metrics"] if m[0].startswith("flow")] == ["flow_ total"]


def test_mlflow_takes_long_traces_in_parts(flow: dict[str, dict[str, Any]]) -> None:
    trial = a_trial("x", "a")
    record = a_record(trial, 1, trace=tuple((k / 1000, 3000.0 - k, None) for k in range(2500)), started="")
    send_run(a_run([(trial, record)]), get_sink("mlflow", "sqlite:///x.db"))
    (run,) = (run for run in flow.values() if "calls" in run)
    assert run["calls"] == 4
    assert sum(m[0] == "trace.objective" for m in run["metrics"]) == 2500


@pytest.mark.parametrize(
    ("uri", "name", "said"), [("bad://", "x", "no such scheme"), ("sqlite:///", "refused", "ValueError")]
)
def test_mlflow_errors_are_told_with_the_place(flow: dict[str, dict[str, Any]], uri: str, name: str, said: str) -> None:
    with pytest.raises(InputError, match=f"MLflow refused: {said}") as caught:
        send_run(a_run([], name=name), get_sink("mlflow", uri))
    assert caught.value.where == uri


def test_mlflow_that_breaks_at_a_trial(flow: dict[str, dict[str, Any]]) -> None:
    trial = a_trial("huge", "a")
    record = a_record(trial, 1, trace=tuple((k / 1000, 9000.0 - k, None) for k in range(8500)))
    with pytest.raises(InputError, match="MLflow refused: too much"):
        send_run(a_run([(trial, record)]), get_sink("mlflow", "sqlite:///x.db"))
