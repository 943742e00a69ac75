"""Running one trial: results, failures, what is measured and printed."""

from __future__ import annotations

import dataclasses
import json
import math
import sys
import types

import pytest
from support.trials import FT06, mine, trial

from schedcore import registry
from schedcore.errors import InputError, UnknownNameError
from schedcore.experiments.capture import LOG_LIMIT, Tail
from schedcore.experiments.run_trial import run_trial
from schedcore.experiments.runner import Runner, RunnerResult, get_runner, runner_names
from schedcore.experiments.trial import TrialRecord, TrialStatus


def test_a_solved_trial() -> None:
    record = run_trial(trial("spt"), FT06)
    assert (record.status, record.value, record.makespan, record.tasks) == (TrialStatus.FEASIBLE, 88, 88, 36)
    assert (record.lower, record.upper, record.direction, record.error_type) == (55, 55, "min", "")
    assert record.metrics["makespan"] == 88
    assert record.units["makespan"] == "ticks"
    assert record.started.endswith("Z")
    assert record.cpu_s is not None
    assert record.peak_rss_mb is not None
    assert record.peak_rss_mb > 20
    assert record.host != ""


def test_the_instance_is_loaded_where_it_is_not_at_hand() -> None:
    assert run_trial(trial("spt")).value == 88
    record = run_trial(trial("spt", instance="ft66"))
    assert (record.error_type, "unknown instance 'ft66'" in record.message) == ("exception", True)


def test_record_survives_json() -> None:
    record = run_trial(trial("spt"), FT06)
    data = json.loads(json.dumps(record.as_dict()))
    assert TrialRecord.from_dict(data, "x").as_dict() == record.as_dict()


def test_deterministic_time_is_kept() -> None:
    record = run_trial(trial("cpsat", time_limit_s=5.0), FT06)
    assert record.status is TrialStatus.OPTIMAL
    assert record.deterministic_time is not None
    assert record.deterministic_time > 0


@pytest.mark.parametrize(
    ("of", "status", "error_type", "text"),
    [
        (mine("Crashing"), "FAILED", "exception", "ZeroDivisionError: the solver divides by nothing"),
        (mine("Wrong"), "FAILED", "invalid-schedule", "the schedule breaks rules"),
        (mine("Nothing"), "UNKNOWN", "", ""),
        (mine("bad_solvers:Liar"), "FAILED", "invalid-result", "reports the objective (1,), its schedule has (197,)"),
        (mine("bad_solvers:NoResult"), "FAILED", "invalid-result", "returned int, not SolveResult"),
        (mine("deadly_solvers:NotANumber"), "FAILED", "invalid-result", "the bound is nan, which is no finite number"),
        (mine("deadly_solvers:Quitting"), "FAILED", "exception", "SystemExit(3)"),
        (mine("deadly_solvers:Forgetful"), "FAILED", "out-of-memory", "out of memory: 17 GB"),
        (trial("nondelay-spt", instance="progen:8x2:1"), "REFUSED", "", "does not support: renewable"),
        (trial("spt", runner="sovle"), "FAILED", "exception", "unknown runner 'sovle'"),
    ],
)
def test_failures_are_named(of, status, error_type, text) -> None:
    record = run_trial(of, FT06 if of.instance == "ft06" else None)
    assert (record.status, record.error_type) == (TrialStatus(status), error_type)
    assert text in record.message
    assert (record.value, record.schedule) == (None, None)
    if error_type == "exception" and "Crashing" in of.solver:
        assert record.error_text.count("\n") < 40
        assert "my_solvers.py" in record.error_text
        assert "failed at my_solvers.py:59: ZeroDivisionError" in record.error_text.splitlines()[-1]


def test_what_a_trial_prints_is_kept_and_stdout_stays_clean(capfd) -> None:
    record = run_trial(mine("deadly_solvers:Garbage"), FT06)
    assert "{not json]" in record.log
    assert len(record.log) <= LOG_LIMIT
    out, err = capfd.readouterr()
    assert "{not json]" not in out
    assert "{not json]" in err


def test_an_interrupt_goes_through(monkeypatch) -> None:
    def interrupt(self, *rest):
        raise KeyboardInterrupt

    monkeypatch.setattr("schedcore.experiments.solve_runner.SolveRunner.run", interrupt)
    with pytest.raises(KeyboardInterrupt):
        run_trial(trial("spt"), FT06)


def test_tail_keeps_the_end() -> None:
    tail = Tail(None)
    for i in range(30_000):
        tail.write(f"{i:06} ")
    assert len(tail.text()) == LOG_LIMIT
    assert tail.text().endswith("029999 ")
    with pytest.raises(OSError):
        tail.fileno()
    assert Tail(sys.stderr).writable()


class Counting:
    """Counts to the number in the settings."""

    name = "count"
    summary = "Counts"
    direction = "max"
    needs_problem = False
    extra: dict = {}  # noqa: RUF012

    def fingerprint(self, trial):
        return repr(trial.settings)

    def run(self, trial, loaded, should_stop):
        assert loaded is None
        result = RunnerResult(TrialStatus.FEASIBLE, (float(dict(trial.settings)["to"]),), artifacts={"a.txt": "b"})
        return dataclasses.replace(result, **self.extra)


class NoRunner:
    """Nothing."""


@pytest.fixture
def counting(monkeypatch):
    """The domain jssp with two more runners."""
    module = types.ModuleType("counting_runner")
    module.Counting, module.NoRunner = Counting, NoRunner
    monkeypatch.setitem(sys.modules, "counting_runner", module)
    runners = {"count": "counting_runner:Counting", "broken": "counting_runner:NoRunner"}
    domain = dataclasses.replace(registry.get_domain("jssp"), runners=runners)
    monkeypatch.setattr(registry, "get_domain", lambda name: domain)
    return Counting


def test_a_domain_adds_runners(counting) -> None:
    assert runner_names("jssp") == ("solve", "broken", "count")
    assert isinstance(get_runner("jssp", "count"), Runner)
    record = run_trial(trial("-", runner="count", settings=(("to", 7),)))
    assert (record.value, record.direction, record.status) == (7.0, "max", TrialStatus.FEASIBLE)
    assert (record.tasks, record.artifacts) == (0, {"a.txt": "b"})


def test_wrong_runners_are_told(counting) -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'count'"):
        get_runner("jssp", "cuont")
    with pytest.raises(InputError, match="counting_runner:NoRunner is no runner"):
        get_runner("jssp", "broken")


@pytest.mark.parametrize(
    ("extra", "text"),
    [
        ({"objective": (math.nan,)}, "the objective 1 is nan, which is no finite number"),
        ({"objective": ("3",)}, "the objective 1 is '3', which is no number"),
        ({"objective": (True,)}, "the objective 1 is True, which is no number"),
        ({"metrics": {"x": math.inf}}, "the metric x is inf"),
        ({"metrics": {"x": None}}, "the metric x is None"),
        ({"trace": ((0.0, math.nan, None),)}, "the value in the trace is nan"),
        ({"artifacts": {"../x": "y"}}, "'../x' cannot name an artifact"),
        ({"artifacts": {"x": b"y"}}, "the artifact x is bytes, not text"),
        ({"status": "FEASIBLE?"}, "'FEASIBLE?' is no status"),
    ],
)
def test_results_that_are_none_are_refused(counting, monkeypatch, extra, text) -> None:
    monkeypatch.setattr(Counting, "extra", extra)
    record = run_trial(trial("-", runner="count", settings=(("to", 7),)))
    assert (record.status, record.error_type) == (TrialStatus.FAILED, "invalid-result")
    assert text in record.message


def test_numbers_of_numpy_become_plain(counting, monkeypatch) -> None:
    import numpy as np

    monkeypatch.setattr(Counting, "extra", {"objective": (np.int64(4),), "metrics": {"x": np.float32(0.5)}})
    record = run_trial(trial("-", runner="count", settings=(("to", 7),)))
    assert (record.objective, record.metrics) == ((4,), {"x": 0.5})
    assert (type(record.objective[0]), type(record.metrics["x"])) == (int, float)
