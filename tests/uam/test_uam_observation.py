"""Observations: the compiled arrays are the readable ones, padding changes nothing else, masks are never empty."""

from __future__ import annotations

import numpy as np
import pytest

from schedcore.errors import InputError
from uam.compiled.batch import BatchSimulator
from uam.generate import generate
from uam.observation import (
    AIRCRAFT_FEATURES,
    DESTINATION_FEATURES,
    VERTIPORT_FEATURES,
    Sizes,
    observe,
    sizes_of,
    static_part,
)
from uam.simulator import DaySimulator


@pytest.mark.parametrize("sees", [True, False])
@pytest.mark.parametrize(
    "name", ["fixed8:1", "six:scale=0.2,aircraft=80,failure=0.3:2", "seoul:profile=realistic,closure=0.4:3"]
)
def test_compiled_and_readable_observations_are_equal(name, sees):
    scenario = generate(name)
    day, batch = DaySimulator(scenario, sees_remaining=sees), BatchSimulator([scenario], sees_remaining=sees)
    sizes, rng, buffers = sizes_of(scenario.plan), np.random.default_rng(3), None
    for number in range(300):
        if number % 5 == 0:
            expected = observe(day.state(), sizes)
            buffers = batch.observe(sizes, buffers, static=buffers is None)
            assert list(expected) == list(sizes.shapes())
            for key, value in expected.items():
                np.testing.assert_allclose(buffers[key][0], value, rtol=1e-6, atol=1e-7, err_msg=f"{number} {key}")
        action = int(rng.choice(np.flatnonzero(day.mask())))
        day.step(action)
        batch.step([action])


def test_padding_is_zero_and_leaves_the_rest_as_it_is():
    state = DaySimulator(generate("six:aircraft=10:1")).state()
    small, large = observe(state), observe(state, Sizes(9, 13))
    for key, value in small.items():
        index = tuple(slice(0, length) for length in value.shape)
        np.testing.assert_array_equal(large[key][index], value, err_msg=key)
        assert large[key].sum(dtype=float) == pytest.approx(value.sum(dtype=float), abs=1e-3), key


def test_feature_names_and_values_by_hand():
    """Aircraft 0 stands full at vertiport ``i`` at 6:00; nobody has moved."""
    scenario = generate("fixed8:1")
    plan, state = scenario.plan, DaySimulator(scenario).state()
    obs, i, j = observe(state), state.vertiport, 0
    assert obs["vertiports"].shape[1] == len(VERTIPORT_FEATURES)
    assert obs["aircraft"].shape[1] == len(AIRCRAFT_FEATURES)
    assert obs["destinations"].shape[1] == len(DESTINATION_FEATURES)
    assert obs["vertiports"][j, 0] == pytest.approx(12.95 / 50)
    assert obs["vertiports"][:, 8].argmax() == i
    assert obs["aircraft"][0, [2, 3, 8]].tolist() == [1.0, 0.0, 1.0]
    passengers = min(4, scenario.realised.demand[i, j, 0])
    profit = passengers * (plan.fare_mills[i, j, 0] - plan.cost_mills[i, j]) - plan.electricity_mills[i, j]
    assert obs["destinations"][j, 0] == pytest.approx(profit / 50_000)
    assert obs["destinations"][j, 2] == pytest.approx((plan.expected_delay_s[i] + plan.block_s[i, j]) / 3600)
    assert obs["clock"].tolist() == [0.0, 0.0]


def test_hidden_demand_is_the_forecast_less_those_carried():
    scenario = generate("fixed8:1")
    day = DaySimulator(scenario, sees_remaining=False)
    state = day.state()
    expected = np.round(scenario.plan.forecast_milli[:, :, 0] / 1000)
    assert np.abs(state.remaining - expected).max() <= 1
    i, j = state.vertiport, int(np.flatnonzero(state.mask & (np.arange(8) != state.vertiport))[0])
    before = day.state().remaining[i, j]
    day.step(j)
    carried = day.log.flights[0].passengers
    assert day.state().remaining[i, j] == max(0, before - carried)


def test_a_day_that_does_not_fit_is_refused():
    plan = generate("six:aircraft=10:1").plan
    with pytest.raises(InputError, match="6 vertiports, but room for 5"):
        static_part(plan, Sizes(5, 10))
    with pytest.raises(InputError, match="10 aircraft, but room for 9"):
        static_part(plan, Sizes(6, 9))
    with pytest.raises(InputError, match="12 hours, but observations are made for 10"):
        static_part(plan, Sizes(6, 10, hours=10))
    with pytest.raises(InputError, match="2 lanes, but observations are made for 1"):
        static_part(plan, Sizes(6, 10, lanes=1))
