"""Problems: everything that only the whole can tell, replacement, identity, pickling."""

from __future__ import annotations

import math
import pickle
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from strategies_core import Case, cases
from support.refusals import refusal

from schedcore.errors import UnknownNameError
from schedcore.model import (
    Cycle,
    Demand,
    Effect,
    Mode,
    ModeLink,
    Objective,
    Problem,
    Renewable,
    Reservoir,
    Selection,
    StepProfile,
    Task,
    TimeLag,
    Unary,
)

M, STOCK = Unary("m"), Reservoir("stock", 0, -10, 10)
PAINT = Unary("paint", transition=((0, 1), (1, 0)))
T, U = Task("t", (Mode(1),)), Task("u", (Mode(1),))


def task(use: Demand | Effect) -> Task:
    return Task("user", (Mode(3, (use,)) if isinstance(use, Demand) else Mode(3, effects=(use,)),))


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: Problem(name=""), "problem: the name of a problem is '' (give a non-empty string)"),
        (lambda: Problem(name=5), "problem: the name of a problem is 5 (give a non-empty string)"),
        (lambda: Problem(horizon=-1), "horizon: -1 is outside [0, 4398046511104] (check the unit and the sign)"),
        (lambda: Problem(horizon=2.0), "horizon: 2.0 is not an integer (give a whole number (ticks, units))"),
        (lambda: Problem(resources=5), "resources: 5 is not a sequence (give a tuple or a list)"),
        (
            lambda: Problem(resources=("m",)),
            "resources[0]: 'm' is no Unary or Renewable or Reservoir (give objects of Unary or Renewable or Reservoir)",
        ),
        (lambda: Problem(tasks="abc"), "tasks: 'abc' is not a sequence (give a tuple or a list)"),
        (lambda: Problem(tasks=(5,)), "tasks[0]: 5 is no Task (give objects of Task)"),
        (lambda: Problem(lags=(5,)), "lags[0]: 5 is no TimeLag (give objects of TimeLag)"),
        (lambda: Problem(selections=(5,)), "selections[0]: 5 is no Selection (give objects of Selection)"),
        (lambda: Problem(mode_links=(5,)), "mode_links[0]: 5 is no ModeLink (give objects of ModeLink)"),
        (lambda: Problem(jobs="abc"), "jobs: 'abc' is not a sequence (give a tuple or a list)"),
        (lambda: Problem(jobs=(1,)), "jobs[0]: the name of a job is 1 (give a non-empty string)"),
        (lambda: Problem(jobs=("",)), "jobs[0]: the name of a job is '' (give a non-empty string)"),
        (lambda: Problem(objective="makespan"), "objective: 'makespan' is no Objective (give an object of Objective)"),
        (lambda: Problem(cycle=5), "cycle: 5 is no Cycle (give an object of Cycle)"),
        (lambda: Problem(unit=None), "unit: None is no TimeUnit (give an object of TimeUnit)"),
        (lambda: Problem(unit=0.5), "unit: 0.5 is no TimeUnit (give an object of TimeUnit)"),
        (lambda: Problem(metadata=5), "metadata: 5 is not a sequence (give a tuple or a list)"),
        (lambda: Problem(metadata=(("a",),)), "metadata[0]: ('a',) has 1 entries (give 2)"),
        (lambda: Problem(metadata={1: 2}), "metadata: key 1 is not a string (use text as key)"),
        (lambda: Problem(metadata=(("a", 1), ("a", 2))), "metadata: key 'a' occurs twice (give each key once)"),
        (lambda: Problem(metadata={"a": [1]}), "metadata['a']: [1] is not a JSON scalar (store text)"),
        (lambda: Problem(metadata={"a": math.nan}), "metadata['a']: nan is not finite (JSON has no such number)"),
        (lambda: Problem(metadata={"a": math.inf}), "metadata['a']: inf is not finite (JSON has no such number)"),
        (lambda: Problem(resources=(M, M)), "resources: two resources are called 'm' (names must be unique)"),
        (lambda: Problem(tasks=(T, T)), "tasks: two tasks are called 't' (names must be unique)"),
        (lambda: Problem(jobs=("j", "j")), "jobs: two jobs are called 'j' (names must be unique)"),
        (
            lambda: Problem(tasks=(task(Demand(0)),)),
            "task 'user'.modes[0]: demand names resource 0, there are 0 (resources are numbered from 0 in the order "
            "of the problem)",
        ),
        (
            lambda: Problem(resources=(M,), tasks=(task(Demand(1)),)),
            "task 'user'.modes[0]: demand names resource 1, there are 1 (resources are numbered from 0 in the order "
            "of the problem)",
        ),
        (
            lambda: Problem(resources=(STOCK,), tasks=(task(Demand(0)),)),
            "task 'user'.modes[0]: demands reservoir 'stock' (change reservoirs with effects)",
        ),
        (
            lambda: Problem(resources=(M,), tasks=(T, task(Demand(0, 2)))),
            "task 'user'.modes[0]: demands 2 units of unary resource 'm' (use amount 1, or a Renewable)",
        ),
        (
            lambda: Problem(resources=(STOCK,), tasks=(task(Effect(1, 5)),)),
            "task 'user'.modes[0]: effect names resource 1, there are 1 (resources are numbered from 0 in the order "
            "of the problem)",
        ),
        (
            lambda: Problem(resources=(M,), tasks=(task(Effect(0, 5)),)),
            "task 'user'.modes[0]: effect on 'm', which is no reservoir (use a demand, or make the resource a "
            "Reservoir)",
        ),
        (
            lambda: Problem(
                resources=(STOCK,),
                tasks=(Task("t", (Mode(2), Mode(2**30, effects=(Effect(0, -(2**13), per_tick=True),)))),),
            ),
            "task 't'.modes[1]: an effect of -8192 per tick over up to 1073741824 ticks exceeds 4398046511104 (lower "
            "duration_max of the mode, or the rate)",
        ),
        (
            lambda: Problem(tasks=(Task("t", (Mode(1),), job=0),)),
            "task 't'.job: job 0 does not exist, there are 0 (name the jobs in the field jobs of the problem)",
        ),
        (
            lambda: Problem(resources=(PAINT,), tasks=(task(Demand(0)),)),
            "task 'user'.state_before: state_before is None, resource 'paint' has states 0 to 1 (give every task on "
            "a resource with transitions its states)",
        ),
        (
            lambda: Problem(
                resources=(PAINT,), tasks=(Task("t", (Mode(1, (Demand(0),)),), state_before=0, state_after=2),)
            ),
            "task 't'.state_after: state_after is 2, resource 'paint' has states 0 to 1 (give every task on a "
            "resource with transitions its states)",
        ),
        (
            lambda: Problem(
                resources=(PAINT,), tasks=(Task("t", (Mode(0, (Demand(0),)),), state_before=0, state_after=1),)
            ),
            "task 't'.modes: a mode of 0 ticks uses 'paint', which has transitions (give it a duration of at least 1 "
            "tick: work of no length has no place in a sequence)",
        ),
        (
            lambda: Problem(tasks=(T,), lags=(TimeLag(0, 1),)),
            "lags[0]: b is 1, there are 1 tasks (tasks are numbered from 0 in the order of the problem)",
        ),
        (
            lambda: Problem(tasks=(T,), lags=(TimeLag(2, 0),)),
            "lags[0]: a is 2, there are 1 tasks (tasks are numbered from 0 in the order of the problem)",
        ),
        (
            lambda: Problem(tasks=(T, U), lags=(TimeLag(0, 1, iterations=1),)),
            "lags[0]: iterations is not 0 in a problem without cycle (give the problem a cycle)",
        ),
        (
            lambda: Problem(tasks=(T,), selections=(Selection((0, 1), "implies"),)),
            "selections[0]: task 1 does not exist, there are 1 (tasks are numbered from 0 in the order of the problem)",
        ),
        (
            lambda: Problem(tasks=(T,), selections=(Selection((0,), "implies"),)),
            "selections[0]: implies over one task (make the task mandatory, or name more)",
        ),
        (
            lambda: Problem(tasks=(T,), selections=(Selection((0,), "exactly_one"),)),
            "selections[0]: exactly_one over one task (make the task mandatory, or name more)",
        ),
        (
            lambda: Problem(tasks=(T,), mode_links=(ModeLink(0, 0, 1, (0,)),)),
            "mode_links[0]: task 1 does not exist, there are 1 (tasks are numbered from 0 in the order of the problem)",
        ),
        (
            lambda: Problem(tasks=(T, U), mode_links=(ModeLink(0, 1, 1, (0,)),)),
            "mode_links[0]: task 't' has no mode 1 (its modes are numbered 0 to 0)",
        ),
        (
            lambda: Problem(tasks=(T, U), mode_links=(ModeLink(0, 0, 1, (0, 1)),)),
            "mode_links[0]: task 'u' has no mode 1 (its modes are numbered 0 to 0)",
        ),
        (
            lambda: Problem(objective=Objective.minimise(period=1)),
            "objective: the objective uses 'period', the problem has no cycle (give a cycle)",
        ),
        (
            lambda: Problem(resources=(Unary("m", StepProfile(((0, 0),))),), cycle=Cycle(5, 5)),
            "cycle: resource 'm' has a calendar in a cyclic problem (model the closed stretch as a task of the cycle)",
        ),
        (
            lambda: Problem(resources=(Renewable("r", 2, StepProfile(((0, 0),))),), cycle=Cycle(5, 5)),
            "cycle: resource 'r' has a calendar in a cyclic problem (model the closed stretch as a task of the cycle)",
        ),
        (
            lambda: Problem(resources=(PAINT,), cycle=Cycle(5, 5)),
            "cycle: resource 'paint' has transitions in a cyclic problem (unroll a few rounds into a plain problem)",
        ),
        (lambda: Problem().replace(task=()), "replace: Problem has no field 'task' (did you mean 'tasks'?)"),
        (lambda: Problem().replace(name=""), "problem: the name of a problem is '' (give a non-empty string)"),
    ],
)
def test_malformed_problems_are_refused(call: Callable[[], object], text: str) -> None:
    assert refusal(call) == text


def test_what_is_only_infeasible_is_well_formed() -> None:
    crowded = Task("crowded", (Mode(3, (Demand(0, 5),)),), release=9, deadline=4)
    Problem(resources=(Renewable("r", 2),), tasks=(crowded,), lags=(), horizon=1)
    Problem(tasks=(T, U), lags=(TimeLag(0, 1, 5), TimeLag(1, 0, 5)))


def test_sequences_and_mappings_are_kept_as_sorted_tuples() -> None:
    problem = Problem(tasks=[T], jobs=["j"], metadata={"b": 1, "a": None})
    assert problem == Problem(tasks=(T,), jobs=("j",), metadata=(("a", None), ("b", 1)))
    assert problem.meta == {"a": None, "b": 1}
    assert hash(problem) == hash(Problem(tasks=(T,), jobs=("j",), metadata=(("a", None), ("b", 1))))


def test_names_are_found_and_near_misses_suggested() -> None:
    problem = Problem(resources=(M,), tasks=(Task("bake", (Mode(1),)), T))
    assert (problem.task_id("t"), problem.resource_id("m")) == (1, 0)
    text = "problem 'problem': unknown task 'bakes' (did you mean 'bake'?)"
    assert refusal(lambda: problem.task_id("bakes"), UnknownNameError) == text
    text = "problem 'problem': unknown resource 'oven' (known: m)"
    assert refusal(lambda: problem.resource_id("oven"), UnknownNameError) == text


def test_replacement_gives_a_new_problem_with_its_own_arrays_and_features() -> None:
    problem = Problem(tasks=(T,))
    assert (problem.arrays.num_tasks, problem.features()) == (1, frozenset())
    larger = problem.replace(tasks=(T, U), lags=(TimeLag(0, 1),), objective=Objective.minimise(makespan=1))
    assert larger.arrays.num_tasks == 2
    assert larger.features() == {"precedence", "objective:makespan"}
    assert larger.fingerprint() != problem.fingerprint()
    assert problem.arrays.num_tasks == 1


def test_every_field_counts_for_the_fingerprint() -> None:
    base = Problem(resources=(M,), tasks=(T, U), jobs=("j",))
    others = [
        base.replace(name="other"),
        base.replace(resources=(Unary("n"),)),
        base.replace(tasks=(U, T)),
        base.replace(jobs=("k",)),
        base.replace(lags=(TimeLag(0, 1),)),
        base.replace(selections=(Selection((0, 1), "implies"),)),
        base.replace(mode_links=(ModeLink(0, 0, 1, (0,)),)),
        base.replace(objective=Objective.minimise(makespan=1)),
        base.replace(horizon=5),
        base.replace(cycle=Cycle(5, 5)),
        base.replace(metadata={"a": 1}),
    ]
    prints = {p.fingerprint() for p in (base, *others)}
    assert len(prints) == len(others) + 1
    assert all(len(p) == 32 and int(p, 16) >= 0 for p in prints)
    # The name and the metadata, first and last, do not change what a schedule means.
    meanings = [p.meaning_fingerprint() for p in (base, *others)]
    assert meanings[0] == meanings[1] == meanings[-1]
    assert len(set(meanings)) == len(others) - 1


@given(cases(cyclic=None, objective=True))
def test_pickling_keeps_the_problem_and_leaves_the_caches_behind(case: Case) -> None:
    problem = case.problem
    before = len(pickle.dumps(problem))
    problem.arrays, problem.features(), problem.fingerprint()  # fills the caches
    assert len(pickle.dumps(problem)) == before
    again = pickle.loads(pickle.dumps(problem))
    assert again == problem
    assert again.fingerprint() == problem.fingerprint()
    assert again.features() == problem.features()
    assert not again.arrays.release.flags.writeable


def test_arrays_are_read_only_and_flat() -> None:
    both = Task("both", (Mode(2, (Demand(0), Demand(1, 3))), Mode(4, effects=(Effect(2, -1),))), job=0, due=7)
    problem = Problem(
        resources=(M, Renewable("r", 3), STOCK), tasks=(T, both), jobs=("j",), lags=(TimeLag(0, 1, None, 5),)
    )
    arrays = problem.arrays
    assert (arrays.num_tasks, arrays.num_resources) == (2, 3)
    assert arrays.mode_ptr.tolist() == [0, 1, 3]
    assert arrays.mode_task.tolist() == [0, 1, 1]
    assert arrays.duration.tolist() == [1, 2, 4]
    assert arrays.demand_ptr.tolist() == [0, 0, 2, 2]
    assert arrays.demand_amount.tolist() == [1, 3]
    assert arrays.effect_ptr.tolist() == [0, 0, 0, 1]
    assert arrays.job.tolist() == [-1, 0]
    assert arrays.resource_kind.tolist() == [0, 1, 2]
    assert arrays.resource_capacity.tolist() == [1, 3, 0]
    assert (arrays.level_initial[2], arrays.level_minimum[2], arrays.level_maximum[2]) == (0, -10, 10)
    assert arrays.lag_max.tolist() == [5]
    with pytest.raises(ValueError, match="read-only"):
        arrays.release[0] = 1
    assert all(getattr(arrays, name).dtype == np.int64 for name in arrays.__slots__)


def test_an_empty_problem_is_a_problem() -> None:
    assert Problem().arrays.num_tasks == 0
    assert Problem().features() == frozenset()
