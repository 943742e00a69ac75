"""``sched train`` and ``sched eval`` for any domain."""

from __future__ import annotations

import dataclasses
import os
import signal

import pytest

from schedcore import registry
from schedcore.cli.train import get_trainer
from schedcore.errors import InputError, UnknownNameError
from schedcore.training import Trainer, TrainOptions


class Counting:
    """Counts to three; sends itself Ctrl-C at two if told to."""

    summary = "counts to three"
    interrupts = False

    def train(self, options: TrainOptions) -> dict:
        done = 0
        while done < 3 and not options.should_stop():
            done += 1
            options.progress(done, 3, f"step {done}")
            if self.interrupts and done == 2:
                os.kill(os.getpid(), signal.SIGINT)
        return {"updates": done, "of": 3, "checkpoint": str(options.out / "x.npz"), "words": dict(options.overrides)}


class Stopping(Counting):
    interrupts = True


counting, stopping, nothing = Counting(), Stopping(), object()


@pytest.fixture
def trainers(monkeypatch):
    found = registry.get_domain("jssp")
    names = {name: f"{__name__}:{name}" for name in ("counting", "stopping", "nothing")}
    changed = dataclasses.replace(found, trainers=names)
    monkeypatch.setattr(registry, "get_domain", lambda name: changed)
    monkeypatch.setattr(registry, "load_reference", lambda text, *, where=None: globals()[text.rpartition(":")[2]])


def test_a_trainer_gets_what_was_asked_for(sched, trainers, tmp_path) -> None:
    ran = sched("train", "jssp", "--recipe", "counting", "--out", str(tmp_path / "run"), "size=3", "--json")
    data = ran.json()["data"]
    assert (data["updates"], data["words"], data["out"]) == (3, {"size": "3"}, str(tmp_path / "run"))
    text = sched("train", "jssp", "--recipe", "counting", "--out", str(tmp_path / "run")).out
    assert text == f"counting: 3 of 3 updates; checkpoint {tmp_path / 'run' / 'x.npz'}\n"


def test_an_interrupted_run_says_how_far_it_came(sched, trainers, tmp_path) -> None:
    ran = sched("train", "jssp", "--recipe", "stopping", "--out", str(tmp_path / "run"))
    assert ran.code == 130
    assert "stopping; the run can be resumed" in ran.err
    assert "interrupted after 2 of 3 updates" in ran.err


def test_the_folder_has_a_default(sched, trainers, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    data = sched("train", "jssp", "--recipe", "counting", "--json").json()["data"]
    assert data["out"] == os.path.join("runs", "train", "jssp-counting")


def test_what_is_no_trainer_is_refused(trainers) -> None:
    assert isinstance(get_trainer("jssp", "counting"), Trainer)
    with pytest.raises(InputError, match="is no trainer.*it needs summary and train"):
        get_trainer("jssp", "nothing")
    with pytest.raises(UnknownNameError, match="unknown recipe 'count'.*did you mean 'counting'"):
        get_trainer("jssp", "count")


def test_help_names_the_recipes_and_methods_of_the_domains(sched) -> None:
    out = sched("train", "--help").out
    assert "Recipes:" in out
    assert "jssp" in out
    assert "paper, ours, control" in out
    out = " ".join(sched("eval", "--help").out.split())
    assert "Methods of the domains" in out
    assert "paper, learned, control, hybrid" in out
