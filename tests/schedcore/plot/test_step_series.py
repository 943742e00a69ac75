from __future__ import annotations

import random

import numpy as np
import pytest
from support.plot_cases import cyclic_layer, everything

from schedcore.model import Edge, Problem, ProblemBuilder, Reservoir, Schedule
from schedcore.plot.layout import layout_gantt
from schedcore.plot.step_series import StepSeries, levels, sample, usage


def random_case(seed: int, *, cyclic: bool) -> tuple[Problem, Schedule]:
    r = random.Random(seed)
    b = ProblemBuilder("random")
    pool, tank = b.renewable("pool", capacity=9), b.reservoir("tank", initial=3, minimum=-50, maximum=50)
    rows = []
    for i in range(r.randint(1, 9)):
        effects = [b.effect(tank, r.choice((-2, -1, 1, 3)), at=r.choice(("start", "end")), per_tick=r.random() < 0.3)]
        b.task(
            f"t{i}", 0, duration_max=20, demands={pool: r.randint(1, 3)}, effects=effects if r.random() < 0.8 else []
        )
        start = r.randint(0, 20)
        rows.append((i, 0, start, start + r.randint(0, 12)))
    if cyclic:
        b.cycle(7)
    return b.build(), Schedule(rows, cycle=7 if cyclic else None)


def level_at(problem: Problem, schedule: Schedule, tick: int) -> int:
    """The level after all events of ``tick``, by the words of docs/semantics.md, one event at a time."""
    reservoir = problem.resources[1]
    assert isinstance(reservoir, Reservoir)
    level, period = reservoir.initial, schedule.cycle
    for p in schedule:
        for effect in problem.tasks[p.task].modes[p.mode].effects:
            delta = effect.delta * ((p.end - p.start) if effect.per_tick else 1)
            time = p.start if effect.edge is Edge.START else p.end
            if period is None:
                level += delta if time <= tick else 0
            else:
                level += -delta * (time // period) + (delta if time % period <= tick else 0)
    return level


@pytest.mark.parametrize("cyclic", [False, True])
@pytest.mark.parametrize("seed", range(12))
def test_usage_and_levels_agree_with_counting_tick_by_tick(seed: int, cyclic: bool) -> None:
    problem, schedule = random_case(seed, cyclic=cyclic)
    layout = layout_gantt(problem, schedule)
    used, level = usage(layout)[0], levels(layout)[1]
    for tick in range(7 if cyclic else 34):
        running = 0
        for p in schedule:
            amount = problem.tasks[p.task].modes[0].demands[0].amount
            ticks = range(p.start, p.end)
            running += amount * sum(1 for t in ticks if (t % 7 == tick if cyclic else t == tick))
        at = np.array([tick])
        assert sample(used, at)[0] == running
        assert sample(level, at)[0] == level_at(problem, schedule, tick)


def test_a_step_series_has_no_step_where_nothing_changes() -> None:
    problem, schedule = everything()
    used = usage(layout_gantt(problem, schedule))
    assert used[2].time.tolist() == [0, 2, 3, 6, 9, 14]
    assert used[2].value.tolist() == [0, 2, 3, 1, 2, 0]  # at 9 one task ends as another starts: 1 - 1 + 2
    assert used[1].value.tolist() == [0, 1, 0, 1, 0]


def test_unrolled_levels_start_from_the_initial_level() -> None:
    problem, schedule = cyclic_layer()
    level = levels(layout_gantt(problem, schedule, cyclic="unrolled", rounds=2))[2]
    assert (level.time.tolist(), level.value.tolist()) == ([0], [1])  # +1 and -1 at the same ticks 5 and 9


def test_samples_before_the_first_point_take_its_value() -> None:
    series = StepSeries(np.array([0, 4]), np.array([7, 9]))
    assert sample(series, np.array([-3, 0, 3, 4, 99])).tolist() == [7, 7, 7, 9, 9]
