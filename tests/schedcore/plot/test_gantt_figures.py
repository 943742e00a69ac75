from __future__ import annotations

import re

import pytest
from support.plot_cases import big_job_shop, cyclic_layer, everything, job_shop, report

from schedcore.check import check
from schedcore.errors import InputError, UnknownNameError
from schedcore.model import Problem, ProblemBuilder, Schedule, TimeUnit
from schedcore.plot import gantt_by_resource, gantt_by_task, reservoir_levels, resource_usage, to_svg


def group(svg: str, gid: str) -> str:
    """The inside of ``<g id=gid>``."""
    start = svg.index(f'<g id="{gid}">')
    return svg[start : svg.index("</g>", start)]


def boxes(svg: str, gid: str) -> list[tuple[float, float, float, float]]:
    """Left, right, top, bottom of every path of a group, in points."""
    found = []
    for path in re.findall(r'<path d="([^"]+)"', group(svg, gid)):
        numbers = [float(x) for x in re.findall(r"-?[\d.]+", path)]
        found.append((min(numbers[::2]), max(numbers[::2]), min(numbers[1::2]), max(numbers[1::2])))
    return found


def texts(svg: str) -> list[str]:
    return [re.sub("<.*?>", "", t) for t in re.findall(r"<text[^>]*>(.*?)</text>", svg, re.DOTALL)]


def test_every_operation_is_a_bar_of_its_length_with_its_name() -> None:
    problem, schedule = job_shop()
    svg = to_svg(gantt_by_resource(problem, schedule))
    bars = boxes(svg, "bars")
    assert len(bars) == 36
    scale = max(right for _, right, _, _ in bars) - min(left for left, _, _, _ in bars)
    lengths = sorted(round((right - left) / scale * 60, 3) for left, right, _, _ in bars)
    assert lengths == sorted(float(p.end - p.start) for p in schedule)
    words = texts(svg)
    assert {"ft06", "m0", "m5", "j3.o2", "time [ticks]"} <= set(words)
    assert "makespan 60 ticks · 36 tasks · 6 jobs · 6 resources" in words
    assert [w for w in words if w in problem.jobs] == list(problem.jobs)  # the legend


def test_jobs_have_the_same_colour_in_both_views() -> None:
    problem, schedule = job_shop()
    by_resource, by_task = (
        re.findall(r"fill: (#\w+)", group(to_svg(draw(problem, schedule)), "bars"))
        for draw in (gantt_by_resource, gantt_by_task)
    )
    assert sorted(by_resource) == sorted(by_task)
    assert len(set(by_task[:6])) == 1  # six operations of job 0 come first
    assert len(set(by_task)) == 6


def test_calendars_setups_markers_and_panels_are_drawn() -> None:
    problem, schedule = everything()
    svg = to_svg(gantt_by_resource(problem, schedule, panels=True))
    assert len(boxes(svg, "closed")) == 2
    assert len(boxes(svg, "setups")) == 2
    assert len(boxes(svg, "bars")) == 8  # seven tasks less the one of no length, two of them on two resources
    assert group(svg, "events").count("<use") == 1
    assert {"setup", "closed", "less capacity", "no resource", "crew", "tank", "1 not placed"} <= {
        part for text in texts(svg) for part in text.split(" · ")
    }
    assert 'id="steps-2"' in svg
    assert 'id="steps-3"' in svg
    assert 'id="bound-3-low"' in svg


def test_absent_tasks_are_not_drawn() -> None:
    problem, schedule = everything()
    assert "extra" not in " ".join(texts(to_svg(gantt_by_task(problem, schedule))))


def test_violations_of_the_checker_are_outlined_and_named() -> None:
    problem, schedule = job_shop()
    clash = Schedule([(p.task, p.mode, *((0, 3) if p.task == 19 else (p.start, p.end))) for p in schedule])
    found = check(problem, clash)
    assert {v.code for v in found.violations} == {"OVERLAP", "DURATION", "LAG_MIN"} & {v.code for v in found.violations}
    svg = to_svg(gantt_by_resource(problem, clash, report=found))
    concerned = {t for v in found.violations for t in v.tasks}
    assert len(boxes(svg, "violations")) == len(concerned)
    assert any(text.startswith(f"{len(found)} violation") for text in texts(svg))
    assert any("OVERLAP" in text for text in texts(svg))


def test_violations_of_resources_are_marked_in_chart_and_panel() -> None:
    problem, schedule = everything()
    found = report({"code": "CAPACITY", "resource": 2, "at": 10}, {"code": "RESERVOIR_LOW", "resource": 3, "at": 12})
    svg = to_svg(gantt_by_resource(problem, schedule, panels=True, report=found))
    assert "2 violations: CAPACITY, RESERVOIR_LOW" in texts(svg)
    assert "CAPACITY" in texts(svg)


def test_excess_usage_is_filled_red() -> None:
    problem, schedule = everything()
    crowded = Schedule([*schedule.placements[:-1], (7, 0, 9, 15)])  # inspect during [10, 14), when two units are left
    assert 'id="excess-2-high"' not in to_svg(resource_usage(problem, schedule))
    assert 'id="excess-2-high"' in to_svg(resource_usage(problem, crowded))


def test_cyclic_schedules_are_folded_with_arrows_or_unrolled_with_rounds() -> None:
    problem, schedule = cyclic_layer()
    folded = to_svg(gantt_by_resource(problem, schedule))
    assert len(boxes(folded, "bars")) == 5  # send and long are cut in two
    assert "period 4 ticks, folded into one period · 3 tasks · 2 jobs · 3 resources" in texts(folded)
    wide = to_svg(gantt_by_resource(problem, schedule, cyclic="unrolled"))
    assert len(boxes(wide, "bars")) == 9
    assert "send (round 2)" in texts(wide)


def test_many_bars_become_one_image_in_svg_files() -> None:
    problem, schedule = big_job_shop(110, 50)
    svg = to_svg(gantt_by_resource(problem, schedule))
    assert svg.count("<path") < 500
    assert "<image" in svg
    assert "makespan" in svg


def test_unit_of_time_stands_on_the_axis() -> None:
    b = ProblemBuilder("timed", unit=TimeUnit(900, "15 min"))  # type: ignore[arg-type]
    b.task("flight", 3, on=b.unary("aircraft"))
    words = texts(to_svg(gantt_by_resource(b.build(), Schedule([(0, 0, 1, 4)]))))
    assert "time [15 min]" in words
    assert "makespan 4 × 15 min · 1 task · 1 resource" in words


def test_names_are_drawn_as_they_are() -> None:
    b = ProblemBuilder("cost $x_1$ <&> ünïcode 工")
    job = b.job("$job^2$")
    b.task("a_1$", 9, on=b.unary("m<0>"), job=job)
    svg = to_svg(gantt_by_resource(b.build(), Schedule([(0, 0, 0, 9)])))
    assert "a_1$" in texts(svg)
    assert "m&lt;0&gt;" in texts(svg)
    assert "cost $x_1$ &lt;&amp;&gt; ünïcode 工" in texts(svg)


@pytest.mark.parametrize("draw", [gantt_by_resource, gantt_by_task, resource_usage])
def test_empty_schedules_say_so(draw: object) -> None:
    problem, _ = job_shop()
    words = texts(to_svg(draw(problem, Schedule())))  # type: ignore[operator]
    assert "The schedule is empty: no task is placed." in words
    assert "The problem has no tasks." in texts(to_svg(draw(Problem(), Schedule())))  # type: ignore[operator]


def test_problems_without_reservoirs_or_resources_say_so() -> None:
    problem, schedule = job_shop()
    assert "This problem has no reservoirs." in texts(to_svg(reservoir_levels(problem, schedule)))
    b = ProblemBuilder("free")
    b.task("a", 2)
    words = texts(to_svg(resource_usage(b.build(), Schedule([(0, 0, 0, 2)]))))
    assert "This problem has no resources whose usage could be shown." in words


def test_chosen_resources_only() -> None:
    problem, schedule = everything()
    svg = to_svg(resource_usage(problem, schedule, resources=["press"]))
    assert "press" in texts(svg)
    assert "crew" not in texts(svg)
    assert "tank" in texts(to_svg(reservoir_levels(problem, schedule, reservoirs=["tank"])))
    with pytest.raises(UnknownNameError, match="unknown resource 'pres'.*did you mean 'press'"):
        resource_usage(problem, schedule, resources=["pres"])
    with pytest.raises(InputError, match="'tank' is a reservoir.*reservoirs have levels"):
        resource_usage(problem, schedule, resources=["tank"])
    with pytest.raises(InputError, match="'crew' is a renewable"):
        reservoir_levels(problem, schedule, reservoirs=["crew"])


def test_too_many_panels_are_refused() -> None:
    b = ProblemBuilder("wide")
    pools = [b.renewable(f"pool {k}", capacity=1) for k in range(61)]
    b.task("a", 1, demands={pools[0]: 1})
    with pytest.raises(InputError, match="61 panels, the limit is 60.*name the resources"):
        resource_usage(b.build(), Schedule([(0, 0, 0, 1)]))


def test_long_legends_are_cut_with_a_count() -> None:
    problem, schedule = job_shop(tuple(((0, 3),) for _ in range(30)), "one machine")
    words = texts(to_svg(gantt_by_resource(problem, schedule)))
    shown = [w for w in words if w in problem.jobs]
    assert f"{30 - len(shown)} more" in words


def test_pyplot_is_never_imported() -> None:
    import subprocess
    import sys

    code = (
        "import sys; from support.plot_cases import job_shop; from schedcore.plot import gantt_by_resource, to_png\n"
        "assert 'matplotlib' not in sys.modules\n"
        "to_png(gantt_by_resource(*job_shop())); assert 'matplotlib.pyplot' not in sys.modules"
    )
    from support.command import environment

    env = environment()
    env["PYTHONPATH"] = env.get("PYTHONPATH", "") + ":" + str(__import__("pathlib").Path(__file__).parents[2])
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True, env=env, timeout=60)
