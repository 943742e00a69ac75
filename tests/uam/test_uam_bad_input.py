"""Every mistake is refused where it is made, with what, where and remedy."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from schedcore.errors import FormatError, IllegalDecisionError, InputError, SchedError, UnknownNameError
from uam.aircraft import Aircraft
from uam.demand import airport, gravity
from uam.domain import load_scenario
from uam.files import read_scenario, scenario_to_dict
from uam.generate import ScenarioOptions, generate, make_scenario, options_from
from uam.maps import load_network, network_from_dict, network_to_dict, parse_network, random_network
from uam.network import Network
from uam.plan import make_plan
from uam.policies.registry import make_policy
from uam.profile import DayRules, DemandLevel, Disruption, Economics, load_profile, parse_profile
from uam.scenario import Realised, Scenario
from uam.simulator import DaySimulator, replay_actions


def vertiports(*places, **common):
    return {
        "name": "own",
        "vertiports": [{"name": n, "x_miles": x, "y_miles": y, **common, **more} for n, x, y, more in places],
    }


TWO = vertiports(("A", 0, 0, {}), ("B", 20, 0, {}))


def test_a_vertiport_beyond_the_range_is_named():
    network = network_from_dict(vertiports(("A", 0, 0, {}), ("B", 20, 0, {}), ("C", 200, 0, {})), where="own")
    with pytest.raises(InputError, match="vertiport 'C' cannot be reached from 'A'.*CityAirbus"):
        make_scenario(network, 1, ScenarioOptions(aircraft=2))


def test_a_network_without_chargers_is_refused():
    with pytest.raises(InputError, match="no vertiport has a charger"):
        network_from_dict(vertiports(("A", 0, 0, {}), ("B", 20, 0, {}), chargers=0), where="own")


def test_a_vertistop_without_a_way_out_is_named():
    places = (("A", 0, 0, {}), ("B", 30, 0, {"chargers": 0}))
    network = network_from_dict(vertiports(*places), where="own")
    with pytest.raises(InputError, match="vertiport 'B' cannot be reached from 'A'"):
        make_scenario(network, 1, ScenarioOptions(aircraft=2))
    far = network_from_dict(vertiports(("A", 0, 0, {}), ("B", 51, 0, {"chargers": 0})), where="own")
    with pytest.raises(InputError, match="from vertistop 'B' no charger is within reach"):
        make_scenario(far, 1, ScenarioOptions(aircraft=2))


def test_more_aircraft_than_places():
    with pytest.raises(InputError, match="33 aircraft, but only 32 places at the 2 vertiports of 'own'"):
        make_scenario(network_from_dict(TWO, where="own"), 1, ScenarioOptions(aircraft=33))
    scenario = generate("fixed8:aircraft=20:1")
    with pytest.raises(InputError, match="20 aircraft start at 'V4', which has 10 places"):
        replace(scenario.plan, start_location=np.full(20, 3))


def test_negative_demand():
    scenario = generate("six:aircraft=5:1")
    forecast = scenario.plan.forecast_milli.copy()
    forecast[1, 2, 3] = -1
    with pytest.raises(InputError, match=r"demand forecast: -1 at \[1, 2, 3\] is below 0"):
        make_plan(
            scenario.plan.network,
            scenario.plan.profile,
            forecast_milli=forecast,
            start_location=scenario.plan.start_location,
        )
    demand = scenario.realised.demand.copy()
    demand[0, 1, 0] = -3
    with pytest.raises(InputError, match=r"demand: -3 at \[0, 1, 0\] is below 0"):
        replace(scenario, realised=replace(scenario.realised, demand=demand))
    demand[0, 1, 0], demand[2, 2, 2] = 0, 1
    with pytest.raises(InputError, match="passengers want to go where they are"):
        replace(scenario, realised=replace(scenario.realised, demand=demand))
    with pytest.raises(InputError, match="scenario option scale: -1.0 is not a number of at least 0"):
        generate("six:scale=-1:1")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("fixed8", "'fixed8' has no seed"),
        ("fixd8:1", "unknown network 'fixd8'.*did you mean 'fixed8'"),
        ("fixd8", "unknown map 'fixd8'.*did you mean 'fixed8'"),
        ("fixed8:scael=2:1", "unknown scenario option 'scael'.*did you mean 'scale'"),
        ("fixed8:scale:1", "'scale' is not KEY=VALUE"),
        ("fixed8:scale=two:1", "'two' is not a number"),
        ("fixed8:aircraft=2.5:1", "'2.5' is not a whole number"),
        ("fixed8:aircraft=0:1", "0 is out of range"),
        ("fixed8:closure=1.5:1", "1.5 is not from 0 to 1"),
        ("fixed8:delay=-2:1", "-2.0 is not a number of at least 0"),
        ("fixed8:demand=gravitas:1", "unknown demand 'gravitas'.*did you mean 'gravity'"),
        ("fixed8:demand=airport:1", "network 'fixed8' has no hub"),
        ("fixed8:profile=jobby:1", "unknown profile 'jobby'.*did you mean 'joby'"),
        ("fixed8:profile=none.toml:1", "there is no file 'none.toml'"),
        ("random-3-1:1", "3 vertiports"),
        ("no.json", "there is no file 'no.json'"),
    ],
)
def test_names_of_scenarios(name, message):
    with pytest.raises(SchedError, match=message):
        load_scenario(name)


def test_expressions_need_their_form():
    with pytest.raises(InputError, match="'fixed8' is not NETWORK"):
        generate("fixed8")
    with pytest.raises(UnknownNameError, match="unknown network 'nowhere'"):
        load_network("nowhere")
    with pytest.raises(UnknownNameError, match="there is no file 'nowhere.json'"):
        load_network("nowhere.json")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "own:1: not JSON"),
        ("[]", "list instead of an object"),
        ('{"name": "x"}', "no 'vertiports'"),
        ('{"name": "x", "vertiports": []}', "vertiports is no list of vertiports"),
        ('{"name": "x", "vertiport": []}', "unknown key 'vertiport'.*did you mean 'vertiports'"),
        (json.dumps({**TWO, "hub": "C"}), "unknown vertiport 'C'"),
        (json.dumps(vertiports(("A", 0, 0, {}))), "1 vertiports"),
        (json.dumps(vertiports(("A", 0, 0, {}), ("A", 1, 0, {}))), "two vertiports are called 'A'"),
        (json.dumps(vertiports(("A", 0, 0, {}), ("B", "east", 0, {}))), "x_miles is 'east', not a number"),
        (json.dumps(vertiports(("A", 0, 0, {}), ("B", 1, 0, {"pads": 2}))), "unknown key 'pads'"),
        (json.dumps(vertiports(("A", 0, 0, {}), ("B", 1, 0, {"lat": 3}))), "no lat"),
        (json.dumps(vertiports(("A", 0, 0, {}), ("B", 1, 0, {"stands": -1}))), r"stands: -1 at \[1\] is below 0"),
        (json.dumps(vertiports(("A", 0, 0, {}), ("B", 1, 0, {"stands": 1.5}))), "values that are not whole"),
        (json.dumps(vertiports(("A", 0, 0, {}), ("B", 1, 0, {"stands": 0, "chargers": 0}))), "'B' has no place"),
        (json.dumps({**TWO, "lanes": 0}), "lanes: 0 is out of range"),
        (json.dumps({**TWO, "distance_miles": [[0, 1]]}), r"shape \(1, 2\) instead of \(2, 2\)"),
        (json.dumps({**TWO, "distance_miles": [[1, 1], [1, 0]]}), "a distance from a vertiport to itself is not 0"),
        (json.dumps({**TWO, "distance_miles": [[0, -1], [1, 0]]}), "is below 0"),
        (json.dumps({**TWO, "distance_miles": "far"}), "not a table of numbers"),
        (json.dumps(vertiports(("A", 0, 0, {}), ("B", float("nan"), 0, {}))), "not finite"),
    ],
)
def test_broken_networks(text, message):
    with pytest.raises(InputError, match=message):
        parse_network(text, where="own")


def scenario_data(**changes):
    return {**scenario_to_dict(generate("six:aircraft=5:1")), **changes}


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ([], "list instead of an object"),
        ({}, "format None, version None"),
        (scenario_data(version=2), "version 2"),
        (scenario_data(sead=1), "unknown key 'sead'.*did you mean 'seed'"),
        (scenario_data(seed=-1), "seed -1"),
        (scenario_data(options=[]), "options is list"),
        (scenario_data(options={"scale": "big"}), "'big' is not a number"),
        (scenario_data(network="nine"), "unknown network 'nine'"),
        (scenario_data(network={"name": "x"}), "no 'vertiports'"),
        (scenario_data(tables={"demands": []}), "unknown key 'demands'"),
        (scenario_data(tables={"demand": [[1], [1, 2]]}), "not a table of numbers"),
        (scenario_data(tables={"demand": [[1]]}), r"shape \(1, 1\) instead of \(6, 6, 12\)"),
        (scenario_data(tables={"demand": "many"}), "not a table of numbers"),
        (scenario_data(tables={"start_location": [9, 0]}), "9 is no vertiport"),
        (scenario_data(tables={"start_energy_wh": [10**6] * 5}), "1000000 Wh is more than a full battery"),
        (scenario_data(tables={"forecast": np.full((6, 6, 12), -1).tolist()}), "demand forecast: -1000 at"),
        (scenario_data(tables={"forecast": np.full((6, 6, 12), np.nan).tolist()}), "not finite"),
    ],
)
def test_broken_scenario_files(tmp_path, data, message):
    path = tmp_path / "day.json"
    path.write_text(json.dumps(data))
    with pytest.raises(InputError, match=message):
        read_scenario(path)


def test_a_scenario_file_that_is_no_json(tmp_path):
    path = tmp_path / "day.json"
    path.write_text('{"format":\n nonsense')
    with pytest.raises(FormatError, match="day.json:2: not JSON"):
        load_scenario(str(path))
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(FormatError, match="not JSON: not text"):
        load_scenario(str(path))
    path.write_text(json.dumps(scenario_data()))
    with pytest.raises(InputError, match="--scale beside a file"):
        load_scenario(str(path), options={"scale": 2.0})


def test_scenario_files_keep_the_day(tmp_path):
    for name in ("six:aircraft=5:1", "la8:demand=airport,profile=realistic,closure=0.2:3"):
        scenario = generate(name)
        path = tmp_path / "day.json"
        path.write_text(json.dumps(scenario_to_dict(scenario)))
        again = load_scenario("day.json", [tmp_path])
        assert again.name == scenario.name
        assert again.fingerprint() == scenario.fingerprint()


def test_network_files_keep_the_map(tmp_path):
    network = load_network("la8")
    path = tmp_path / "own.json"
    path.write_text(json.dumps(network_to_dict(network)))
    assert generate(f"{path}:demand=airport:4").fingerprint() == generate("la8:demand=airport:4").fingerprint()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[aircraft", "own: not TOML"),
        ("[rules]", r"no section \[aircraft\]"),
        ("[plane]", "unknown section 'plane'"),
        ("[aircraft]\nwings = 2", "unknown key 'wings'"),
        ("[aircraft]\nseats = 4", "missing 3 required positional arguments"),
        ("[aircraft]\nseats = 0\nspeed_mph = 70\nbattery_wh = 1\nmile_wh = 1", "seats: 0 is out of range"),
    ],
)
def test_broken_profiles(text, message):
    with pytest.raises(InputError, match=message):
        parse_profile(text, "own", where="own")


def test_a_profile_from_a_file(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text('[aircraft]\nname = "x"\nseats = 2\nspeed_mph = 80\nbattery_wh = 200000\nmile_wh = 2000.0\n')
    assert load_profile(str(path)).aircraft.seats == 2
    assert generate(f"fixed8:profile={path}:1").plan.seats == 2


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: DayRules(hours=0), "rules.hours: 0 is out of range"),
        (lambda: DayRules(hours=True), "rules.hours: True is not a whole number"),
        (lambda: DayRules(delay_slot_s=7), "rules.delay_slot_s: 7 s does not divide an hour"),
        (lambda: Economics(base_fare=-1), "economics.base_fare: -1 is not a number of at least 0"),
        (lambda: DemandLevel(noise=2), "demand.noise: 2 is not from 0 to 1"),
        (lambda: Disruption(mean_delay_min_s=900), "900 is above mean_delay_max_s"),
        (lambda: Aircraft("x", 4, 70, 1000, 1.0, taper_from=0.5), "never charged to 100 percent"),
        (lambda: Aircraft("x", 4, 70, 1000, 1.0, reserve_fraction=1.0), "the reserve .* is not below a full battery"),
        (lambda: Aircraft("x", 4, -1, 1000, 1.0), "speed_mph: -1 is not a number above 0"),
        (lambda: options_from({"calm": 2}), "calm: 2 is out of range"),
    ],
)
def test_parameters_out_of_range(make, message):
    with pytest.raises(InputError, match=message):
        make()


def test_tables_of_another_shape():
    scenario = generate("six:aircraft=5:1")
    real = scenario.realised
    with pytest.raises(InputError, match=r"failing: shape \(4, 12\) instead of \(5, 12\)"):
        Scenario("own", scenario.plan, Realised(real.demand, real.closed, real.delay_s, real.failing[:4]))
    network = load_network("six")
    zero = Network(**{**{f: getattr(network, f) for f in network.__slots__}, "weights": np.zeros(6)})
    with pytest.raises(InputError, match="all weights are 0"):
        gravity(zero, scenario.plan.profile, 5)
    with pytest.raises(InputError, match="has no hub"):
        airport(load_network("six"), scenario.plan.profile, 5)
    with pytest.raises(InputError, match="no usable positions"):
        random_network(300, 1)


def test_policies_by_name(tmp_path):
    assert make_policy("uam.policies.simple:GreedyPolicy").name == "greedy"
    with pytest.raises(UnknownNameError, match="unknown policy 'gready'.*did you mean 'greedy'"):
        make_policy("gready")
    with pytest.raises(InputError, match="there is no file 'best.pt'"):
        make_policy("best.pt")
    with pytest.raises(InputError, match="it cannot be made with depth"):
        make_policy("greedy", {"depth": 2})
    with pytest.raises(InputError, match="DayRules is no policy of uam"):
        make_policy("uam.profile:DayRules")


def test_forbidden_decisions_say_why():
    scenario = generate("six:aircraft=5,scale=0.1,calm=1:1")
    day = DaySimulator(scenario)
    with pytest.raises(IllegalDecisionError, match="may not choose 6: vertiports are 0 to 5"):
        day.step(6)
    closed = scenario.realised.closed.copy()
    closed[day.vertiport] = True
    shut = DaySimulator(replace(scenario, realised=replace(scenario.realised, closed=closed)))
    target = next(j for j in range(6) if day.mask()[j] and j != day.vertiport)
    with pytest.raises(IllegalDecisionError, match="the route is closed"):
        shut.step(target)
    plan = scenario.plan
    tired = replace(plan, start_energy_wh=np.full(5, 10))
    with pytest.raises(IllegalDecisionError, match="Wh and has 10"):
        DaySimulator(replace(scenario, plan=tired)).step(target)
    far = next((i, j) for i in range(6) for j in range(6) if i != j and not plan.flyable[i, j])
    there = replace(plan, start_location=np.full(5, far[0]))
    with pytest.raises(IllegalDecisionError, match="the flight is beyond the range"):
        DaySimulator(replace(scenario, plan=there)).step(far[1])


def test_full_vertiports_and_busy_corridors_say_so():
    network = network_from_dict(
        vertiports(("A", 0, 0, {"stands": 20}), ("B", 20, 0, {"stands": 2, "chargers": 1})), where="x"
    )
    base = make_scenario(network, 1, ScenarioOptions(aircraft=8, calm=1))
    day = DaySimulator(replace(base, plan=replace(base.plan, start_location=np.zeros(8, int))))
    day.step(1)
    day.step(1)
    with pytest.raises(IllegalDecisionError, match="no corridor is free"):
        day.step(1)
    wide = Network(**{**{f: getattr(network, f) for f in network.__slots__}, "lanes": 8})
    base = make_scenario(wide, 1, ScenarioOptions(aircraft=8, calm=1))
    day = DaySimulator(replace(base, plan=replace(base.plan, start_location=np.zeros(8, int))))
    for _ in range(3):
        day.step(1)
    with pytest.raises(IllegalDecisionError, match="all places there are taken"):
        day.step(1)


def test_actions_to_replay_must_be_those_of_the_day():
    scenario = generate("six:aircraft=2:1")
    day = DaySimulator(scenario)
    while not day.done:
        day.step(day.vertiport)
    with pytest.raises(InputError, match="the day goes on after 3 decisions"):
        replay_actions(scenario, day.log.decisions[:3])
    with pytest.raises(InputError, match="more decisions than the"):
        replay_actions(scenario, [*day.log.decisions, 0])
    with pytest.raises(IllegalDecisionError, match="the day is over"):
        day.step(0)
