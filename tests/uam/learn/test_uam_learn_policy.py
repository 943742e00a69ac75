"""Policies from networks: one decision at a time equals many at a time, and checkpoints say what is wrong with them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from schedcore.errors import InputError, UnknownNameError
from uam.generate import generate
from uam.learn.checkpoint import (
    CheckpointError,
    load_checkpoint,
    load_policy,
    save_checkpoint,
    shipped_names,
    shipped_policy,
)
from uam.learn.config import VARIANTS, NetworkConfig
from uam.learn.evaluate import play_network
from uam.learn.experts import demonstrate
from uam.learn.fast import FastNetwork
from uam.learn.network import CaptainNetwork
from uam.learn.policy import CaptainPolicy
from uam.learn.reader import StateReader
from uam.learn.registry import LEARNED
from uam.learn.rollout import collect
from uam.policies.registry import make_policy
from uam.policies.simple import GreedyRatePolicy
from uam.simulator import DaySimulator, play

SMALL = {"width": 16, "aircraft_width": 8, "heads": 2, "series_width": 8, "series_heads": 2}


def _network(**settings: object) -> CaptainNetwork:
    torch.manual_seed(5)
    return CaptainNetwork(NetworkConfig(**{**SMALL, **settings}))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "settings", [{}, {"encoder": "gcn"}, {"series": "none"}, {"layers": 2, "moments": 2, "order": 1}]
)
def test_the_network_without_torch_gives_the_same_logits(settings: dict[str, object]) -> None:
    network = _network(**settings).eval()
    fast = FastNetwork(network)
    day = DaySimulator(generate("six:aircraft=8:1000004"))
    reader = StateReader(day.scenario.plan)
    with torch.no_grad():
        code = network.encode_days(reader.static())
        fast.start_day(code)
        for _ in range(25):
            state = day.state()
            logits = fast.logits(reader.arrays(state))
            expected = network(reader.inputs(state), code)[0][0].numpy()
            assert np.isinf(logits[~state.mask]).all()
            np.testing.assert_allclose(logits[state.mask], expected[state.mask], rtol=1e-4, atol=1e-4)
            day.step(int(np.argmax(logits)))


def test_an_mlp_has_no_fast_form() -> None:
    with pytest.raises(ValueError, match="no fast form"):
        FastNetwork(CaptainNetwork(VARIANTS["captain-mlp"]))


def test_days_one_by_one_equal_days_side_by_side() -> None:
    network = _network()
    scenarios = [generate(f"six:aircraft=8:{seed}") for seed in (1000005, 1000006)]
    policy = CaptainPolicy(network)
    assert play_network(network, scenarios) == [play(scenario, policy).profit for scenario in scenarios]


def test_states_one_by_one_read_like_batches() -> None:
    scenarios = [generate(f"six:aircraft=8:{seed}") for seed in (1000007, 1000008)]
    one_by_one, profits = demonstrate(scenarios, GreedyRatePolicy())
    inputs, actions, days, static = one_by_one.stacked()
    for number, scenario in enumerate(scenarios):
        chosen = iter(actions[days == number].tolist())
        batch, same = collect([scenario], lambda batch, inputs, chosen=chosen: np.array([next(chosen)]))  # type: ignore[misc]
        assert same == [profits[number]]
        batch_inputs, _, _, batch_static = batch.stacked()
        for name, value in batch_inputs.items():
            assert torch.equal(value, inputs[name][days == number]), name
        for name, value in batch_static.items():
            assert torch.equal(value[0], static[name][number]), name


def test_a_drawing_policy_repeats_itself_with_its_seed() -> None:
    scenario = generate("six:aircraft=8:1000009")
    policy = CaptainPolicy(_network(), sample=True)
    first = play(scenario, policy, seed=1).decisions
    assert play(scenario, policy, seed=1).decisions == first
    assert play(scenario, policy, seed=2).decisions != first


def test_a_checkpoint_gives_the_policy_back(tmp_path: Path) -> None:
    network = _network()
    save_checkpoint(tmp_path / "mine.pt", network, {"seed": 5})
    found = load_checkpoint(tmp_path / "mine.pt")
    assert found.provenance == {"seed": 5}
    assert (tmp_path / "mine.json").is_file()
    scenario = generate("six:aircraft=8:1000010")
    policy = make_policy(str(tmp_path / "mine.pt"))
    assert policy.name == "mine"
    assert play(scenario, policy).decisions == play(scenario, CaptainPolicy(network)).decisions


def test_an_mlp_checkpoint_of_another_size_is_refused(tmp_path: Path) -> None:
    save_checkpoint(tmp_path / "mlp.pt", CaptainNetwork(VARIANTS["captain-mlp"]), {})
    with pytest.raises(
        InputError, match="made for 8 vertiports, 40 aircraft and 12 hours, and the day has 6, 8 and 12"
    ):
        play(generate("six:aircraft=8:1"), load_policy(tmp_path / "mlp.pt"))


def _broken(path: Path, **changes: object) -> None:
    save_checkpoint(path, _network(), {})
    content = torch.load(path, weights_only=True)
    for name, value in changes.items():
        if value is None:
            del content[name]
        else:
            content[name] = value
    torch.save(content, path)


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"version": 99}, "version 99, and this code reads"),
        ({"weights": None}, "no weights in it"),
        ({"features": ["x"]}, "trained on other features"),
        ({"weights": {}}, "its weights are damaged"),
    ],
)
def test_broken_checkpoints_are_named(tmp_path: Path, changes: dict[str, object], text: str) -> None:
    _broken(tmp_path / "broken.pt", **changes)
    with pytest.raises(CheckpointError, match=text):
        load_checkpoint(tmp_path / "broken.pt")


def test_what_is_no_checkpoint_is_refused(tmp_path: Path) -> None:
    (tmp_path / "text.pt").write_text("hello")
    with pytest.raises(CheckpointError, match="this is no checkpoint"):
        load_checkpoint(tmp_path / "text.pt")
    with pytest.raises(CheckpointError, match="there is no such file"):
        load_checkpoint(tmp_path / "none.pt")


def test_shipped_checkpoints_are_those_of_the_registry_and_small() -> None:
    assert sorted(LEARNED) == sorted(shipped_names())
    for name in LEARNED:
        policy = make_policy(name)
        assert policy.name == name
        path = Path(shipped_policy.__code__.co_filename).parents[1] / "checkpoints" / f"{name}.pt"
        assert path.stat().st_size <= 5_000_000
        assert path.with_suffix(".json").is_file()


def test_an_unknown_shipped_checkpoint_is_refused() -> None:
    with pytest.raises(UnknownNameError, match="shipped checkpoint"):
        shipped_policy("captan")
