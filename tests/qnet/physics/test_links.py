"""The fitted law of link generation, loss, windows, and the mean decay of a link that arrives at a random trial."""

import math

import numpy as np
import pytest

from qnet.physics.links import (
    BRIGHT_WEIGHTS,
    arrival_decay,
    cycle_time_s,
    single_click_capabilities,
    single_click_capability,
    single_click_fidelity,
    transmission,
    window_slots,
    with_loss,
)
from qnet.protocol.capability import LinkCapability
from schedcore.errors import InputError

LOSSLESS = single_click_capabilities(5.0, 0.0)


def test_law_agrees_with_the_published_table() -> None:
    published = (14.158, 20.837, 27.834, 33.985, 39.176, 45.597, 51.258, 57.732, 61.605, 75.653)
    for capability, rate in zip(LOSSLESS, published, strict=True):
        assert capability.rate_hz == pytest.approx(rate, rel=0.08)
    assert cycle_time_s(5.0) == pytest.approx(28.0e-6, abs=0.1e-6)
    assert LOSSLESS[0].trial_probability == pytest.approx(4.0e-4, rel=0.01)
    assert single_click_fidelity(0.1) == pytest.approx(0.8770831028, abs=2e-8)


def test_probability_that_the_link_is_there_after_windows_of_mean_length() -> None:
    # Printed table of section 2.5: slots of the mean, and what they buy, from the published rates.
    rates = (14.158, 20.837, 27.834, 33.985, 39.176, 45.597, 51.258, 57.732, 61.605, 75.653)
    slots = (8, 5, 4, 3, 3, 3, 2, 2, 2, 2)
    there = (0.678, 0.647, 0.672, 0.639, 0.691, 0.746, 0.642, 0.685, 0.709, 0.780)
    ninety = (17, 12, 9, 7, 6, 6, 5, 4, 4, 4)
    most = (33, 23, 17, 14, 12, 11, 9, 8, 8, 7)
    for rate, mean, probability, slots90, slots99 in zip(rates, slots, there, ninety, most, strict=True):
        capability = LinkCapability(0.8, rate, 28.0e-6)
        assert window_slots(capability, 0.01) == mean
        assert capability.success_within(mean * 0.01) == pytest.approx(probability, abs=1e-3)
        assert window_slots(capability, 0.01, 0.9) == slots90
        assert window_slots(capability, 0.01, 0.99) == slots99


def test_loss_counts_half_of_the_fibre() -> None:
    assert transmission(50.0, 0.2) == pytest.approx(10**-0.5)
    lossy = with_loss(LinkCapability(0.999, 1400.0), 50.0, 0.2)
    assert lossy.rate_hz == pytest.approx(1400 * 10**-0.5)
    assert lossy.trial_probability == pytest.approx(lossy.rate_hz * cycle_time_s(50.0))
    assert single_click_capability(0.1, 50.0).rate_hz < single_click_capability(0.1, 50.0, 0.0).rate_hz


@pytest.mark.parametrize("cycle_s", [2e-3, 28e-6, None])
def test_mean_decay_equals_a_simulation(cycle_s: float | None) -> None:
    capability = LinkCapability(0.9, 40.0, cycle_s)
    window_s, decay = 0.05, 7.0
    rng = np.random.default_rng(3)
    if cycle_s is None:
        arrivals = rng.exponential(1 / 40.0, 400_000)
    else:
        arrivals = rng.geometric(40.0 * cycle_s, 400_000) * cycle_s
    there = arrivals[arrivals <= window_s + 1e-12]
    assert len(there) / 400_000 == pytest.approx(capability.success_within(window_s), abs=4e-3)
    assert arrival_decay(capability, window_s, decay) == pytest.approx(
        np.exp(-decay * (window_s - there)).mean(), abs=1e-3
    )


def test_certain_trials_arrive_at_once() -> None:
    capability = LinkCapability(0.9, 100.0, 0.01)
    assert capability.success_within(0.05) == 1.0
    assert arrival_decay(capability, 0.05, 2.0) == pytest.approx(math.exp(-2.0 * 0.04))
    assert window_slots(capability, 0.01, 0.999) == 1


def test_refusals() -> None:
    with pytest.raises(InputError, match="bright weight"):
        single_click_capability(0.7, 5.0)
    with pytest.raises(InputError, match="a fibre of 0"):
        single_click_capability(BRIGHT_WEIGHTS[0], 0)
    with pytest.raises(InputError, match="a loss of -1"):
        with_loss(LinkCapability(0.9, 10), 5, -1)
    with pytest.raises(InputError, match="success probability 1"):
        window_slots(LinkCapability(0.9, 10), 0.01, 1)
    with pytest.raises(InputError, match="is not in \\(0.25, 1\\]"):
        LinkCapability(0.2, 10)
    with pytest.raises(InputError, match="is not positive"):
        LinkCapability(0.9, 0)
    with pytest.raises(InputError, match="cannot make"):
        LinkCapability(0.9, 1000, 0.1)
    with pytest.raises(InputError, match="a fibre of -1"):
        LinkCapability(0.9, 10, None, -1)
