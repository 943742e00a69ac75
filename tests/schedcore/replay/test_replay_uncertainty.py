"""Uncertainty: who gets which noise, what is refused, JSON."""

from __future__ import annotations

import json

import pytest

from schedcore.errors import FormatError, InputError, UnknownNameError
from schedcore.model import ProblemBuilder
from schedcore.replay import (
    Breakdowns,
    CapacityStep,
    Exponential,
    Fixed,
    Geometric,
    LawChange,
    LogNormal,
    Noise,
    OnBreak,
    ResourceDown,
    TaskArrival,
    TaskCancelled,
    Uncertainty,
    Uniform,
)
from schedcore.replay.noise import CERTAIN


def two_tasks():
    b = ProblemBuilder()
    press, crew, tank = b.unary("press"), b.renewable("crew", 3), b.reservoir("tank", initial=0, maximum=5)
    cut = b.task("cut", modes=[b.mode(4, on=press), b.mode(6, demands={crew: 2})], tags=["manual", "loud"])
    paint = b.task("paint", 3, on=press, tags=["loud"])
    b.task("fill", 1, effects=[b.effect(tank, 2)])
    b.hold("shelf", cut.end, paint.start)
    return b.build()


EVERYTHING = Uncertainty(
    default=Noise(LogNormal(1, 0.3), relative=True),
    tags={"loud": Noise(Uniform(2, 4))},
    tasks={"paint": Noise(Geometric(0.4, 2), success=0.9, attempts=None)},
    modes={("cut", 1): Noise(success=0.5, attempts=3)},
    breakdowns=(Breakdowns("press", Exponential(50), Uniform(2, 5)), Breakdowns("crew", Fixed(9), Fixed(1), units=2)),
    disruptions=(
        ResourceDown("press", 3, 8),
        ResourceDown("crew", 3, None, units=1),
        CapacityStep("crew", 20, 1),
        TaskCancelled("fill", 30),
        TaskArrival("cut", 2),
        LawChange(9, Noise(Fixed(2), relative=True), tags=("manual",)),
        LawChange(11, Noise(Fixed(3)), tasks=("paint", "fill")),
    ),
    on_break=OnBreak.RESTART,
)


def test_the_most_particular_noise_counts():
    bound = EVERYTHING.bind(two_tasks())
    cut, paint, fill, shelf = bound.noise
    assert cut[0] == EVERYTHING.tags["loud"]  # no noise for "manual", the first of its tags
    assert cut[1] == EVERYTHING.modes["cut", 1]
    assert paint[0] == EVERYTHING.tasks["paint"]
    assert fill[0] == EVERYTHING.default
    assert shelf[0] == CERTAIN  # a hold lasts from edge to edge


def test_without_default_the_rest_is_certain():
    assert Uncertainty(tags={"loud": Noise(Fixed(2))}).bind(two_tasks()).noise[2] == (CERTAIN,)


def test_changed_laws_hold_from_their_tick_for_their_tasks():
    bound = EVERYTHING.bind(two_tasks())
    assert bound.noise_at(0, 0, 8) == bound.noise[0][0]
    assert bound.noise_at(0, 1, 9) == Noise(Fixed(2), relative=True, success=0.5, attempts=3)  # chances stay
    assert bound.noise_at(1, 0, 10) == bound.noise[1][0]
    assert bound.noise_at(1, 0, 11).law == Fixed(3)


def test_down_units_are_the_highest_numbered():
    bound = EVERYTHING.bind(two_tasks())
    assert [(d.begin, d.end, d.first_unit) for d in bound.downs[0]] == [(3, 8, 0)]
    # One unit of three for ever; from tick 20 on only one is left.
    assert [(d.begin, d.end, d.first_unit) for d in bound.downs[1]] == [(3, None, 2), (20, None, 1)]
    assert bound.breakdowns[1][1] == 1
    assert bound.cancelled == {2: 30}
    assert bound.arrivals == {0: 2}


def test_a_capacity_step_lasts_until_the_next():
    steps = (CapacityStep("crew", 4, 1), CapacityStep("crew", 9, 3), CapacityStep("crew", 12, 0))
    downs = Uncertainty(disruptions=steps).bind(two_tasks()).downs[1]
    assert [(d.begin, d.end, d.first_unit) for d in downs] == [(4, 9, 1), (12, None, 0)]


def test_it_survives_json():
    text = json.dumps(EVERYTHING.as_dict())
    assert Uncertainty.from_dict(json.loads(text)) == EVERYTHING
    assert json.dumps(Uncertainty.from_dict(json.loads(text)).as_dict()) == text
    assert Uncertainty.from_dict(Uncertainty().as_dict()) == Uncertainty()


@pytest.mark.parametrize(
    ("uncertainty", "error", "words"),
    [
        (Uncertainty(tasks={"pant": CERTAIN}), UnknownNameError, "unknown task 'pant' .*did you mean 'paint'"),
        (Uncertainty(tags={"quiet": CERTAIN}), UnknownNameError, "unknown tag 'quiet'"),
        (Uncertainty(modes={("cut", 2): CERTAIN}), InputError, "task 'cut' has no mode 2 .*0 to 1"),
        (Uncertainty(tasks={"shelf": CERTAIN}), InputError, "'shelf' is a hold"),
        (Uncertainty(breakdowns=(Breakdowns("tank", Fixed(1), Fixed(1)),)), InputError, "'tank' is a reservoir"),
        (Uncertainty(disruptions=(ResourceDown("pres", 1),)), UnknownNameError, "unknown resource 'pres'"),
        (Uncertainty(disruptions=(ResourceDown("crew", 1, units=4),)), InputError, "4 units of 'crew' .*it has 3"),
        (Uncertainty(disruptions=(CapacityStep("crew", 1, 4),)), InputError, "capacity 4 of 'crew' is above .*3"),
        (Uncertainty(disruptions=(TaskArrival("x", 1),)), UnknownNameError, "unknown task 'x'"),
        (Uncertainty(disruptions=(LawChange(1, CERTAIN, tags=("x",)),)), UnknownNameError, "unknown tag 'x'"),
        (Uncertainty(disruptions=(TaskCancelled("cut", 1),)), InputError, "'cut' is cancelled, but hold 'shelf'"),
    ],
)
def test_what_does_not_fit_the_problem_is_refused(uncertainty, error, words):
    with pytest.raises(error, match=words):
        uncertainty.bind(two_tasks())


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Noise(law=3), "law is 3"),
        (lambda: Noise(success=0), "success is 0"),
        (lambda: Noise(success=1.5), "success is 1.5"),
        (lambda: Noise(success="1"), "success is '1'"),
        (lambda: Noise(attempts=0), "attempts is 0"),
        (lambda: Noise(attempts=1.5), "attempts is 1.5"),
        (lambda: Noise(attempts=10**6), "attempts is 1000000"),
        (lambda: ResourceDown("m", -1), "resource_down.begin: -1 is out of range"),
        (lambda: ResourceDown("m", 5, 5), r"\[5, 5\) is empty"),
        (lambda: ResourceDown("m", 5, 6, units=0), "resource_down.units: 0 is out of range"),
        (lambda: CapacityStep("m", 1.5, 1), "capacity_step.at: 1.5 is out of range"),
        (lambda: CapacityStep("m", 1, -1), "capacity_step.capacity"),
        (lambda: TaskCancelled("t", "3"), "task_cancelled.at"),
        (lambda: TaskArrival("t", -3), "task_arrival.at"),
        (lambda: LawChange(3, Noise(success=0.5)), "a changed law changes durations only"),
        (lambda: Breakdowns("m", 3, Fixed(1)), "up is 3"),
        (lambda: Breakdowns("m", Fixed(1), None), "down is None"),
        (lambda: Uncertainty(on_break="give up"), "on_break is 'give up' .*'resume' or 'restart'"),
        (
            lambda: Uncertainty(breakdowns=(Breakdowns("m", Fixed(1), Fixed(1)),) * 2),
            "resource 'm' has two failure processes",
        ),
    ],
)
def test_malformed_parts_are_refused(make, words):
    with pytest.raises(InputError, match=words):
        make()


S = {"schema": "sched.uncertainty/1"}


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ([], r"uncertainty: \[\] is not an object"),
        ({}, "schema is None .*expected 'sched.uncertainty/1'"),
        ({"schema": "sched.uncertainty/2"}, "schema is 'sched.uncertainty/2'"),
        (S | {"defualt": {}}, "unknown key 'defualt' .*did you mean 'default'"),
        (S | {"default": {"law": {"type": "uniform", "lo": 2}}}, "default.law: uniform lacks hi"),
        (S | {"default": {"relative": "yes"}}, "'yes' is not true or false"),
        (S | {"default": {"success": 2}}, "default .*success is 2"),
        (S | {"default": {"sucess": 1}}, "unknown key 'sucess' .*did you mean 'success'"),
        (S | {"tags": []}, r"tags: \[\] is not an object"),
        (S | {"tasks": {"a": 3}}, r"tasks\['a'\]: 3 is not an object"),
        (S | {"modes": {}}, r"modes: \{\} is not a list"),
        (S | {"modes": [{"task": "a", "mode": 0}]}, r"modes\[0\]: noise missing"),
        (S | {"modes": [{"task": 1, "mode": 0, "noise": {}}]}, "task 1 with mode 0"),
        (S | {"breakdowns": [{"resource": "m", "up": {"type": "fixed", "value": 1}}]}, "down missing"),
        (S | {"breakdowns": [{"resource": 4, "up": {}, "down": {}}]}, r"breakdowns\[0\].resource: 4 is not a name"),
        (S | {"disruptions": "x"}, "disruptions: 'x' is not a list"),
        (S | {"disruptions": [{"type": "quake"}]}, "unknown disruption 'quake'"),
        (S | {"disruptions": [{"type": "task_arrival", "task": "a"}]}, "at missing"),
        (S | {"disruptions": [{"type": "task_arrival", "task": 3, "at": 3}]}, "3 is not a name"),
        (
            S | {"disruptions": [{"type": "task_arrival", "task": "a", "at": -3}]},
            r"disruptions\[0\] .*-3 is out of range",
        ),
        (S | {"disruptions": [{"type": "law_change", "at": 3, "noise": {}, "tasks": "ab"}]}, "'ab' is not a list"),
        (S | {"on_break": "wait"}, "on_break is 'wait'"),
    ],
)
def test_json_that_is_no_uncertainty_is_refused(data, words):
    with pytest.raises(FormatError, match=words):
        Uncertainty.from_dict(data)
