"""The builder: every method against the problem written out by hand, and every error."""

from __future__ import annotations

import doctest
from collections.abc import Callable

import pytest
from support.refusals import refusal

import schedcore.model.builder
import schedcore.model.profile
from schedcore.model import (
    MAX_TICK,
    Cycle,
    Demand,
    Edge,
    Effect,
    Mode,
    ModeLink,
    Objective,
    Problem,
    ProblemBuilder,
    Renewable,
    Reservoir,
    ResourceRef,
    Selection,
    ShareCurve,
    StepProfile,
    Task,
    TimeLag,
    TimeUnit,
    Unary,
)


@pytest.mark.parametrize("module", [schedcore.model.builder, schedcore.model.profile])
def test_the_examples_in_the_docstrings_work(module: object) -> None:
    assert doctest.testmod(module).failed == 0  # type: ignore[arg-type]


def test_resources_and_calendars() -> None:
    b = ProblemBuilder("p", unit=TimeUnit("0.5", "half second"))
    b.unary("m", breaks=[(5, 8)])
    b.unary("n", calendar=StepProfile(((0, 0), (4, 1))))
    b.renewable("r", 3, breaks=[(0, 2)])
    b.renewable("q", 2)
    b.reservoir("s", initial=4, maximum=9)
    b.metadata(source="hand", seed=3)
    assert b.build() == Problem(
        name="p",
        unit=TimeUnit("0.5", "half second"),
        resources=(
            Unary("m", StepProfile(((0, 1), (5, 0), (8, 1)))),
            Unary("n", StepProfile(((0, 0), (4, 1)))),
            Renewable("r", 3, StepProfile(((0, 0), (2, 3)))),
            Renewable("q", 2),
            Reservoir("s", 4, 0, 9),
        ),
        metadata=(("seed", 3), ("source", "hand")),
    )


def test_tasks_with_one_mode_and_with_several() -> None:
    b = ProblemBuilder()
    m, n, r = b.unary("m"), b.unary("n"), b.renewable("r", 5)
    s = b.reservoir("s", initial=0, maximum=9)
    job = b.job("j")
    refs = [
        b.task("a", 3, on=m, demands={r: 2}, effects=[b.effect(s, 4), b.effect(s, -1, at="start")], job=job, cost=7),
        b.task("b", modes=[b.mode(2, on=[m, n]), b.mode(4, duration_max=6, effects=[b.effect(s, 1, per_tick=True)])]),
        b.task("c", 1, release=2, deadline=9, due=8, weight=3, optional=True, reward=5, tags=["x"]),
    ]
    assert [(t.id, t.name) for t in refs] == [(0, "a"), (1, "b"), (2, "c")]
    assert b.build().tasks == (
        Task("a", (Mode(3, (Demand(0), Demand(2, 2)), (Effect(3, 4), Effect(3, -1, Edge.START)), 7),), job=0),
        Task("b", (Mode(2, (Demand(0), Demand(1))), Mode(4, (), (Effect(3, 1, per_tick=True),), duration_max=6))),
        Task("c", (Mode(1),), release=2, deadline=9, due=8, weight=3, optional=True, reward=5, tags=("x",)),
    )


def test_shares_of_a_resource_become_modes() -> None:
    b = ProblemBuilder()
    cores, link = b.renewable("cores", 108), b.unary("link")
    curve = ShareCurve(((500, 800), (1000, 1000)))
    b.task("gemm", modes=b.share_modes(curve, 40, on=cores, demands={link: 1}, cost=2))
    # Half of 108 units are 54, and 40 / 0.8 = 50 ticks.
    assert b.build().tasks[0].modes == (
        Mode(50, (Demand(0, 54), Demand(1)), cost=2),
        Mode(40, (Demand(0, 108), Demand(1)), cost=2),
    )


def test_relations() -> None:
    b = ProblemBuilder()
    t, u, v = (b.task(name, 1) for name in "tuv")
    b.precedence(t, u, lag=3)
    b.no_wait(u, v)
    b.lag(t.start, v.end, max=9)
    b.chain(t, u, v)
    b.select("at_least_one", t, u)
    b.mode_link(t, 0, v, [0])
    problem = b.build()
    assert problem.lags == (
        TimeLag(0, 1, 3),
        TimeLag(1, 2, 0, 0),
        TimeLag(0, 2, None, 9, Edge.START, Edge.END),
        TimeLag(0, 1),
        TimeLag(1, 2),
    )
    assert problem.selections == (Selection((0, 1), "at_least_one"),)
    assert problem.mode_links == (ModeLink(0, 0, 2, (0,)),)


def test_a_hold_is_an_elastic_task_between_two_edges() -> None:
    b = ProblemBuilder()
    r = b.renewable("r", 2)
    t, u = b.task("t", 1), b.task("u", 1)
    b.hold("kept", t.start, u.end, demands={r: 2}, tags=["qubit"])
    b.hold("short", t.end, u.start, on=r, longest=7)
    problem = b.build()
    assert problem.tasks[2:] == (
        Task("kept", (Mode(0, (Demand(0, 2),), duration_max=MAX_TICK),), tags=("qubit",)),
        Task("short", (Mode(0, (Demand(0),), duration_max=7),)),
    )
    assert problem.lags == (
        TimeLag(0, 2, 0, 0, Edge.START, Edge.START),
        TimeLag(2, 1, 0, 0, Edge.END, Edge.END),
        TimeLag(0, 3, 0, 0, Edge.END, Edge.START),
        TimeLag(3, 1, 0, 0, Edge.END, Edge.START),
    )


def test_objectives_cycles_and_horizons() -> None:
    b = ProblemBuilder()
    b.cycle(3, 5)
    b.horizon(40)
    b.minimise(makespan=1, total_cost=3)
    assert b.build() == Problem(
        cycle=Cycle(3, 5), horizon=40, objective=Objective(((("makespan", 1), ("total_cost", 3)),))
    )
    b.maximise(reward=2)
    b.cycle(4)
    assert (b.build().cycle, b.build().objective) == (Cycle(4, 4), Objective(((("reward", -2),),)))
    b.lexicographic({"reward": -1}, {"makespan": 1})
    assert b.build().objective == Objective.lexicographic({"reward": -1}, {"makespan": 1})


def test_named_states_make_a_matrix() -> None:
    b = ProblemBuilder()
    oven = b.unary(
        "oven", transition={("white", "dark"): 5, ("dark", "white"): None}, initial_state="dark", states=["rye"]
    )
    b.task("bake", 3, on=oven, state="white")
    b.task("fly", 3, on=oven, state_before="white", state_after="rye")
    problem = b.build()
    # white 0, dark 1, rye 2; nothing from a state to itself, the default 0 elsewhere.
    assert problem.resources == (Unary("oven", None, ((0, 5, 0), (None, 0, 0), (0, 0, 0)), 1),)
    assert [(t.state_before, t.state_after) for t in problem.tasks] == [(0, 0), (0, 2)]


def test_the_default_transition_holds_for_pairs_that_are_left_out() -> None:
    b = ProblemBuilder()
    b.unary("m", transition={(0, 2): 4}, transition_default=9)
    b.unary("n", transition={(0, 1): 4}, transition_default=None)
    assert [r.transition for r in b.build().resources] == [  # type: ignore[union-attr]
        ((0, 9, 4), (9, 0, 9), (9, 9, 0)),
        ((0, 4), (None, 0)),
    ]


def test_a_matrix_is_taken_as_it_is() -> None:
    b = ProblemBuilder()
    b.unary("m", transition=[[0, 1], [2, 0]], initial_state=1)
    assert b.build().resources == (Unary("m", None, ((0, 1), (2, 0)), 1),)


def test_periodic_blocks_are_unrolled() -> None:
    b = ProblemBuilder()
    m = b.unary("m")
    first = b.task("first", 1)
    with b.periodic("p", 5, offset=1, relative_deadline=4, jitter_max=2):
        t = b.task("t", 2, on=m)
        u = b.task("u", 1)
        b.precedence(t, u)
        kept = b.hold("kept", t.start, u.end)
    assert (first.template, t.template, t.id, kept.id) == (None, "p", 0, 2)
    problem = b.build(horizon=10)
    assert [x.name for x in problem.tasks] == ["first", "t#0", "u#0", "kept#0", "t#1", "u#1", "kept#1"]
    assert problem.jobs == ("p#0", "p#1")
    assert TimeLag(1, 4, 3, 7, Edge.START, Edge.START) in problem.lags
    assert b.build(cyclic=True).cycle == Cycle(5, 5)
    assert b.build().horizon is None


def test_a_block_that_fails_leaves_no_template_behind() -> None:
    b = ProblemBuilder()

    def fail_inside() -> None:
        with b.periodic("p", 5):
            b.task("t", 1)
            raise KeyError

    with pytest.raises(KeyError):
        fail_inside()
    b.task("after", 1)
    assert [t.name for t in b.build().tasks] == ["after"]


def test_building_twice_gives_equal_problems() -> None:
    b = ProblemBuilder()
    b.unary("m", transition={("x", "y"): 1})
    b.task("t", 1)
    assert b.build() == b.build()


def built(change: Callable[[ProblemBuilder], object]) -> Callable[[], object]:
    """``change`` applied to a builder with a resource, a stock and two tasks; then the problem is built."""

    def call() -> object:
        b = ProblemBuilder()
        b.unary("m")
        b.reservoir("s", initial=0, maximum=5)
        b.task("t", 1)
        b.task("u", 1)
        change(b)
        return b.build()

    return call


def ref(b: ProblemBuilder, name: str = "new", duration: int = 1):  # type: ignore[no-untyped-def]
    return b.task(name, duration)


def stranger(kind: str):  # type: ignore[no-untyped-def]
    """A reference that another builder gave out."""
    other = ProblemBuilder()
    return other.task("alien", 1) if kind == "task" else other.unary("alien") if kind == "unary" else other.job("alien")


def lag_between_templates(b: ProblemBuilder) -> None:
    with b.periodic("p", 5):
        inside = b.task("in", 1)
    b.precedence(ref(b), inside)


def lag_in_closed_template(b: ProblemBuilder) -> None:
    with b.periodic("p", 5):
        x, y = b.task("x", 1), b.task("y", 1)
    b.precedence(x, y)


def select_in_template(b: ProblemBuilder) -> None:
    with b.periodic("p", 5):
        b.select("implies", b.task("x", 1), b.task("y", 1))


def nested(b: ProblemBuilder) -> None:
    with b.periodic("p", 5), b.periodic("q", 5):
        pass


def same_template_twice(b: ProblemBuilder) -> None:
    for name in "xy":
        with b.periodic("p", 5):
            b.task(name, 1)


def empty_template(b: ProblemBuilder) -> None:
    with b.periodic("p", 5):
        pass


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (
            lambda b: b.unary("n", initial_state="a"),
            "resource 'n': initial_state without transition (give transition)",
        ),
        (
            lambda b: b.unary("n", states=["a"]),
            "resource 'n': states without transition (give transition)",
        ),
        (
            lambda b: b.task("t", 1, on=b.unary("n", transition={("white", "black"): 1}), state="blakc"),
            "task 't': no transition names the state 'blakc' (did you mean 'black'?; a state without transitions is "
            "declared with unary(states=[...]))",
        ),
        (
            lambda b: b.unary("n", transition={("white", "black"): 1}, initial_state="q"),
            "resource 'n'.initial_state: no transition names the state 'q' (known: black, white; a state without "
            "transitions is declared with unary(states=[...]))",
        ),
        (
            lambda b: b.task("t", 1, on=b.unary("n"), state="a"),
            "task 't': the state 'a' has no effect: no resource of the task has transitions (give "
            "unary(transition=...), or leave the state out)",
        ),
        (
            lambda b: b.precedence("a", "b"),
            "precedence: 'a' is no task of a builder (give what the builder returned for a task)",
        ),
        (
            lambda b: b.no_wait(b.task("t", 1), "b"),
            "no_wait: 'b' is no task of a builder (give what the builder returned for a task)",
        ),
        (
            lambda b: b.unary("n", calendar=StepProfile.constant(1), breaks=[(1, 2)]),
            "calendar: both calendar and breaks are given (give one of them)",
        ),
        (
            lambda b: b.unary("n", transition={("a",): 3}),
            "resource 'n'.transition[0]: ('a',) has 1 entries (give 2)",
        ),
        (
            lambda b: b.unary("n", transition=[[0, 1]]),
            "resource 'n'.transition: row 0 has 2 entries, the matrix has 1 rows (give a square matrix, one row and "
            "column per state)",
        ),
        (
            lambda b: b.unary("n", transition={("a", 3): 3}),
            "state: states are named ('a') as well as numbered (3) (use names or numbers throughout)",
        ),
        (
            lambda b: (b.state(4), b.state("a")),
            "state: states are named ('a') as well as numbered (4) (use names or numbers throughout)",
        ),
        (lambda b: b.unary("m"), "resources: two resources are called 'm' (names must be unique)"),
        (lambda b: b.task("t", 1), "tasks: two tasks are called 't' (names must be unique)"),
        (lambda b: (b.job("j"), b.job("j")), "jobs: two jobs are called 'j' (names must be unique)"),
        (
            lambda b: b.effect(ResourceRef(1, "s"), 3, at="middle"),
            "effect: at is 'middle' (use 'start' or 'end')",
        ),
        (lambda b: b.task("x"), "task 'x': neither of duration and modes is given (give one of them)"),
        (
            lambda b: b.task("x", 3, modes=[b.mode(3)]),
            "task 'x': both of duration and modes is given (give one of them)",
        ),
        (
            lambda b: b.task("x", modes=[b.mode(3)], cost=3),
            "task 'x': on, demands, effects, cost or duration_max is given beside modes (they belong into the modes)",
        ),
        (lambda b: b.task("x", modes=[]), "task 'x'.modes: no modes (give at least one mode)"),
        (
            lambda b: b.task("x", -1),
            "task 'x': mode.duration: -1 is outside [0, 4398046511104] (check the unit and the sign)",
        ),
        (
            lambda b: b.task("x", 1.5),
            "task 'x': mode.duration: 1.5 is not an integer (give a whole number (ticks, units))",
        ),
        (
            lambda b: b.share_modes(ShareCurve(((1000, 1000),)), 5, on=ResourceRef(0, "m")),
            "share_modes: resource 'm' cannot be shared (make it a renewable)",
        ),
        (lambda b: b.task("x", 1, tags="abc"), "task 'x'.tags: 'abc' is not a sequence (give a tuple or a list)"),
        (
            lambda b: b.task("x", 1, on="m"),
            "task 'x': on: 'm' is no resource of a builder (give what the builder returned for a resource)",
        ),
        (
            lambda b: b.task("x", 1, on=[0]),
            "task 'x': on: 0 is no resource of a builder (give what the builder returned for a resource)",
        ),
        (
            lambda b: b.task("x", 1, on=stranger("unary")),
            "task 'x': on: 'alien' belongs to another builder (do not mix builders)",
        ),
        (
            lambda b: b.task("x", 1, demands={stranger("unary"): 1}),
            "task 'x': demands: 'alien' belongs to another builder (do not mix builders)",
        ),
        (
            lambda b: b.effect(stranger("unary"), 1),
            "effect: 'alien' belongs to another builder (do not mix builders)",
        ),
        (
            lambda b: b.task("x", 1, job=stranger("job")),
            "task 'x': 'alien' belongs to another builder (do not mix builders)",
        ),
        (
            lambda b: b.task("x", 1, job=3),
            "task 'x': 3 is no job of a builder (give what the builder returned for a job)",
        ),
        (
            lambda b: b.precedence(ref(b), stranger("task")),
            "lag: 'alien' belongs to another builder (do not mix builders)",
        ),
        (
            lambda b: b.lag(ref(b), ref(b, "new2").start, min=0),
            "lag: TaskRef(id=2, name='new', template=None) is no edge (give task.start or task.end)",
        ),
        (
            lambda b: b.lag(ref(b).end, ref(b, "new2").start),
            "lag: neither min nor max is given (give one of them)",
        ),
        (
            lambda b: b.select("some", ref(b), ref(b, "new2")),
            "selection.kind: unknown kind 'some' (known: all_or_none, at_least_one, at_most_one, exactly_one, implies)",
        ),
        (
            lambda b: b.select("implies", "t", "u"),
            "selection: 't' is no task of a builder (give what the builder returned for a task)",
        ),
        (
            lambda b: b.mode_link(ref(b), 0, ref(b, "new2"), [1]),
            "mode_links[0]: task 'new2' has no mode 1 (its modes are numbered 0 to 0)",
        ),
        (
            lag_between_templates,
            "lag: a lag joins 'new' and 'in' of different templates (keep both ends in one periodic block, or both "
            "outside)",
        ),
        (lag_in_closed_template, "lag: the template 'p' is closed (state the lag inside its block)"),
        (
            select_in_template,
            "selection: task 'x' belongs to a periodic template (selections and mode links relate tasks outside "
            "periodic blocks)",
        ),
        (nested, "periodic 'q': periodic blocks do not nest (close the block 'p' first)"),
        (same_template_twice, "jobs: two jobs are called 'p#0' (names must be unique)"),
        (empty_template, "periodic 'p': the template has no tasks (give at least one task)"),
        (
            lambda b: b.build(horizon=5),
            "build: build(horizon=...) is for periodic blocks, and there are none (call builder.horizon(...) to bound "
            "the ends of all tasks)",
        ),
        (
            lambda b: b.build(cyclic=True),
            "unroll: cyclic needs periodic tasks and no horizon (leave cyclic or the horizon out)",
        ),
        (lambda b: b.minimise(makespam=1), "objective: unknown metric 'makespam' (did you mean 'makespan'?)"),
        (lambda b: b.cycle(0), "cycle.minimum: 0 is outside [1, 4398046511104] (check the unit and the sign)"),
        (
            lambda b: b.metadata(note=[1]),
            "metadata['note']: [1] is not a JSON scalar (store text)",
        ),
    ],
)
def test_misuse_is_refused(change: Callable[[ProblemBuilder], object], text: str) -> None:
    assert refusal(built(change)) == text
