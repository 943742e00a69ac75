"""Aircraft, demand, fares and maps: figures that can be looked up or worked out."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from uam.aircraft import Aircraft
from uam.demand import DEMANDS, airport, peaks, seats_per_day
from uam.generate import generate, make_scenario
from uam.maps import load_network, network_names, random_network
from uam.profile import load_profile, profile_names


def test_the_papers_aircraft():
    craft = load_profile("paper").aircraft
    assert craft.flight_energy_wh(np.array([50.0])).tolist() == [110_000]
    assert craft.block_time_s(np.array([74.5])).tolist() == [3600 + 720]
    assert craft.seconds_to_full(0) == 2640  # 110 kWh at 150 kW
    assert craft.charged_wh(50_000, 900) == 50_000 + 37_500
    assert craft.seconds_to_full(110_000) == 0


def test_the_tapering_charger_follows_the_published_law():
    """VertiSim's law at 315 kW and 160 kWh: 20 to 80 percent in 33.8 min, 20 to 95 in 67.6 (anchors of the model)."""
    craft = Aircraft("x", 4, 180.0, 160_000, 690.0, full_fraction=0.95, charger_w=315_000.0, taper_from=0.2)
    curve = craft.charge_curve_wh
    knee = int(np.searchsorted(curve, 32_000))
    minutes = [(int(np.searchsorted(curve, 160_000 * soc)) - knee) / 60 for soc in (0.8, 0.95)]
    assert minutes == pytest.approx([24.4 * math.log(4), 24.4 * math.log(16)], abs=0.1)
    assert minutes == pytest.approx([33.8, 67.6], abs=0.2)


@pytest.mark.parametrize(
    ("name", "miles", "kwh"), [("joby", 10, 23.4), ("joby", 100, 85.8), ("archer", 20, 30.4), ("beta", 60, 110.4)]
)
def test_energies_are_those_of_the_published_tables(name, miles, kwh):
    found = load_profile(name).aircraft.flight_energy_wh(np.array([float(miles)]))[0] / 1000
    assert found == pytest.approx(kwh, abs=0.4)


crafts = st.builds(
    Aircraft,
    name=st.just("x"),
    seats=st.just(4),
    speed_mph=st.just(100.0),
    battery_wh=st.integers(1000, 300_000),
    mile_wh=st.just(100.0),
    full_fraction=st.sampled_from([0.5, 0.9, 0.99]),
    plug_s=st.sampled_from([0, 360]),
    charger_w=st.floats(10_000, 400_000),
    taper_from=st.sampled_from([0.2, 0.8, 1.0]),
)


@settings(max_examples=60, deadline=None)
@given(craft=crafts, share=st.floats(0, 1), first=st.integers(0, 4000), second=st.integers(0, 4000))
def test_charging_grows_is_bounded_and_ends_full(craft, share, first, second):
    before = math.floor(share * craft.full_wh)
    to_full = craft.seconds_to_full(before)
    assert craft.charged_wh(before, to_full) == craft.full_wh
    assert before <= craft.charged_wh(before, first) <= craft.charged_wh(before, first + second) <= craft.full_wh
    if to_full:
        assert to_full > craft.plug_s
        assert craft.charged_wh(before, min(first, craft.plug_s)) == before
    # Never faster than the charger: within a Wh for the rounding of the curve.
    gained = craft.charged_wh(before, first) - before
    at_most = craft.charger_w * max(0, first - craft.plug_s) / 3600
    assert gained <= at_most + craft.charger_w / 3600 + 2


def test_peaks_by_hand():
    """Base 8; a business vertiport draws 30 more at 8:30 and sends them back at 16:30, with a width of an hour."""
    network, profile = load_network("fixed8"), load_profile("paper")
    means = peaks(network, profile, 40)
    business, plain = 0, 1
    assert network.business.tolist() == [True, False, False, False, False, True, True, False]
    half = math.exp(-0.5)
    assert means[plain, business, 2] == pytest.approx(38)  # 8:00 to 9:00
    assert means[plain, business, 3] == pytest.approx(8 + 30 * half)
    assert means[plain, business, 10] == pytest.approx(8, abs=1e-9)
    assert means[business, plain, 10] == pytest.approx(38)  # 16:00 to 17:00
    assert means[business, 5, 2] == pytest.approx(38)
    assert means[plain, 2].tolist() == [8.0] * 12
    assert (np.diagonal(means) == 0).all()


def test_a_day_has_about_8400_passengers_and_saturates_with_scale():
    totals = [int(generate(f"fixed8:{seed}").realised.demand.sum()) for seed in range(1, 21)]
    assert np.mean(totals) == pytest.approx(8430, rel=0.03)
    assert generate("fixed8:scale=2:1").plan.forecast.sum() == pytest.approx(
        2 * generate("fixed8:1").plan.forecast.sum(), rel=1e-4
    )


@pytest.mark.parametrize("name", ["gravity", "airport"])
def test_other_demands_are_scaled_to_the_fleet(name):
    network, profile = load_network("la8"), load_profile("realistic")
    means = DEMANDS[name](network, profile, 40)
    assert means.sum() == pytest.approx(1.5 * seats_per_day(network, profile, 40))
    assert DEMANDS[name](network, profile, 80).sum() == pytest.approx(2 * means.sum())
    assert (means >= 0).all()


def test_airport_demand_is_a_star():
    network = load_network("la8")
    means = airport(network, load_profile("paper"), 40)
    apart = np.arange(8) != network.hub
    assert means[np.ix_(apart, apart)].sum() == 0
    # Downtown and Woodland Hills weigh 6.1 to 1.5.
    assert means[network.hub, 1].sum() / means[network.hub, 2].sum() == pytest.approx(6.1 / 1.5)


def test_fares_by_hand():
    """Base 5 $ and 0.64 $ per mile, times ln(Q / 10) where that is above 1."""
    plan = generate("fixed8:1").plan
    miles, expected = plan.network.distance_miles, plan.forecast
    high = np.unravel_index(expected.argmax(), expected.shape)
    factor = math.log(expected[high] / 10)
    assert factor > 1
    assert plan.fare_mills[high] / 1000 == pytest.approx(5 + 0.64 * miles[high[:2]] * factor, abs=0.001)
    assert plan.fare_mills[0, 1].min() / 1000 == pytest.approx(5 + 0.64 * miles[0, 1], abs=0.001)
    assert plan.cost_mills[0, 1] / 1000 == pytest.approx(0.64 * miles[0, 1], abs=0.001)
    scale = (expected * plan.fare_mills / 1000).sum()
    assert plan.revenue_scale_mills / 1000 == pytest.approx(scale, rel=1e-6)


def test_a_vertistop_needs_energy_for_the_way_out():
    plan = generate("fixed8:1").plan
    stop = 3
    assert plan.network.vertistops[stop]
    way_out = min(plan.energy_wh[stop, c] for c in range(8) if plan.network.chargers[c])
    assert plan.need_wh[1, stop] == plan.energy_wh[1, stop] + way_out
    assert plan.need_wh[stop, 1] == plan.energy_wh[stop, 1]


def test_reserves_of_the_realistic_profile():
    plan = generate("fixed8:profile=realistic:1").plan
    assert plan.need_wh[0, 1] == plan.energy_wh[0, 1] + 32_000
    assert plan.full_wh == 144_000


@pytest.mark.parametrize(
    ("name", "shape"),
    [("fixed8", (8, 0)), ("six", (6, 0)), ("ten", (10, 0)), *((f"map{n:02d}", (8, n)) for n in range(1, 11))],
)
def test_shipped_maps_are_those_of_their_seeds(name, shape):
    shipped, drawn = load_network(name), random_network(*shape)
    for field in ("x_miles", "y_miles", "stands", "chargers", "business"):
        np.testing.assert_array_equal(getattr(shipped, field), getattr(drawn, field))


def test_distances_in_cities():
    """The airport of Los Angeles is 10.4 miles from its downtown; Gimpo and Gangnam are 10.5 apart."""
    la, seoul = load_network("la9"), load_network("seoul")
    assert la.distance_miles[la.vertiports.index("LAX"), la.vertiports.index("DTLA")] == pytest.approx(10.4, abs=0.2)
    i, j = seoul.vertiports.index("Gimpo"), seoul.vertiports.index("Gangnam terminal")
    assert seoul.distance_miles[i, j] == pytest.approx(10.5, abs=0.3)
    apart = seoul.distance_miles[~np.eye(10, dtype=bool)] * 1.609
    assert 5 < apart.min() < apart.max() < 43  # 6 to 42 km in the study


@pytest.mark.parametrize("network", network_names())
@pytest.mark.parametrize("profile", [name for name in profile_names() if name != "realistic"])
def test_every_map_can_be_served_by_every_aircraft(network, profile):
    generate(f"{network}:profile={profile}:1")


def test_large_maps_are_usable():
    scenario = generate("random-60-1:aircraft=250:1")
    assert scenario.plan.num_aircraft == 250
    assert int(scenario.plan.network.vertistops.sum()) == 12


def test_delays_closures_and_failures_have_their_laws():
    days = [generate(f"fixed8:{seed}") for seed in range(1, 31)]
    delay = np.concatenate([day.realised.delay_s.ravel() for day in days])
    assert delay.min() == 0
    assert delay.max() <= 1800
    closed = np.mean([day.realised.closed.sum() / (56 * 12) for day in days])
    assert closed == pytest.approx(0.025, abs=0.004)
    failures = np.mean([day.realised.failing.sum() for day in days])
    assert failures == pytest.approx(40 * 20 * 0.0025, rel=0.35)  # 40 aircraft, 20 decisions


def test_a_calm_day_has_none():
    real = make_scenario(load_network("six"), 3, None).realised
    calm = generate("six:calm=1:3").realised
    assert real.delay_s.any()
    assert not any(table.any() for table in (calm.delay_s, calm.closed, calm.failing))
    late = generate("six:delay=15:3").plan.expected_delay_s
    assert late.tolist() == [900] * 6
