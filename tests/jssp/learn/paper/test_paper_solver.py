"""Checkpoints, rollouts and the solver ``paper``."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest

from jssp import JobShopInstance, generate, standard_instance
from jssp.adapter import to_problem
from jssp.env.observation import ObservationForm
from jssp.learn.paper.checkpoint import SHAPES, Checkpoint, load_checkpoint, save_checkpoint
from jssp.learn.paper.inference import best_of, greedy, roll_out, temperatures
from jssp.learn.paper.solver import PaperSolver, shipped_checkpoint
from schedcore.check import check
from schedcore.errors import FormatError, InputError, UnknownNameError, UnsupportedFeatureError
from schedcore.model import Mode, Problem, Task
from schedcore.solvers import Limits, solve_verified


def random_weights(seed: int = 0) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    return {name: rng.normal(0.1, 0.3, shape).astype(np.float32) for name, shape in SHAPES.items()}


@pytest.fixture
def checkpoint(tmp_path) -> str:
    path = tmp_path / "some.npz"
    save_checkpoint(path, random_weights(), ObservationForm(), {"update": 7})
    return str(path)


def test_a_checkpoint_comes_back_as_it_was(checkpoint) -> None:
    found = load_checkpoint(checkpoint)
    for name, value in random_weights().items():
        np.testing.assert_array_equal(found.weights[name], value)
    assert found.form == ObservationForm()
    assert found.provenance["update"] == 7


def rewrite(path: str, **changes: object) -> None:
    with np.load(path) as archive:
        arrays = {name: archive[name] for name in archive.files}
    told = json.loads(str(arrays["provenance"]))
    told.update({key: value for key, value in changes.items() if key in ("version", "format")})
    arrays["provenance"] = np.array(json.dumps(told))
    arrays |= {key: value for key, value in changes.items() if key not in ("version", "format")}  # type: ignore[dict-item]
    np.savez(path, **arrays)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"version": 99}, "version 99, this program reads version 1"),
        ({"format": "jssp-ours"}, "a checkpoint of kind 'jssp-ours', not 'jssp-paper-network'"),
        (
            {"embed.weight": np.zeros((16, 4), np.float32)},
            r"embed.weight has shape \(16, 4\), this network has \(8, 4\)",
        ),
        ({"extra": np.zeros(3, np.float32)}, r"extra has shape \(3,\), this network has None"),
        ({"embed.bias": np.full(8, np.nan, np.float32)}, "embed.bias holds no finite float32 numbers"),
    ],
)
def test_a_checkpoint_of_another_kind_version_or_size_is_refused(checkpoint, changes, message) -> None:
    rewrite(checkpoint, **changes)
    with pytest.raises(FormatError, match=message):
        load_checkpoint(checkpoint)


def test_what_is_no_checkpoint_is_refused(tmp_path) -> None:
    with pytest.raises(InputError, match="no such checkpoint"):
        load_checkpoint(tmp_path / "none.npz")
    text = tmp_path / "text.npz"
    text.write_text("not an archive")
    with pytest.raises(FormatError, match="cannot be read"):
        load_checkpoint(text)
    large = tmp_path / "large.npz"
    with large.open("wb") as file:
        file.truncate(6 * 2**20)
    with pytest.raises(FormatError, match="too large for this network"):
        load_checkpoint(large)
    with pytest.raises(FormatError, match="parameter embed.bias has shape None"):
        save_checkpoint(
            tmp_path / "x.npz", {k: v for k, v in random_weights().items() if k != "embed.bias"}, ObservationForm(), {}
        )


def test_published_temperatures() -> None:
    heats = temperatures(32)
    assert heats[0] == 0.5
    assert heats[31] == pytest.approx(1.953, abs=1e-3)
    assert len(heats) == 32


@pytest.mark.parametrize("mode", ["noop", "nondelay", "active"])
def test_rollouts_keep_all_rules_and_repeat_with_their_seed(mode) -> None:
    shops = [generate("taillard:8x6:1"), generate("taillard:8x4:2")]
    made = Checkpoint(random_weights(), ObservationForm(), {})
    first = roll_out(made, shops, temperatures(4), mode=mode, seed=3)
    again = roll_out(made, shops, temperatures(4), mode=mode, seed=3)
    assert np.array_equal(first.starts, again.starts)
    assert not np.array_equal(first.starts, roll_out(made, shops, temperatures(4), mode=mode, seed=4).starts)
    for b, shop in enumerate(first.shop.tolist()):
        starts = shops[shop].from_matrix(first.starts[b, :, : shops[shop].machine_matrix.shape[1]])
        assert shops[shop].makespan(starts) == first.makespans[b]
    assert best_of(made, shops, samples=4, mode=mode, seed=3).tolist() == first.makespans.reshape(4, 2).min(0).tolist()
    assert np.array_equal(greedy(made, shops, mode=mode), greedy(made, shops, mode=mode))


@pytest.mark.parametrize("mode", ["noop", "nondelay", "active"])
@pytest.mark.parametrize("expression", ["taillard:6x5:1", "brandimarte:5x4:1", "progen:10x3:1"])
def test_the_solver_gives_checked_schedules_of_everything_that_the_model_can_say(checkpoint, expression, mode) -> None:
    problem = to_problem(generate(expression))
    seen = []
    result = solve_verified(
        PaperSolver(checkpoint, samples=4, mode=mode), problem, limits=Limits(30.0), on_solution=seen.append
    )
    assert result.schedule is not None
    assert check(problem, result.schedule).ok
    assert [incumbent.objective for incumbent in seen] == sorted((i.objective for i in seen), reverse=True)
    assert result.parameters["rollouts"] == 4


def test_both_ways_to_play_a_job_shop_agree_when_greedy(checkpoint) -> None:
    from jssp.learn.paper.general import play

    shop = generate("taillard:6x5:4")
    loaded = load_checkpoint(checkpoint)
    for mode in ("noop", "nondelay", "active"):
        assert play(to_problem(shop), loaded, 0.0, mode=mode).makespan == greedy(loaded, [shop], mode=mode)[0]


def test_zero_durations_and_shapes_never_seen(checkpoint) -> None:
    ragged = JobShopInstance("ragged", [[0, 1, 0, 2], [2], [1, 1]], [[0, 3, 0, 2], [0], [4, 0]])
    long = generate("taillard:2x150:1")
    for shop in (ragged, long, generate("taillard:120x3:1")):
        problem = to_problem(shop)
        result = PaperSolver(checkpoint, samples=2, mode="noop").solve(problem, limits=Limits(30.0))
        assert result.schedule is not None
        assert check(problem, result.schedule).ok


def test_limits_and_stops_are_heeded_after_the_first_rollout(checkpoint) -> None:
    problem = to_problem(standard_instance("ft06"))
    result = PaperSolver(checkpoint, samples=500).solve(problem, limits=Limits(60.0), should_stop=lambda: True)
    assert result.parameters["rollouts"] == 1
    assert result.message == "time for 1 of 500 rollouts"


def test_what_the_solver_cannot_do_is_refused(checkpoint) -> None:
    problem = Problem(tasks=(Task("t", (Mode(2),), deadline=5),))
    with pytest.raises(UnsupportedFeatureError, match="paper does not support: deadline"):
        PaperSolver(checkpoint).solve(problem, limits=Limits(1.0))
    with pytest.raises(InputError, match="samples is -1"):
        PaperSolver(checkpoint, samples=-1)
    with pytest.raises(UnknownNameError, match="unknown action mode 'x'"):
        PaperSolver(checkpoint, mode="x")


@pytest.mark.parametrize("mode", ["noop", "nondelay"])
def test_the_shipped_checkpoints_are_complete_and_small(mode) -> None:
    path = shipped_checkpoint(mode)
    assert path.stat().st_size < 5 * 2**20
    told = load_checkpoint(path).provenance
    for key in ("config", "seed", "code", "machine", "curve", "wall_s", "selected_on", "evaluation"):
        assert told.get(key) not in (None, "", []), key
    assert json.loads(path.with_suffix(".json").read_text(encoding="utf-8")) == told


def test_a_package_without_its_checkpoint_says_so(monkeypatch) -> None:
    monkeypatch.setattr("jssp.learn.paper.solver.SHIPPED", {"noop": "none.npz"})
    with pytest.raises(InputError, match="this copy of the package has no none.npz"):
        shipped_checkpoint("noop")


def test_inference_needs_no_torch() -> None:
    code = (
        "import sys, numpy as np\n"
        "from jssp import standard_instance\n"
        "from jssp.learn.paper.checkpoint import load_checkpoint\n"
        "from jssp.learn.paper.inference import best_of\n"
        "from jssp.learn.paper.solver import shipped_checkpoint\n"
        "made = load_checkpoint(shipped_checkpoint('nondelay'))\n"
        "print(best_of(made, [standard_instance('ft06')], samples=2, mode='nondelay'))\n"
        "assert 'torch' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
