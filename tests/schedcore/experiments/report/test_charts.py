"""Scales and drawings of the charts."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schedcore.experiments.report.charts.canvas import NARROW, WIDE, chart, fitting, legend
from schedcore.experiments.report.charts.curves import convergence_chart, profile_chart
from schedcore.experiments.report.charts.forest import ForestRow, forest_chart
from schedcore.experiments.report.charts.outcomes import outcome_chart
from schedcore.experiments.report.charts.pareto_chart import ParetoPoint, pareto_chart
from schedcore.experiments.report.charts.scales import Axis, gap_kind, linear_ticks, log_ticks, seconds_text
from schedcore.experiments.report.charts.strips import strip_chart
from schedcore.experiments.statistics import profile_curves


def test_ticks_are_round() -> None:
    assert linear_ticks(0, 10) == [0, 2, 4, 6, 8, 10]
    assert linear_ticks(-0.013, 0.247, 5) == [0.0, 0.1, 0.2]
    assert linear_ticks(3, 3) == [3]
    assert log_ticks(0.001, 10) == [0.001, 0.01, 0.1, 1, 10]
    assert log_ticks(1, 40, 5) == [1, 2, 5, 10, 20]
    assert log_ticks(1, 4000, 5) == [1, 10, 100, 1000]
    assert log_ticks(2.1, 2.9) == linear_ticks(2.1, 2.9)


@given(st.floats(-5, 5), st.floats(0.001, 1e4), st.sampled_from(["linear", "root"]))
def test_axes_keep_order_and_their_ticks_lie_inside(low: float, width: float, kind: str) -> None:
    axis = Axis(low, low + width, 0.0, 300.0, kind)  # type: ignore[arg-type]
    ticks = axis.ticks()
    places = [axis(tick) for tick in ticks]
    assert places == sorted(places)
    assert all(-1e-6 <= place <= 300 + 1e-6 for place in places)
    assert len(ticks) <= 14
    assert axis(low - 1) == axis(low) == 0.0


def test_root_axis_has_a_tick_at_zero() -> None:
    assert 0.0 in Axis(0.0, 1.0, 0.0, 300.0, "root").ticks()
    assert 0.0 in Axis(-0.01, 3.0, 0.0, 300.0, "root").ticks()


def test_axis_without_width() -> None:
    assert Axis(1.0, 1.0, 10.0, 30.0)(1.0) == 20.0


def test_gaps_of_many_sizes_get_a_root_scale() -> None:
    assert gap_kind([0.01, 0.012, 3.0]) == "root"
    assert gap_kind([0.1, 0.2, 0.3]) == "linear"
    assert gap_kind([]) == "linear"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(5e-5, "50 µs"), (0.0123, "12.3 ms"), (1.5, "1.5 s"), (300, "5 min"), (7200, "2 h"), (10 * 86400, "10 d")],
)
def test_times(seconds: float, text: str) -> None:
    assert seconds_text(seconds) == text


def test_long_names_are_shortened() -> None:
    assert fitting("abcdef", 100) == "abcdef"
    assert re.fullmatch(r"aaa+…b+", fitting("a" * 50 + "b" * 50, 100))


CHARTS = {
    "forest": forest_chart(
        [ForestRow("a<b>", 0, 0.01, 0.0, 0.02, "+1%"), ForestRow("b", 9, 0.9, 0.5, 2.0, "+90%")],
        label="x",
        axis_title="g",
    ),
    "flat forest": forest_chart([ForestRow("a", 0, 0.0, 0.0, 0.0, "0%")], label="x", axis_title="g"),
    "profile": profile_chart(
        profile_curves({"a": {"x": 1, "y": 5}, "b": {"x": 9, "y": None}}), {"a": 0, "b": 1}, label="x"
    ),
    "empty profile": profile_chart(profile_curves({"a": {"x": None}}), {"a": 0}, label="x"),
    "convergence": convergence_chart(
        [0.1, 1.0, 10.0], {"a": [1, 0.5, 0.0], "b": [0, 0, 0]}, {"a": 0, "b": 1}, label="x"
    ),
    "pareto": pareto_chart(
        [ParetoPoint("a", 0, 0.0, 0.1, 0.05, 0.2, True), ParetoPoint("b", 1, 2.0, 0.0, 0.0, 0.0, True)],
        label="x",
        gap_title="gap",
    ),
    "same points": pareto_chart([ParetoPoint(n, 0, 1.0, 0.0, 0.0, 0.0, True) for n in "ab"], label="x", gap_title="g"),
    "strips": strip_chart({"a": [-0.1, 0.0, 0.1] * 300, "b": [0.0]}, {"a": 0, "b": 1}, label="x"),
    "outcomes": outcome_chart({"a": {"OPTIMAL": 3, "left": 1}, "b": {}}, label="x"),
}


@pytest.mark.parametrize("name", CHARTS)
def test_charts_are_drawn_twice_and_inside_their_frame(name: str) -> None:
    markup = CHARTS[name]
    assert [float(w) for w in re.findall(r'<svg class="\w+" viewBox="0 0 ([\d.]+)', markup)] == [WIDE, NARROW]
    assert "nan" not in markup
    assert "inf" not in markup.replace('"infeasible', "")
    assert "a<b>" not in markup
    wide, narrow = re.findall(r"<svg class=.*?</svg>", markup)
    for drawing, width in ((wide, WIDE), (narrow, NARROW)):
        xs = [float(x) for x in re.findall(r' (?:x|x1|x2|cx)="(-?[\d.]+)"', drawing)]
        assert all(-1 <= x <= width + 1 for x in xs)


def test_dense_strips_are_thinned() -> None:
    assert CHARTS["strips"].count("<circle") < 2 * 410


def test_legends_tell_repeated_colours_apart() -> None:
    names = legend([(f"m{k}", k) for k in range(10)])
    assert names.count('class="curve s1"') == 2
    assert names.count("stroke-dasharray") == 2


def test_labels_of_charts_are_escaped() -> None:
    from schedcore.experiments.report.charts.canvas import Canvas

    assert 'aria-label="&quot;x&quot;"' in chart(lambda width: Canvas(width, 10), '"x"')


def test_still_gantt_has_a_bar_per_placement() -> None:
    from support.plot_cases import big_job_shop, job_shop

    from schedcore.experiments.report.charts.still_gantt import still_gantt

    problem, schedule = job_shop()
    markup = still_gantt(problem, schedule)
    assert markup.count("<rect") == len(schedule)
    assert all(resource.name in markup for resource in problem.resources)
    assert still_gantt(*big_job_shop(50, 41)) == ""  # 2,050 bars are too many for paper
    from schedcore.model import Schedule

    assert still_gantt(problem, Schedule(())) == ""
