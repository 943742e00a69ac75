"""Bar F20: problems without a schedule are explained in words.

    python benchmarks/core_explain.py

Each problem below has no schedule, for one visible reason; what the explanation says is printed.
"""

from __future__ import annotations

from collections.abc import Callable

from _machine import figure, machine

from schedcore.check import explain
from schedcore.model import Problem, ProblemBuilder
from schedcore.solvers import Status, solve


def lag_cycle() -> Problem:
    """b must follow a at a distance, and a must follow b."""
    b = ProblemBuilder("lag cycle")
    one, two, three = (b.task(name, 2) for name in ("heat", "roll", "cool"))
    b.precedence(one, two, lag=3)
    b.precedence(two, three)
    b.lag(one.start, three.end, max=8)
    return b.build()


def overload() -> Problem:
    """Three tasks of three ticks in a window of eight on one machine."""
    b = ProblemBuilder("overload")
    press = b.unary("press")
    for name in ("door", "roof", "hood"):
        b.task(name, 3, on=press, release=2, deadline=10)
    return b.build()


def dip() -> Problem:
    """More taken from a battery than there is."""
    b = ProblemBuilder("dip")
    battery = b.reservoir("battery", initial=5, minimum=1, maximum=10)
    for name in ("out", "home"):
        b.task(name, 4, effects=[b.effect(battery, -3, at="start")])
    return b.build()


def window() -> Problem:
    """A release and a duration that pass the deadline."""
    b = ProblemBuilder("window")
    b.task("late", 5, release=4, deadline=8)
    return b.build()


def misfit() -> Problem:
    """A mode that needs more than there is at any time."""
    b = ProblemBuilder("misfit")
    crew = b.renewable("crew", 4, breaks=[(0, 100)])
    b.task("lift", 2, demands={crew: 5})
    return b.build()


def forbidden() -> Problem:
    """An aircraft that cannot get to where its only flight begins."""
    b = ProblemBuilder("forbidden sequence")
    craft = b.unary("aircraft", transition={("A", "B"): None, ("B", "A"): None}, initial_state="A")
    b.task("B to A", 3, on=craft, state_before="B", state_after="A")
    return b.build()


def selection() -> Problem:
    """Exactly one of two mandatory tasks."""
    b = ProblemBuilder("selection")
    b.select("exactly_one", b.task("bus", 1), b.task("train", 1))
    return b.build()


CASES: tuple[Callable[[], Problem], ...] = (lag_cycle, overload, dip, window, misfit, forbidden, selection)


def main() -> None:
    """Explain every case."""
    print(f"machine: {machine()}")
    explained = 0
    for build in CASES:
        problem = build()
        status = solve(problem, "cpsat", time_limit_s=10).status
        conflicts = explain(problem)
        explained += bool(conflicts) and status is Status.INFEASIBLE
        print(f"     {problem.name} ({status}): {conflicts[0].message if conflicts else 'no reason found'}")
    print(figure("F20", "problems explained", f"{explained} of {len(CASES)}", "all", explained == len(CASES)))


if __name__ == "__main__":
    main()
