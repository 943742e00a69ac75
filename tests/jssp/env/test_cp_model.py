"""The generic constraint model and the problems that it reads beyond job shops."""

from __future__ import annotations

import numpy as np
import pytest

from jssp import generate
from jssp.adapter import to_problem
from jssp.env.cp_env import CpEnv
from jssp.env.cp_model import CpModel, IntervalMode, Structure
from jssp.env.cp_reading import read_problem
from jssp.env.modes import ActionMode
from schedcore.check import check
from schedcore.errors import InputError, NoScheduleError, UnsupportedFeatureError
from schedcore.model import Demand, Mode, Objective, Problem, Renewable, Task, TimeLag, Unary


def model(durations: list[int], arcs: list[tuple[int, int]], machines: list[int]) -> CpModel:
    modes = [(IntervalMode(d, ((k, 1),)),) for d, k in zip(durations, machines)]
    return CpModel(Structure.of(modes, arcs, [1] * (max(machines) + 1), [0] * len(modes)))


def test_precedence_and_machine_are_propagated_to_a_fixpoint() -> None:
    """0 then 1 (3 and 2 ticks, machines 0 and 1), 2 on machine 0, 3 on machine 1 behind 2 (4 and 5 ticks).

    Fixing 2 at 0 moves 0 behind it to 4, so 1 to 7; 3 is ready at 4.
    """
    cp = model([3, 2, 4, 5], [(0, 1), (2, 3)], [0, 1, 0, 1])
    assert [cp.lower(i) for i in range(4)] == [0, 3, 0, 4]
    cp.fix(2, 0)
    assert [cp.lower(i) for i in range(4)] == [4, 7, 0, 4]
    cp.fix(3, 4)
    assert cp.lower(1) == 9
    assert (cp.is_fixed(3), cp.is_fixed(1), cp.eligible(0), cp.eligible(1)) == (True, False, True, False)


def test_an_interval_before_a_fixed_one_stays_where_it_fits() -> None:
    cp = model([2, 5], [], [0, 0])
    cp.postpone(1, 2)
    cp.propagate()
    cp.fix(1, 2)
    assert cp.lower(0) == 0  # [0, 2) fits before [2, 7)


def test_postponing_is_permanent_and_moves_successors() -> None:
    cp = model([3, 2], [(0, 1)], [0, 1])
    cp.postpone(0, 10)
    cp.propagate()
    assert (cp.lower(0), cp.lower(1)) == (10, 13)
    with pytest.raises(InputError, match="cannot start at 9"):
        cp.fix(0, 9)


def test_a_clone_goes_its_own_way() -> None:
    cp = model([3, 2], [], [0, 0])
    other = cp.clone()
    other.fix(0, 0)
    assert cp.lower(1) == 0
    assert other.lower(1) == 3


def test_a_cumulative_resource_fills_up() -> None:
    """Capacity 3: 2 units on [0, 4) and 1 on [0, 2) leave no room for 2 units before 4, for 1 unit before 2."""
    modes = [(IntervalMode(d, ((0, a),)),) for d, a in ((4, 2), (2, 1), (1, 2), (3, 1))]
    cp = CpModel(Structure.of(modes, [], [3], [0] * 4))
    cp.fix(0, 0)
    cp.fix(1, 0)
    assert (cp.lower(2), cp.lower(3)) == (4, 2)
    assert cp.usage(0, 1) == 3
    assert cp.usage(0, 2) == 2


def test_the_bound_of_an_interval_is_the_smallest_over_its_modes() -> None:
    ways = (IntervalMode(5, ((0, 1),)), IntervalMode(2, ((1, 1),)))
    cp = CpModel(Structure.of([ways, (IntervalMode(3, ((1, 1),)),), (IntervalMode(1),)], [(0, 2)], [1, 1], [0, 0, 0]))
    assert cp.first_mode(0) == 1
    assert cp.lower(2) == 2
    cp.fix(1, 0)  # machine 1 is taken until 3
    assert (cp.lower(0), cp.first_mode(0), cp.lower(2)) == (0, 0, 5)
    assert cp.lower_in(0, 1) == 3


def test_what_no_model_is_is_refused() -> None:
    with pytest.raises(InputError, match="the precedences have a cycle"):
        model([1, 1], [(0, 1), (1, 0)], [0, 0])
    with pytest.raises(InputError, match="interval 0 needs 2 of resource 0, which has 1"):
        Structure.of([(IntervalMode(1, ((0, 2),)),)], [], [1], [0])
    cp = model([1, 1], [(0, 1)], [0, 0])
    with pytest.raises(InputError, match="interval 1 is fixed, or a predecessor of it is open"):
        cp.fix(1, 1)
    cp.fix(0, 0)
    with pytest.raises(InputError, match="interval 0 is fixed"):
        cp.postpone(0, 3)


@pytest.mark.parametrize("mode", list(ActionMode))
@pytest.mark.parametrize(
    "expression",
    [
        "brandimarte:6x4:1",
        "progen:12x3:2:resource_strength=0.2",
        "progen:20x2:4:resource_strength=0.2",
        "taillard:5x4:2",
    ],
)
def test_random_episodes_keep_all_rules(expression, mode) -> None:
    problem = to_problem(generate(expression))
    env = CpEnv(problem, mode=mode)
    found = set()
    for seed in range(4):
        schedule = env.run_random(seed)
        assert check(problem, schedule).ok
        assert schedule.makespan == env.makespan
        found.add(schedule)
    assert len(found) > 1
    assert env.run_random(0) in found


def test_releases_reentrance_and_chains_of_any_length() -> None:
    tasks = [
        Task("a0", (Mode(3, (Demand(0),)),), release=2),
        Task("a1", (Mode(2, (Demand(0),)),)),
        Task("b0", (Mode(4, (Demand(1),)),), release=7),
    ]
    problem = Problem(
        resources=(Unary("m0"), Unary("m1")),
        tasks=tuple(tasks),
        lags=(TimeLag(0, 1),),
        objective=Objective.minimise(makespan=1),
    )
    env = CpEnv(problem, mode="nondelay")
    assert env.now() == 2
    assert env.reading.jobs == ((0, 1), (2,))
    schedule = env.run_random(0)
    assert schedule.start.tolist() == [2, 5, 7]
    assert check(problem, schedule).ok


def project() -> Problem:
    """Activity 0 before 1 … 5; durations 1 … 6 ticks; one resource of two units, everybody takes one."""
    tasks = tuple(Task(f"a{i}", (Mode(i + 1, (Demand(0, 1),)),)) for i in range(6))
    return Problem(
        resources=(Renewable("r", 2),),
        tasks=tasks,
        lags=tuple(TimeLag(0, b) for b in range(1, 6)),
        objective=Objective.minimise(makespan=1),
    )


def test_an_activity_shows_its_four_successors_of_longest_tail() -> None:
    env = CpEnv(project())
    seen = env.observe()
    assert not env.reading.chains
    raw = seen["interval_rep"][0, :, 2]
    assert (np.diff(raw[1:]) < 0).all()  # 5, 4, 3, 2: by falling tail
    assert raw[1] > raw[4] > raw[0]
    assert seen["start_end_tokens"][0].tolist() == [0, 0, 0, 0, 0]
    assert seen["start_end_tokens"][1].tolist() == [0, 2, 2, 2, 2]
    assert seen["attention_interval_mask"][1].astype(int).tolist() == [0, 0, 1, 1, 1]
    assert seen["action_mask"].astype(int).tolist() == [1, 0, 0, 0, 0, 0, 0]


def test_activities_compete_only_if_they_cannot_both_start() -> None:
    env = CpEnv(project(), mode="nondelay")
    env.step(0)
    assert env.now() == 1
    mask = env.observe()["job_resource_mask"]
    assert not mask[1, 2]  # two units, one each
    env.step([1])
    mask = env.observe()["job_resource_mask"]
    assert mask[2, 3]  # one unit is left
    assert mask[5, 2]


def test_features_beyond_the_model_are_refused_by_name() -> None:
    problem = Problem(tasks=(Task("t", (Mode(2),), deadline=5, optional=True),))
    with pytest.raises(UnsupportedFeatureError, match="the decision environment does not support: deadline, optional"):
        CpEnv(problem)
    over = Problem(resources=(Renewable("r", 1),), tasks=(Task("t", (Mode(2, (Demand(0, 3),)),)),))
    with pytest.raises(NoScheduleError, match="task 't' needs more of a resource than there is"):
        read_problem(over)


def test_a_mode_that_never_fits_is_left_out_and_the_numbers_stay() -> None:
    task = Task("t", (Mode(1, (Demand(0, 3),)), Mode(4, (Demand(0, 1),))))
    problem = Problem(resources=(Renewable("r", 1),), tasks=(task,))
    env = CpEnv(problem)
    schedule = env.run_random(0)
    assert schedule.placements[0].mode == 1
    assert check(problem, schedule).ok


def test_a_clone_of_the_environment_is_independent() -> None:
    env = CpEnv(project(), mode="nondelay")
    other = env.clone()
    other.step(0)
    assert env.now() == 0
    assert other.now() == 1
    with pytest.raises(InputError, match="the episode is not complete"):
        env.schedule()
    with pytest.raises(InputError, match="action 9"):
        env.step(9)
