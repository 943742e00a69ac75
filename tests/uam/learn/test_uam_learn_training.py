"""Training: cloning, adversarial imitation, PPO and MaskablePPO on tiny fleets; resuming; settings."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from schedcore.errors import InputError, UnknownNameError
from schedcore.training import Trainer, TrainOptions
from uam.generate import generate
from uam.learn.checkpoint import load_checkpoint
from uam.learn.cloning import clone_epoch
from uam.learn.config import NetworkConfig
from uam.learn.env import CaptainEnv
from uam.learn.gail import Discriminator, discriminate
from uam.learn.network import STATIC_INPUTS, CaptainNetwork, condense
from uam.learn.ppo import PpoConfig, improve, play_days
from uam.learn.registry import TRAINERS
from uam.learn.rollout import collect
from uam.learn.settings import TrainSettings, read_settings
from uam.learn.trainer import captain, gail, make_expert, ppo

SMALL = NetworkConfig(width=16, aircraft_width=8, heads=2, series_width=8, series_heads=2)
TINY = {
    "kinds": "six:aircraft=6",
    "days": "2",
    "minibatch": "64",
    "epochs": "1",
    "validation": "1",
    "validate_every": "1",
}


def _options(out: Path, words: dict[str, str], **changes: Any) -> TrainOptions:
    return TrainOptions(out=out, overrides={**TINY, **words}, **changes)


def _demonstrations() -> Any:
    """Three days in which everybody stays."""
    scenarios = [generate(f"six:aircraft=6:{seed}") for seed in range(1000020, 1000023)]

    def stay(days: Any, inputs: Any) -> Any:
        state = days.simulator.days
        return np.where(days.done, 0, state.location[np.arange(len(days)), state.aircraft])

    return collect(scenarios, stay)[0].stacked()


def test_cloning_learns_to_stay() -> None:
    torch.manual_seed(0)
    network, data = CaptainNetwork(SMALL), _demonstrations()
    optimiser = torch.optim.Adam(network.parameters(), 3e-3)
    generator = torch.Generator().manual_seed(0)
    for _ in range(3):
        figures = clone_epoch(network, optimiser, data, generator, minibatch=64)
    assert figures["agreement"] > 0.99


def test_the_discriminator_tells_the_expert_from_an_untrained_policy() -> None:
    torch.manual_seed(0)
    data, discriminator = _demonstrations(), Discriminator(SMALL)
    generator = torch.Generator().manual_seed(0)
    scenarios = [generate("six:aircraft=6:1000024")]
    played = play_days(CaptainNetwork(SMALL), scenarios, PpoConfig(days=1), generator, discriminator.rewards, 0.0)
    optimiser = torch.optim.Adam(discriminator.parameters(), 3e-3)
    for _ in range(8):
        figures = discriminate(discriminator, optimiser, data, played, generator, minibatch=64)
    assert figures["discriminator_accuracy"] > 0.75
    with torch.no_grad():
        expert = discriminator.rewards(data[0], data[3], data[2], data[1]).mean()
        ours = discriminator.rewards(played.inputs, played.static, played.day, played.actions).mean()
    assert float(expert) > float(ours)


def test_improving_makes_decisions_of_high_advantage_likelier() -> None:
    torch.manual_seed(0)
    network, generator = CaptainNetwork(SMALL), torch.Generator().manual_seed(0)
    config = PpoConfig(days=1, epochs=4, minibatch=32, target_kl=0.0, entropy_weight=0.0)
    played = play_days(network, [generate("six:aircraft=6:1000025")], config, generator)
    stays = played.inputs["nodes"][torch.arange(len(played.actions)), played.actions, 8] > 0
    played.advantages = stays.float() - 0.5
    improve(network, torch.optim.Adam(network.parameters(), 3e-3), played, config, generator)
    with torch.no_grad():
        logits, _ = network(played.inputs, network.encode_days(played.static), played.day)
    after = logits.log_softmax(-1).gather(1, played.actions.unsqueeze(1)).squeeze(1)
    assert float((after - played.log_probabilities)[stays].mean()) > 0


def test_a_recipe_trains_and_leaves_everything_in_its_folder(tmp_path: Path) -> None:
    words = {"expert": "greedy-rate", "expert_seeds": "1000030-1000031", "clone_epochs": "1", "gail_updates": "1"}
    told: list[str] = []
    options = _options(
        tmp_path / "run", {**words, "updates": "1"}, progress=lambda done, total, text: told.append(f"{done}/{total}")
    )
    data = gail.train(options)
    assert (data["updates"], data["of"]) == (3, 3)
    assert told[-1] == "3/3"
    for name in ("settings.json", "expert.json", "state.pt", "curve.json", "curve.png", "captain.pt", "captain.json"):
        assert (tmp_path / "run" / name).is_file(), name
    curve = json.loads((tmp_path / "run" / "curve.json").read_text())
    assert [row["stage"] for row in curve] == ["start", "clone", "gail", "ppo"]
    provenance = load_checkpoint(Path(data["checkpoint"])).provenance
    assert provenance["expert"]["policy"] == "greedy-rate"
    assert provenance["command"].startswith("sched train uam --recipe gail --seed 0 kinds=six:aircraft=6")


def test_a_run_in_two_parts_ends_like_one_in_one(tmp_path: Path) -> None:
    ppo.train(_options(tmp_path / "whole", {"updates": "2"}))
    count = iter([False, False, True, True, True])
    stopped = ppo.train(_options(tmp_path / "parts", {"updates": "2"}, should_stop=lambda: next(count)))
    assert stopped["updates"] < 2
    ppo.train(_options(tmp_path / "parts", {"updates": "2"}, resume=True))
    whole = torch.load(tmp_path / "whole" / "state.pt", weights_only=True)["network"]
    parts = torch.load(tmp_path / "parts" / "state.pt", weights_only=True)["network"]
    assert all(torch.equal(whole[name], parts[name]) for name in whole)


def test_folders_are_not_mixed_up(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no run"):
        ppo.train(_options(tmp_path / "run", {"updates": "0"}, resume=True))
    ppo.train(_options(tmp_path / "run", {"updates": "0"}))
    with pytest.raises(InputError, match="holds a run"):
        ppo.train(_options(tmp_path / "run", {"updates": "0"}))
    with pytest.raises(InputError, match="other settings"):
        ppo.train(_options(tmp_path / "run", {"updates": "1"}, resume=True))
    with pytest.raises(InputError, match="one process"):
        ppo.train(_options(tmp_path / "other", {}, workers=2))


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ({"update": "3"}, "unknown setting 'update'"),
        ({"updates": "many"}, "updates is 'many'"),
        ({"days": "0"}, "days is 0"),
        ({"updates": "-1"}, "updates is -1"),
        ({"rate": "0"}, "rate is 0"),
        ({"gail_updates": "1"}, "imitation without an expert"),
        ({"expert_seeds": "9-3"}, "expert_seeds has '9-3'"),
        ({"expert_seeds": "1-3"}, "which are no training seeds"),
    ],
)
def test_settings_that_make_no_sense_are_refused(words: dict[str, str], text: str) -> None:
    with pytest.raises(InputError, match=text):
        read_settings({}, words)


def test_unknown_names_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="variant"):
        TrainSettings(variant="captian")
    with pytest.raises(UnknownNameError, match="policy"):
        captain.train(_options(tmp_path / "run", {"expert": "gready"}))
    with pytest.raises(InputError, match="'fast' is not KEY=VALUE"):
        make_expert("prices:fast")
    with pytest.raises(InputError, match="there is no file"):
        captain.train(_options(tmp_path / "other", {"demonstrations": str(tmp_path / "x.pt")}))


@pytest.mark.parametrize(
    ("settings", "text"),
    [({"days": 0}, "days is 0"), ({"clip": -1.0}, "clip is -1"), ({"own": 1.5}, "own is 1.5")],
)
def test_ppo_settings_out_of_range_are_refused(settings: dict[str, Any], text: str) -> None:
    with pytest.raises(InputError, match=text):
        PpoConfig(**settings)


def test_recipes_are_trainers() -> None:
    from schedcore.registry import load_reference

    for reference in TRAINERS.values():
        found = load_reference(reference)
        assert isinstance(found() if isinstance(found, type) else found, Trainer)


@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::DeprecationWarning", "ignore::FutureWarning")
def test_maskable_ppo_has_the_networks_probabilities_and_trains(tmp_path: Path) -> None:
    from uam.learn.maskable import MaskableTrainer

    words = {
        "kind": "six:aircraft=6", "timesteps": "64", "envs": "2", "n_steps": "16", "batch_size": "32",
        "n_epochs": "1", "validation": "1", "validate_every": "1",
    }  # fmt: skip
    count = iter([False, True, True])
    stopped = MaskableTrainer().train(TrainOptions(tmp_path / "run", overrides=words, should_stop=lambda: next(count)))
    assert (stopped["updates"], stopped["of"]) == (1, 2)
    data = MaskableTrainer().train(TrainOptions(tmp_path / "run", overrides=words, resume=True))
    assert (data["updates"], data["of"], data["decisions"]) == (2, 2, 64)
    assert load_checkpoint(Path(data["checkpoint"])).provenance["recipe"] == "maskable"

    from sb3_contrib import MaskablePPO

    model = MaskablePPO.load(tmp_path / "run" / "model.zip", device="cpu")
    env = CaptainEnv("six:aircraft=6")
    observation, _ = env.reset(seed=1)
    batched = {name: torch.from_numpy(value).unsqueeze(0) for name, value in observation.items()}
    mask = env.action_masks()
    network = model.policy.captain
    with torch.no_grad():
        theirs = model.policy.get_distribution(batched, action_masks=mask[None]).distribution.probs[0]
        code = network.encode_days({name: batched[name] for name in STATIC_INPUTS})
        ours = network(condense(batched), code)[0][0].softmax(-1)
    torch.testing.assert_close(theirs, ours)
    action, _ = model.predict(observation, action_masks=mask, deterministic=True)
    assert int(action) == int(ours.argmax())


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ({"step": "3"}, "unknown setting 'step'"),
        ({"envs": "x"}, "envs is 'x'"),
        ({"envs": "0"}, "envs is 0"),
        ({"clip_range": "0"}, "clip_range is 0"),
        ({"batch_size": "1000"}, "does not divide"),
    ],
)
def test_maskable_settings_are_checked(words: dict[str, str], text: str) -> None:
    from uam.learn.maskable import MaskableSettings

    with pytest.raises(InputError, match=text):
        MaskableSettings.of(words)


def test_maskable_refuses_what_it_cannot_run_on(tmp_path: Path) -> None:
    from uam.learn.maskable import MaskableTrainer

    with pytest.raises(InputError, match="backend 'ray'"):
        MaskableTrainer().train(TrainOptions(tmp_path / "run", backend="ray"))
    with pytest.raises(InputError, match="3 workers for 8 environments"):
        MaskableTrainer().train(TrainOptions(tmp_path / "run", backend="process", workers=3))


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_the_environment_with_prospects_passes_gymnasiums_checker() -> None:
    from gymnasium.utils.env_checker import check_env

    check_env(CaptainEnv("six:aircraft=6", forbidden="stay"), skip_render_check=True)
