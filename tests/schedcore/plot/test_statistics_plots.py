from __future__ import annotations

import math
import re

import pytest

from schedcore.errors import InputError
from schedcore.plot import (
    comparison_bars,
    distribution,
    incumbent_trace,
    performance_profile,
    profile_ratios,
    to_svg,
)
from schedcore.solvers.protocol import SolveResult, Status


def texts(svg: str) -> list[str]:
    return [re.sub("<.*?>", "", t) for t in re.findall(r"<text[^>]*>(.*?)</text>", svg, re.DOTALL)]


def test_trace_shows_methods_bound_and_best_known() -> None:
    traces = {"cpsat": [(0.1, 70.0, 50.0), (2.0, 55.0, 55.0)], "rule": [(0.01, 90.0, None)], "none": []}
    for log_time in (False, True):
        words = texts(to_svg(incumbent_trace(traces, best_known=55, log_time=log_time, objective="makespan [ticks]")))
        assert {"cpsat", "rule", "none (none)", "best known 55", "wall time [s]", "makespan [ticks]"} <= set(words)
    assert "0.01" in words  # decades are written as plain numbers
    assert "No method found a schedule." in texts(to_svg(incumbent_trace({"a": []})))


def test_trace_of_a_result_ends_when_the_solver_ended() -> None:
    result = SolveResult(Status.OPTIMAL, None, (), None, 8.0, "cpsat", 0, trace=((0.5, 60.0, None), (1.0, 55.0, 55.0)))
    figure = incumbent_trace(result)
    line = figure.axes[0].lines[0]
    assert list(line.get_xdata()) == [0.5, 1.0, 8.0]
    assert list(line.get_ydata()) == [60.0, 55.0, 55.0]


def test_comparison_has_a_bar_per_value_and_bold_best() -> None:
    values = {"small": {"a": 1.5, "b": (2.0, 1.8, 2.5)}, "large": {"a": None, "b": -0.5}}
    figure = comparison_bars(values, unit="gap [%]")
    assert sorted(p.get_width() for p in figure.axes[0].patches) == [-0.5, 1.5, 2.0]
    svg = to_svg(figure)
    assert {"small", "large", "a", "b", "1.5", "none", "gap [%]"} <= set(texts(svg))
    assert "There is nothing to compare." in texts(to_svg(comparison_bars({})))
    with pytest.raises(InputError, match="small/a: value nan"):
        comparison_bars({"small": {"a": math.nan}})


def test_distribution_draws_every_sample_and_its_quartiles() -> None:
    figure = distribution({"plan": [1.0, 2.0, 3.0, 4.0, 100.0], "other": []}, reference={"plan": 2.5})
    axes = figure.axes[0]
    assert sorted(axes.lines[0].get_xdata()) == [1, 2, 3, 4, 100]
    box = axes.patches[0]
    assert (box.get_x(), box.get_x() + box.get_width()) == (2, 4)
    words = texts(to_svg(figure))
    assert {"plan", "other", "no samples", "makespan [ticks]"} <= set(words)
    assert "There are no samples." in texts(to_svg(distribution({"a": []})))
    with pytest.raises(InputError, match="plan: a sample is inf.*leave failed replays out"):
        distribution({"plan": [1.0, math.inf]})


def test_profile_ratios_by_hand() -> None:
    costs = {"a": {"i": 10.0, "j": 30.0}, "b": {"i": 20.0, "j": 15.0, "k": None}}
    # Instance k has no cost: a and b fail there.
    assert profile_ratios(costs) == {"a": [1.0, 2.0, math.inf], "b": [1.0, 2.0, math.inf]}
    assert profile_ratios({"a": {"i": 10.0}}, reference={"i": 8.0}) == {"a": [1.25]}
    with pytest.raises(InputError, match="a/i: cost 0"):
        profile_ratios({"a": {"i": 0.0}})
    with pytest.raises(InputError, match="no positive reference for 'i'"):
        profile_ratios({"a": {"i": 1.0}}, reference={})


def test_profile_steps_rise_to_the_share_solved() -> None:
    figure = performance_profile({"a": {"i": 10.0, "j": 30.0}, "b": {"i": 20.0, "j": 15.0}})
    line = figure.axes[0].lines[0]
    assert list(line.get_xdata()) == [1.0, 2.0, 2.0]
    assert list(line.get_ydata()) == [0.5, 1.0, 1.0]
    assert "There is nothing to compare." in texts(to_svg(performance_profile({})))
