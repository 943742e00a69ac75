"""The network: what it must not depend on, what it refuses, and how its settings are checked."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from schedcore.errors import InputError, UnknownNameError
from uam.generate import generate
from uam.learn.config import VARIANTS, NetworkConfig
from uam.learn.network import STATIC_INPUTS, CaptainNetwork, condense
from uam.learn.reader import StateReader
from uam.simulator import DaySimulator

SMALL = {"width": 16, "aircraft_width": 8, "heads": 2, "series_width": 8, "series_heads": 2}
SIZE_AGNOSTIC = [
    NetworkConfig(**SMALL),
    NetworkConfig(encoder="gcn", **SMALL),
    NetworkConfig(series="none", layers=2, **SMALL),
]


@pytest.fixture(scope="module")
def observation() -> dict[str, Tensor]:
    """A decision in the middle of a day of 6 vertiports and 8 aircraft."""
    day = DaySimulator(generate("six:aircraft=8:1000003"))
    for _ in range(40):
        allowed = [j for j, ok in enumerate(day.mask()) if ok]
        day.step(allowed[len(day.log.decisions) % len(allowed)])
    arrays = StateReader(day.scenario.plan).arrays(day.state())
    del arrays["action_mask"]
    static = StateReader(day.scenario.plan).static()
    made = {name: torch.from_numpy(array).clone() for name, array in arrays.items()}
    made.update(static)
    made["action_mask"] = torch.tensor([day.mask()])
    return made


def _run(network: CaptainNetwork, observation: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
    with torch.no_grad():
        code = network.encode_days({name: observation[name] for name in STATIC_INPUTS})
        logits, values = network(condense(observation), code)
    return logits[0], values[0]


def _network(config: NetworkConfig) -> CaptainNetwork:
    torch.manual_seed(3)
    network = CaptainNetwork(config)
    torch.nn.init.normal_(network.skip.weight)  # zero at first, which would hide it
    return network


@pytest.mark.parametrize("config", SIZE_AGNOSTIC, ids=["capsule", "gcn", "none"])
def test_permuting_vertiports_permutes_the_logits(config: NetworkConfig, observation: dict[str, Tensor]) -> None:
    order = torch.tensor([3, 0, 5, 1, 4, 2])
    moved = dict(observation)
    for name in ("vertiports", "destinations", "prospects", "action_mask", "vertiport_mask"):
        moved[name] = observation[name][:, order]
    for name in ("adjacency", "remaining", "lanes", "forecast", "fares"):
        moved[name] = observation[name][:, order][:, :, order]
    network = _network(config)
    logits, values = _run(network, observation)
    permuted, same = _run(network, moved)
    torch.testing.assert_close(permuted, logits[order], rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(same, values, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("config", SIZE_AGNOSTIC, ids=["capsule", "gcn", "none"])
def test_permuting_aircraft_changes_nothing(config: NetworkConfig, observation: dict[str, Tensor]) -> None:
    moved = dict(observation)
    moved["aircraft"] = observation["aircraft"][:, torch.tensor([7, 2, 0, 1, 3, 6, 5, 4])]
    network = _network(config)
    for found, expected in zip(_run(network, moved), _run(network, observation), strict=True):
        torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("config", SIZE_AGNOSTIC, ids=["capsule", "gcn", "none"])
def test_room_for_more_vertiports_and_aircraft_changes_nothing(
    config: NetworkConfig, observation: dict[str, Tensor]
) -> None:
    pad = torch.nn.functional.pad
    padded = dict(observation)
    for name in ("vertiports", "destinations", "prospects"):
        padded[name] = pad(observation[name], (0, 0, 0, 2))
    for name in ("adjacency", "remaining"):
        padded[name] = pad(observation[name], (0, 2, 0, 2))
    for name in ("lanes", "forecast", "fares"):
        padded[name] = pad(observation[name], (0, 0, 0, 2, 0, 2))
    padded["aircraft"] = pad(observation["aircraft"], (0, 0, 0, 3))
    padded["vertiport_mask"] = pad(observation["vertiport_mask"], (0, 2))
    padded["aircraft_mask"] = pad(observation["aircraft_mask"], (0, 3))
    padded["action_mask"] = pad(observation["action_mask"], (0, 2))
    network = _network(config)
    logits, values = _run(network, observation)
    more, same = _run(network, padded)
    torch.testing.assert_close(more[:6], logits, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(same, values, rtol=1e-4, atol=1e-4)
    assert (more[6:] < -1e8).all()


def test_forbidden_actions_have_no_chance(observation: dict[str, Tensor]) -> None:
    only_own = dict(observation)
    own = int(observation["vertiports"][0, :, 8].argmax())
    only_own["action_mask"] = torch.zeros(1, 6, dtype=torch.bool)
    only_own["action_mask"][0, own] = True
    logits, _ = _run(_network(SIZE_AGNOSTIC[0]), only_own)
    assert float(logits.softmax(-1)[own]) == 1.0


def test_an_mlp_refuses_another_size(observation: dict[str, Tensor]) -> None:
    network = CaptainNetwork(VARIANTS["captain-mlp"])
    code = network.encode_days({name: observation[name] for name in STATIC_INPUTS})
    with pytest.raises(ValueError, match="made for another size"):
        network(condense(observation), code)


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"width": 0}, "width is 0"),
        ({"order": -1}, "order is -1"),
        ({"heads": 5}, "5 = 5|heads = 5 does not divide width = 64"),
        ({"encoder": "mlp"}, "made for one size"),
        ({"depth": 3}, "unknown setting 'depth'"),
    ],
)
def test_settings_out_of_range_are_refused(settings: dict[str, object], text: str) -> None:
    with pytest.raises(InputError, match=text):
        NetworkConfig.of(settings)


@pytest.mark.parametrize("settings", [{"encoder": "capsul"}, {"series": "lstm"}])
def test_unknown_parts_are_refused(settings: dict[str, str]) -> None:
    with pytest.raises(UnknownNameError):
        NetworkConfig.of(settings)
