"""The paper's recipe: oracle, samples, losses, the loop, the command, and what is left in the folder."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch

from jssp import dispatch, generate
from jssp.adapter import to_problem, to_schedule
from jssp.env.batch import BatchJobShopEnv, Shops
from jssp.env.observation import ObservationForm
from jssp.learn.paper.checkpoint import load_checkpoint
from jssp.learn.paper.completers import completer
from jssp.learn.paper.forward import pack
from jssp.learn.paper.losses import clipped_loss, old_log_probabilities, run_phase
from jssp.learn.paper.network import PaperNetwork
from jssp.learn.paper.oracle import Completion, complete, compress
from jssp.learn.paper.recipe import PaperRecipe
from jssp.learn.paper.samples import Samples, gather
from jssp.learn.paper.train import train
from schedcore.check import check
from schedcore.errors import FormatError, InputError, UnknownNameError

TINY = PaperRecipe(
    size="4x3",
    shops=2,
    episodes=4,
    updates=3,
    epochs=2,
    minibatches=2,
    completion_s=5.0,
    completion_limit=0.02,
    validate_every=2,
    validation_shops=2,
    validation_samples=4,
)


def half_way(seed: int = 3) -> tuple[BatchJobShopEnv, Completion]:
    """A 6x5 shop after four random steps, with a random complete schedule that begins like it."""
    shop = generate("taillard:6x5:1")
    env = BatchJobShopEnv([shop])
    rng = np.random.default_rng(seed)
    for _ in range(4):
        env.step(rng.permutation(7)[None])
    other = env.take([0])
    while not other.done.all():
        other.step(rng.permutation(7)[None])
    return env, Completion(shop, env.starts[0].copy(), env.ready[0].copy(), other.starts[0].copy(), 5.0, 0.1, 1)


def test_a_completion_keeps_what_is_fixed_and_is_never_worse_than_the_agent() -> None:
    env, task = half_way()
    found = complete(task)
    assert found is not None
    shop = task.instance
    fixed = task.starts >= 0
    assert np.array_equal(found[fixed], task.starts[fixed])
    assert check(to_problem(shop), to_schedule(shop, shop.from_matrix(found))).ok
    assert shop.makespan(shop.from_matrix(found)) < shop.makespan(shop.from_matrix(task.agent))
    for job, position in enumerate(fixed.sum(axis=1).tolist()):
        if position < 5:  # postponements by the No-Op hold
            assert found[job, position] >= task.ready[job]
    while not env.done.all():  # and the environment can follow it, decision by decision
        env.follow(found[None])
    assert np.array_equal(env.starts[0], found)


def test_compression_moves_to_the_left_within_the_machine_orders() -> None:
    shop = generate("taillard:5x4:2")
    tight = shop.to_matrix(dispatch(shop, "spt"))
    nothing = np.full_like(tight, -1)
    loose = 2 * tight + 7
    squeezed = compress(shop, nothing, np.zeros(5, dtype=np.int64), loose)
    assert np.array_equal(squeezed, tight)
    late = compress(shop, nothing, np.full(5, 4), loose)
    assert late.min() == 4


def gathered(**changes: object):
    torch.manual_seed(0)
    network = PaperNetwork()
    weights = pack({name: value.numpy() for name, value in network.state_dict().items()})
    shops = Shops([generate("taillard:5x4:1"), generate("taillard:5x4:2")])
    with completer("inline", 1) as solve:
        update = gather(
            shops,
            weights,
            ObservationForm(),
            episodes=6,
            time_limit_s=5.0,
            deterministic_limit=0.05,
            seed=4,
            completer=changes.get("completer", solve),  # type: ignore[arg-type]
        )
    return network, update


def test_the_samples_of_an_update() -> None:
    _, update = gathered()
    suffix, prefix = update.suffix, update.prefix
    assert len(suffix) > 0
    assert len(prefix) > 0
    assert set(np.sign(suffix.advantage)) <= {-1.0, 0.0, 1.0}
    assert suffix.advantage.max() == pytest.approx(1.0, abs=1e-4)  # min-max per instance: somebody has weight 1
    assert suffix.advantage.min() == pytest.approx(-1.0, abs=1e-4)
    for samples in (suffix, prefix):
        # Jobs of a later action of a step are legal at the beginning of the step; so is its No-Op, if it is not the
        # first decision of all.
        legal = samples.states["action_mask"][samples.state, samples.action]
        assert legal[samples.action < 5].all()
        assert samples.states["interval_rep"].shape[1:] == (5, 5, 4)
    assert 0 < update.figures["improvement"] < 1
    assert update.figures["unsolved"] == 0


def test_episodes_whose_solve_fails_contribute_no_samples() -> None:
    _, update = gathered(completer=lambda tasks: [None] * len(tasks))
    assert len(update.suffix) == len(update.prefix) == 0
    assert update.figures["unsolved"] == 6
    assert update.figures["improvement"] == 0


def test_the_clipped_loss_by_hand() -> None:
    """Ratios 2 and 0.5 with advantages 1 and -1 and clip 0.3: max(-2, -1.3) = -1.3 and max(0.5, 0.7) = 0.7."""
    log_ratio = torch.log(torch.tensor([2.0, 0.5]))
    loss = clipped_loss(log_ratio, torch.tensor([1.0, -1.0]), 0.3)
    assert float(loss) == pytest.approx((-1.3 + 0.7) / 2, abs=1e-6)


def test_a_phase_makes_good_actions_likelier_and_stops_at_the_kl_bound() -> None:
    network, update = gathered()
    good = dataclasses.replace(update.suffix, advantage=np.abs(update.suffix.advantage))
    old = old_log_probabilities(network, good)
    assert torch.isfinite(old).all()
    optimiser = torch.optim.Adam(network.parameters(), lr=1e-3, eps=1e-5)
    rng = np.random.default_rng(0)
    options = {"clip": 0.3, "minibatches": 2, "rng": rng}
    figures = run_phase(network, optimiser, good, old, epochs=4, target_kl=10.0, **options)
    assert (figures.epochs, figures.steps) == (4, 8)
    change = (old_log_probabilities(network, good) - old).numpy()
    assert (change * good.advantage).sum() > 0
    stopped = run_phase(network, optimiser, good, old, epochs=50, target_kl=1e-6, **options)
    assert stopped.epochs == 1


def test_an_empty_phase_changes_nothing() -> None:
    network = PaperNetwork()
    empty = Samples({}, np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.float32))
    optimiser = torch.optim.Adam(network.parameters())
    old = old_log_probabilities(network, empty)
    rng = np.random.default_rng(0)
    figures = run_phase(network, optimiser, empty, old, clip=0.3, epochs=3, minibatches=2, target_kl=0.1, rng=rng)
    assert figures.steps == 0


def test_a_run_leaves_settings_curve_picture_and_checkpoints(tmp_path) -> None:
    told = []
    data = train(TINY, tmp_path / "run", report=lambda done, of, line: told.append((done, of)))
    assert told == [(1, 3), (2, 3), (3, 3)]
    assert (data["updates"], data["of"]) == (3, 3)
    names = {path.name for path in (tmp_path / "run").iterdir()}
    assert names == {
        "config.json",
        "state.pt",
        "curve.json",
        "curve.png",
        "best.npz",
        "best.json",
        "last.npz",
        "last.json",
    }
    curve = json.loads((tmp_path / "run" / "curve.json").read_text())
    assert [row["update"] for row in curve] == [0, 1, 2, 3]
    assert ["score" in row for row in curve] == [True, False, True, True]
    told_by = load_checkpoint(tmp_path / "run" / "best.npz").provenance
    for key in ("config", "seed", "code", "machine", "curve", "selected_on", "evaluation"):
        assert key in told_by
    assert (tmp_path / "run" / "best.npz").stat().st_size < 5 * 2**20


def test_a_run_that_was_stopped_goes_on_as_if_nothing_had_happened(tmp_path) -> None:
    train(TINY, tmp_path / "whole")
    calls = iter([False, False, True])
    data = train(TINY, tmp_path / "parts", should_stop=lambda: next(calls))
    assert data["updates"] == 2
    assert train(TINY, tmp_path / "parts", resume=True)["updates"] == 3
    whole, parts = (load_checkpoint(tmp_path / name / "last.npz") for name in ("whole", "parts"))
    for name, value in whole.weights.items():
        np.testing.assert_array_equal(value, parts.weights[name])


@pytest.mark.slow
def test_a_killed_command_is_resumed(tmp_path) -> None:
    words = [f"{f.name}={getattr(TINY, f.name)}" for f in dataclasses.fields(TINY) if f.name != "seed"]
    words = [word for word in words if not word.endswith("=")]
    words = [word if not word.startswith("updates=") else "updates=40" for word in words]
    command = [sys.executable, "-m", "schedcore", "train", "jssp", "--recipe", "paper", "--out", str(tmp_path / "run")]
    began = subprocess.Popen([*command, *words], stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while not (tmp_path / "run" / "state.pt").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    os.kill(began.pid, signal.SIGKILL)
    began.wait()
    done = subprocess.run([*command, "--resume", "--json", *words], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["data"]["updates"] == 40


def test_processes_help_with_the_same_result() -> None:
    _, task = half_way()
    with completer("process", 1) as solve:
        found = solve([task])
    assert np.array_equal(found[0], complete(task))


@pytest.mark.slow
@pytest.mark.ray
def test_ray_helps_with_the_same_result() -> None:
    _, task = half_way()
    with completer("ray", 1) as solve:
        found = solve([task])
    assert np.array_equal(found[0], complete(task))


def test_a_backend_that_is_none_is_refused() -> None:
    with pytest.raises(UnknownNameError, match="unknown backend 'rey'.*did you mean 'ray'"), completer("rey", 1):
        pass


def test_a_run_may_begin_with_a_checkpoint_and_average_its_weights(tmp_path) -> None:
    train(TINY, tmp_path / "first", should_stop=stop_after(1))
    start = str(tmp_path / "first" / "last.npz")
    recipe = dataclasses.replace(TINY, start=start, average=0.9)
    train(recipe, tmp_path / "second", should_stop=stop_after(1))
    before, after = (load_checkpoint(tmp_path / name / "last.npz") for name in ("first", "second"))
    changes = [np.abs(after.weights[name] - before.weights[name]).max() for name in before.weights]
    assert 0 < max(changes) < 0.1 * 2 * 20 * TINY.learning_rate  # a tenth of what twenty Adam steps can do
    told = after.provenance
    assert told["config"]["start"] == "last.npz"
    assert told["start"]["update"] == 1
    with pytest.raises(InputError, match="trained with .*begin with the same form"):
        train(dataclasses.replace(recipe, positions="absolute"), tmp_path / "third")
    assert not (tmp_path / "third").exists()


def stop_after(updates: int):
    """A ``should_stop`` that lets so many updates pass."""
    calls = iter([False] * updates)
    return lambda: next(calls, True)


def test_what_cannot_be_resumed_is_refused(tmp_path) -> None:
    out = tmp_path / "run"
    with pytest.raises(InputError, match="no run to resume"):
        train(TINY, out, resume=True)
    train(TINY, out, should_stop=lambda: True)
    with pytest.raises(InputError, match="there is a run in this folder.*--resume"):
        train(TINY, out)
    with pytest.raises(InputError, match="episodes was 4 and is now 8"):
        train(dataclasses.replace(TINY, episodes=8), out, resume=True)
    (out / "state.pt").write_bytes(b"nothing of the kind")
    with pytest.raises(FormatError, match="the state cannot be read"):
        train(TINY, out, resume=True)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"episods": "8"}, "unknown key 'episods'.*did you mean 'episodes'"),
        ({"episodes": "many"}, "episodes is 'many'.*use a whole number"),
        ({"learning_rate": "fast"}, "learning_rate is 'fast'.*use a number"),
        ({"legacy": "maybe"}, "legacy is 'maybe'.*use true or false"),
        ({"episodes": "6"}, "6 episodes for 4 instances.*multiple of the number of instances, at least two"),
        ({"updates": "0"}, "updates is 0.*give at least 1"),
        ({"clip": "0"}, "clip is 0.0.*give a value > 0"),
        ({"average": "1"}, "average is 1.0"),
        ({"completion_limit": "-1"}, "a limit is negative"),
        ({"generator": "progen"}, "generator 'progen' makes no job shops"),
        ({"size": "30by15"}, "is not of the form"),
        ({"positions": "relativ"}, "did you mean 'relative'"),
        ({"instances": "ta31,ta999"}, "unknown standard job shop 'ta999'"),
    ],
)
def test_settings_that_cannot_be_are_refused(words, message) -> None:
    with pytest.raises(InputError, match=message):
        PaperRecipe.of(words)


def test_settings_come_from_words() -> None:
    recipe = PaperRecipe.of({"instances": "ta31,ta32", "episodes": "8", "legacy": "true", "learning_rate": "1e-3"})
    assert recipe.instance_names == ("ta31", "ta32")
    assert (recipe.legacy, recipe.learning_rate) == (True, 1e-3)
    assert PaperRecipe(completion_s=60, completion_growth_s=1).completion_time_s(100) == 160


def test_the_command_trains_and_says_what_came_out(sched, tmp_path: Path) -> None:
    words = ["size=3x3", "shops=1", "episodes=2", "updates=1", "epochs=1", "minibatches=1", "completion_limit=0.01"]
    words += ["validation_shops=1", "validation_samples=2"]
    out = str(tmp_path / "run")
    data = sched("train", "jssp", "--recipe", "paper", "--out", out, "--json", *words).json()["data"]
    assert (data["recipe"], data["updates"], data["of"]) == ("paper", 1, 1)
    assert load_checkpoint(data["checkpoint"]).provenance["config"]["size"] == "3x3"
    again = sched("train", "jssp", "--recipe", "paper", "--out", out, *words)
    assert again.code == 2
    assert "there is a run in this folder" in again.err
    solved = sched("solve", "jssp", "ft06", "--solver", "paper", f"checkpoint={data['checkpoint']}", "--json").json()
    assert solved["data"]["makespan"] >= 55


def test_the_command_refuses_unknown_recipes_and_a_seed_among_the_words(sched, tmp_path: Path) -> None:
    ran = sched("train", "jssp", "--recipe", "papr", "--out", str(tmp_path / "x"))
    assert ran.code == 2
    assert "error: unknown recipe 'papr'\n  where: domain jssp\n  do:    did you mean 'paper'?" in ran.err
    ran = sched("train", "jssp", "--recipe", "paper", "--out", str(tmp_path / "x"), "seed=3")
    assert "write --seed 3" in ran.err
    (tmp_path / "file").write_text("")
    ran = sched("train", "jssp", "--recipe", "paper", "--out", str(tmp_path / "file"))
    assert "is no folder" in ran.err


def test_recipes_are_listed(sched) -> None:
    rows = sched("list", "recipes", "jssp", "--json").json()["data"]["items"]
    assert "paper" in [row["name"] for row in rows]
