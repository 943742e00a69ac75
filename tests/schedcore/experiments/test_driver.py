"""The driver: window, retries, fail-fast, stopping, resuming."""

from __future__ import annotations

import dataclasses
import random
from collections import deque

import pytest
from support.trials import Log, comparable, mine, record, run, store, trial

from schedcore.errors import InputError, SchedError
from schedcore.experiments import driver as driver_module
from schedcore.experiments.backends.inline import InlineBackend
from schedcore.experiments.backends.protocol import Finished
from schedcore.experiments.driver import DriverOptions, run_trials
from schedcore.experiments.trial import TrialStatus


class Scripted:
    """A backend whose trials end as told, in a random order; ``script`` maps a seed to the ends of its tries."""

    name = "scripted"

    def __init__(self, script=None, window=3, rng=None) -> None:
        self.script = script or {}
        self.window = window
        self.rng = rng or random.Random(0)
        self.held: deque = deque()
        self.submitted: list[tuple[int, int]] = []
        self.most = 0
        self.calls: list[str] = []
        self.cancelled: list[int] = []

    def start(self):
        self.calls.append("start")

    def fits(self, trial):
        return "it asks for too much" if trial.workers > 4 else ""

    def submit(self, trial, attempt, loaded):
        self.submitted.append((trial.seed, attempt))
        self.held.append((trial, attempt))
        self.most = max(self.most, len(self.held))

    def poll(self, timeout_s):
        if not self.held:
            return []
        self.rng.shuffle(self.held)
        trial, attempt = self.held.popleft()
        ends = self.script.get(trial.seed, [])
        error = ends.pop(0) if ends else ""
        if error == "silent":
            return []
        status = TrialStatus.FAILED if error else TrialStatus.FEASIBLE
        values = () if error else (trial.seed,)
        found = record(trial, None, status=status, error_type=error, objective=values, attempt=attempt)
        return [Finished(trial.key, attempt, found)]

    def cancel(self, keys=None):
        self.cancelled = sorted(trial.seed for trial, _ in self.held)
        self.held.clear()

    def close(self):
        self.calls.append("close")


TRIALS = [trial("spt", seed) for seed in range(8)]


def test_everything_runs_once_within_the_window(tmp_path) -> None:
    backend = Scripted(window=3)
    outcome, records = run(TRIALS, tmp_path, backend)
    assert (outcome.total, outcome.ran, outcome.resumed, outcome.failed, outcome.stopped) == (8, 8, 0, [], "")
    assert sorted(backend.submitted) == [(seed, 1) for seed in range(8)]
    assert (backend.most, backend.calls) == (3, ["start", "close"])
    assert {r.value for r in records.values()} == set(range(8))


def test_what_is_stored_is_not_run_again(tmp_path) -> None:
    run(TRIALS[:5], tmp_path, Scripted())
    backend = Scripted()
    outcome, records = run(TRIALS, tmp_path, backend)
    assert (outcome.resumed, outcome.ran, len(records)) == (5, 3, 8)
    backend = Scripted()
    outcome, _ = run(TRIALS, tmp_path, backend)
    assert (outcome.ran, backend.calls, backend.submitted) == (0, [], [])
    backend = Scripted()
    outcome, _ = run(TRIALS, tmp_path, backend, options=DriverOptions(force=True))
    assert (outcome.ran, len(backend.submitted)) == (8, 8)


def test_trials_with_one_key_run_once(tmp_path) -> None:
    outcome, _ = run([TRIALS[0], TRIALS[0], TRIALS[1]], tmp_path, Scripted())
    assert (outcome.total, outcome.ran) == (2, 2)


@pytest.mark.parametrize(
    ("ends", "retries", "tries", "fails"),
    [
        (["crash"], 0, 1, True),
        (["crash"], 1, 2, False),
        (["crash", "timeout"], 1, 2, True),
        (["exception", "out-of-memory", "timeout"], 3, 4, False),
        (["invalid-result"], 3, 1, True),
        (["invalid-schedule"], 3, 1, True),
        (["lost", "lost"], 0, 3, False),
        (["lost", "lost", "lost"], 0, 3, True),
        (["lost", "crash"], 0, 2, True),
    ],
)
def test_tries(tmp_path, ends, retries, tries, fails) -> None:
    backend, log = Scripted({3: list(ends)}), Log()
    outcome, records = run(TRIALS, tmp_path, backend, options=DriverOptions(retries), observer=log)
    assert [attempt for seed, attempt in backend.submitted if seed == 3] == list(range(1, tries + 1))
    assert outcome.failed == ([TRIALS[3].key] if fails else [])
    assert outcome.ran == 8
    assert records[TRIALS[3].key].failed is fails
    assert sum(line.endswith(" again") for line in log.lines) == tries - 1


def test_failed_trials_are_tried_again_when_resumed(tmp_path) -> None:
    run(TRIALS, tmp_path, Scripted({3: ["crash"], 5: ["timeout"]}))
    backend = Scripted({5: ["timeout"]})
    outcome, records = run(TRIALS, tmp_path, backend)
    assert (outcome.resumed, outcome.ran, outcome.failed) == (6, 2, [TRIALS[5].key])
    # Attempts go on counting.
    assert sorted(backend.submitted) == [(3, 2), (5, 2)]
    assert records[TRIALS[3].key].attempt == 2


def test_fail_fast_gives_up_what_runs(tmp_path) -> None:
    backend = Scripted({0: ["crash"]}, window=3)
    backend.rng.shuffle = lambda held: None  # in order
    outcome, records = run(TRIALS, tmp_path, backend, options=DriverOptions(fail_fast=True))
    assert (outcome.stopped, outcome.ran, len(outcome.failed)) == ("fail-fast", 1, 1)
    assert (backend.cancelled, backend.calls[-1]) == ([1, 2], "close")
    assert list(records) == [TRIALS[0].key]
    outcome, _ = run(TRIALS, tmp_path, Scripted())
    assert (outcome.resumed, outcome.ran) == (0, 8)


def test_a_request_to_stop_lets_running_trials_finish(tmp_path) -> None:
    log = Log()
    backend = Scripted(window=3)
    outcome, records = run(
        TRIALS, tmp_path, backend, observer=log, stop=lambda: sum(line.startswith("end") for line in log.lines) >= 2
    )
    assert outcome.stopped == "stop"
    assert (len(backend.submitted), outcome.ran, len(records)) == (5, 5, 5)
    outcome, _ = run(TRIALS, tmp_path, Scripted())
    assert (outcome.resumed, outcome.ran) == (5, 3)


@pytest.mark.parametrize("by", ["give_up", "patience"])
def test_a_stop_is_not_waited_for_for_ever(tmp_path, monkeypatch, by) -> None:
    class Stuck(Scripted):
        def poll(self, timeout_s):
            return []

    backend, log = Stuck(window=2), Log()
    if by == "patience":
        monkeypatch.setattr(driver_module, "PATIENCE_S", 0.0)
    outcome, records = run(
        TRIALS, tmp_path, backend, observer=log, stop=lambda: len(log.lines) >= 2,
        give_up=(lambda: True) if by == "give_up" else None,
    )  # fmt: skip
    assert (outcome.stopped, outcome.ran, records, backend.cancelled) == ("stop", 0, {}, [0, 1])


def test_too_much_is_refused_before_anything_runs(tmp_path) -> None:
    backend = Scripted()
    big = trial("spt", 9, workers=9)
    with pytest.raises(InputError, match="'ft06 spt seed 9' can never run on backend scripted: it asks for too much"):
        run([*TRIALS, big], tmp_path, backend)
    assert backend.calls == []


def test_a_store_that_fails_ends_the_run_and_the_backend(tmp_path, monkeypatch) -> None:
    backend = Scripted()
    with store(tmp_path) as kept:

        def full(finished, begun):
            if list(finished):
                raise SchedError("the disk is full")

        monkeypatch.setattr(kept, "write", full)
        with pytest.raises(SchedError, match="the disk is full"):
            run_trials(TRIALS, kept, backend, instance_of=lambda t: None)
    assert backend.calls == ["start", "close"]


def test_one_transaction_per_trial(tmp_path, monkeypatch) -> None:
    with store(tmp_path) as kept:
        written = []
        write = kept.write
        monkeypatch.setattr(kept, "write", lambda done, begun: written.append(1) or write(done, begun))
        run_trials(TRIALS, kept, Scripted(window=1), instance_of=lambda t: None)
    assert len(written) == len(TRIALS) + 1  # and one for the first to begin


def test_any_order_and_any_failures_end_in_the_same_table(tmp_path) -> None:
    tables = []
    for number in range(5):
        rng = random.Random(number)
        script = {seed: ["crash"] * rng.choice([0, 0, 1, 2]) for seed in range(8)}
        options = DriverOptions(retries=2)
        _, records = run(TRIALS, tmp_path / str(number), Scripted(script, rng.randint(1, 5), rng), options=options)
        tables.append({key: dataclasses.replace(comparable(r), attempt=1) for key, r in records.items()})
    assert all(table == tables[0] for table in tables)


def test_inline_stops_a_method_over_its_limit(tmp_path) -> None:
    slow = mine("Patient", time_limit_s=30.0, timeout_s=0.05)
    outcome, records = run([slow, trial("spt")], tmp_path, InlineBackend())
    found = records[slow.key]
    assert (found.error_type, found.message) == ("timeout", "ran over its limit of 0.05 s")
    assert (found.backend, found.attempt, "waiting" in found.log) == ("inline", 1, True)
    assert outcome.failed == [slow.key]
    assert records[trial("spt").key].value == 88


def test_inline_gives_up_what_runs(tmp_path) -> None:
    backend = InlineBackend(should_stop=lambda: True)
    backend.start()
    backend.submit(trial("spt"), 1, None)
    backend.submit(trial("spt", 1), 1, None)
    assert (backend.fits(trial("spt")), backend.poll(0.0)) == ("", [])
    backend.cancel([trial("spt", 1).key])
    assert backend.poll(0.0) == []
    backend.close()
