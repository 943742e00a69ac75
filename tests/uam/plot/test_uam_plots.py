"""Pictures: what they show is what the log says."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest

from uam.generate import generate
from uam.plot import figures
from uam.plot.day_map import day_map
from uam.plot.files import write_figures, write_plot
from uam.plot.series import carried_by_hour, occupancy, profit_over_time, waiting
from uam.policies import GreedyPolicy, RandomPolicy, StayPolicy
from uam.simulator import DaySimulator, play


@pytest.fixture(scope="module")
def log():
    return play(generate("six:aircraft=12,closure=0.3,failure=0.05:2"), RandomPolicy(), seed=1)


def test_occupancy_is_that_of_the_simulator(log):
    series = occupancy(log)
    day = DaySimulator(log.scenario)
    for number, action in enumerate(log.decisions):
        if number % 10 == 0:
            state = day.state()
            later = {f.start_s for f in log.flights} | {c.start_s for c in log.charges}
            if state.now_s not in later:  # what begins at this very instant may not have been decided yet
                for name in ("present", "inbound", "charging"):
                    steps = series[name]
                    at = np.searchsorted(steps.times, state.now_s, side="right") - 1
                    np.testing.assert_array_equal(steps.values[:, at], getattr(state, name), err_msg=name)
        day.step(action)


def test_waiting_ends_with_nobody_and_profit_with_the_profit(log):
    steps = waiting(log)
    assert steps.values.min() >= 0
    assert steps.values[0, -1] == 0
    turned_up, carried = carried_by_hour(log)
    assert carried.sum() == log.summary()["passengers"]
    assert (carried <= turned_up).all()
    assert profit_over_time(log).values[0, -1] == log.profit_mills


@pytest.mark.parametrize(
    "draw",
    [
        figures.overview,
        figures.profit_waterfall,
        figures.vertiport_usage,
        figures.passengers,
        figures.fleet_gantt,
    ],
    ids=lambda f: f.__name__,
)
@pytest.mark.parametrize("policy", [GreedyPolicy(), StayPolicy()], ids=lambda p: p.name)
def test_figures_are_drawn_for_full_and_for_empty_days(draw, policy):
    from schedcore.plot import to_svg

    svg = to_svg(draw(play(generate("six:aircraft=5:1"), policy)))
    assert "six:aircraft=5:1" in svg


def test_the_map_is_one_file_with_all_flights(log, tmp_path):
    page = day_map(log)
    assert not re.search(r"@@\w+@@", page)
    assert not re.search(r"""(?:src|href)=["']?https?:""", page)
    data = json.loads(re.search(r'<script id="data" type="application/json">(.*?)</script>', page, re.DOTALL)[1])
    assert len(data["flights"]) == len(log.flights)
    assert sum(flight[7] for flight in data["flights"]) == log.profit_mills
    assert len(data["charges"]) == len(log.charges)
    assert [v["name"] for v in data["vertiports"]] == list(log.scenario.plan.network.vertiports)
    assert write_plot(log, tmp_path / "day.html").read_text() == page


def test_names_of_vertiports_cannot_break_the_page():
    from uam.generate import ScenarioOptions, make_scenario
    from uam.maps import network_from_dict

    places = [{"name": "</script><b>", "x_miles": 0, "y_miles": 0}, {"name": "B", "x_miles": 9, "y_miles": 0}]
    network = network_from_dict({"name": "odd <map>", "vertiports": places}, where="own")
    page = day_map(play(make_scenario(network, 1, ScenarioOptions(aircraft=2)), GreedyPolicy()))
    assert page.count("</script>") == 2
    assert "odd <map>" not in page.partition("<script")[0]


def test_all_figures_are_written(log, tmp_path):
    written = write_figures(log, tmp_path / "figures")
    assert {path.name for path in written} >= {"overview.png", "aircraft.png", "map.html", "schedule.html"}
    assert all(path.stat().st_size > 1000 for path in written)
