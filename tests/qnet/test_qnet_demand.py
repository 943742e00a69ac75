"""Demands: what may be asked, and what is refused."""

from __future__ import annotations

import json

import pytest

from qnet.compiling import ReferenceProtocols, offer
from qnet.demand import Demand, demands_to_list, read_demands
from qnet.networks import get_network
from qnet.scenario import ScenarioOptions, make_scenario, parse_expression
from schedcore.errors import FormatError, InputError, UnknownNameError


@pytest.fixture(scope="module")
def line() -> ReferenceProtocols:
    return ReferenceProtocols(get_network("line"))


def test_period_is_the_reciprocal_rate_rounded_up() -> None:
    assert Demand("0", "1", 0.8, 10.0).period_slots(0.01) == 10
    assert Demand("0", "1", 0.8, 3.0).period_slots(0.01) == 34  # 33.3 slots


def test_period_must_be_whole_slots_and_fast_enough() -> None:
    with pytest.raises(InputError, match="does not divide the period"):
        Demand("0", "1", 0.8, 1.0, period_s=0.125).period_slots(0.01)
    with pytest.raises(InputError, match="cannot give 10 Hz"):
        Demand("0", "1", 0.8, 10.0, period_s=0.2).period_slots(0.01)
    with pytest.raises(InputError, match="more than one pair per slot"):
        Demand("0", "1", 0.8, 200.0).period_slots(0.01)


@pytest.mark.parametrize("fidelity", [0.25, 0.1, 1.0, 1.2])
def test_fidelity_must_be_better_than_noise_and_below_one(fidelity: float) -> None:
    with pytest.raises(InputError, match="better|never reached|noise"):
        Demand("0", "1", fidelity, 1.0)


def test_other_fields_are_checked() -> None:
    with pytest.raises(InputError, match="a rate of 0"):
        Demand("0", "1", 0.8, 0.0)
    with pytest.raises(InputError, match="are both 0"):
        Demand("0", "0", 0.8, 1.0)
    with pytest.raises(InputError, match="jitter_max_s is -1"):
        Demand("0", "1", 0.8, 1.0, jitter_max_s=-1)
    with pytest.raises(InputError, match="expires at 1"):
        Demand("0", "1", 0.8, 1.0, start_s=2.0, expiry_s=1.0)


def test_offers_that_the_network_cannot_serve_are_refused(line) -> None:
    with pytest.raises(InputError, match="above what the path 0-1 gives"):
        offer(Demand("0", "1", 0.9, 50.0), line)
    with pytest.raises(InputError, match="no protocol over 2 hops reaches fidelity 0.95"):
        offer(Demand("0", "2", 0.95, 0.1), line)
    with pytest.raises(UnknownNameError, match="unknown node '17'"):
        offer(Demand("0", "17", 0.6, 0.1), line)
    with pytest.raises(InputError, match="3 is a repeater"):
        offer(Demand("0", "3", 0.6, 0.1), ReferenceProtocols(get_network("star")))


def test_files_of_demands_round_trip(tmp_path) -> None:
    demands = (Demand("0", "1", 0.8, 10.0, name="a"), Demand("1", "3", 0.6, 5.0, jitter_max_s=0.02, priority=2))
    path = tmp_path / "demands.json"
    path.write_text(json.dumps(demands_to_list(demands)), encoding="utf-8")
    assert read_demands(path) == demands
    table = tmp_path / "demands.csv"
    table.write_text("source,destination,F_min,R_min\n0,1,0.8,10\n", encoding="utf-8")
    assert read_demands(table) == (Demand("0", "1", 0.8, 10.0),)


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("{", "no JSON"),
        ("[]", "no demands"),
        ("[3]", "is no object"),
        ('[{"source": "0"}]', "destination is missing"),
        ('[{"source": "0", "dest": "1", "fidelity": "high", "rate_hz": 1}]', "fidelity is 'high'"),
        ('[{"source": "0", "dest": "1", "fidelity": 0.2, "rate_hz": 1}]', "a fidelity of 0.2"),
        ('[{"source": "0", "dest": "1", "fidelty": 0.2, "rate_hz": 1}]', "unknown field 'fidelty'"),
    ],
)
def test_bad_files_of_demands_are_refused(tmp_path, text: str, match: str) -> None:
    path = tmp_path / "demands.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(FormatError, match=match):
        read_demands(path)


def test_expressions_carry_options() -> None:
    assert parse_expression("grid:3x3:load=2,seed=4") == ("grid:3x3", {"load": "2", "seed": "4"})
    assert parse_expression("random:20:1") == ("random:20:1", {})
    scenario = make_scenario("star:load=2,fidelity=0.6")
    assert sum(o.demand.rate_hz for o in scenario.offered) >= 2.0
    assert {o.demand.fidelity for o in scenario.offered} == {0.6}


def test_bad_options_are_refused() -> None:
    with pytest.raises(UnknownNameError, match="unknown option 'lod'"):
        make_scenario("star:lod=2")
    with pytest.raises(InputError, match="load is 'many'"):
        make_scenario("star:load=many")
    with pytest.raises(InputError, match="a load of -1"):
        make_scenario("star:load=-1")
    with pytest.raises(UnknownNameError, match="unknown mode"):
        ScenarioOptions(mode="magic")
    with pytest.raises(InputError, match="0 qubits"):
        ScenarioOptions(comm=0)
    with pytest.raises(InputError, match="a slot of 0"):
        ScenarioOptions(slot_ms=0)
    with pytest.raises(InputError, match="no pair of end nodes can be served"):
        make_scenario("star:load=1,fidelity=0.99")
    with pytest.raises(InputError, match="there is no file"):
        make_scenario("star", {"demands": "nowhere.json"})
