"""Sinks: the protocol, the real trackers where they are installed, and their absence."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

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
