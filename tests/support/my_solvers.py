"""Solvers that tests name as ``support.my_solvers:Name``."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass

from schedcore.metrics import objective_values
from schedcore.model import ALL_FEATURES, Schedule
from schedcore.solvers.protocol import Incumbent, SolveResult, Status


def _result(problem, schedule, name, status=Status.FEASIBLE):
    values = () if schedule is None else objective_values(problem, schedule)
    return SolveResult(status, schedule, values, None, 0.0, name, 0)


def _serial(problem) -> Schedule:
    """Every task after the one before: feasible for job shops whose tasks are numbered along the jobs."""
    placements, now = [], 0
    for i, task in enumerate(problem.tasks):
        end = now + task.modes[0].duration
        placements.append((i, 0, now, end))
        now = end
    return Schedule(placements)


@dataclass(frozen=True)
class Serial:
    """One task after the other."""

    factor: float = 1.0
    name = "serial"
    features = ALL_FEATURES

    def solve(self, problem, *, limits, seed=0, hint=None, on_solution=None, should_stop=None):
        return _result(problem, _serial(problem), self.name)


class Wrong:
    """Everything at once."""

    name = "wrong"
    features = ALL_FEATURES

    def solve(self, problem, *, limits, seed=0, hint=None, on_solution=None, should_stop=None):
        placements = [(i, 0, 0, task.modes[0].duration) for i, task in enumerate(problem.tasks)]
        return _result(problem, Schedule(placements), self.name)


class Crashing:
    """Raises."""

    name = "crashing"
    features = ALL_FEATURES

    def solve(self, problem, *, limits, seed=0, hint=None, on_solution=None, should_stop=None):
        raise ZeroDivisionError("the solver divides by nothing")


class Nothing:
    """Finds nothing."""

    name = "nothing"
    features = ALL_FEATURES

    def solve(self, problem, *, limits, seed=0, hint=None, on_solution=None, should_stop=None):
        return _result(problem, None, self.name, Status.UNKNOWN)


class Patient:
    """Tells one schedule, then waits until it is asked to stop; says on stderr when it waits."""

    name = "patient"
    features = ALL_FEATURES
    tells = True

    def solve(self, problem, *, limits, seed=0, hint=None, on_solution=None, should_stop=None):
        schedule = _serial(problem) if self.tells else None
        if schedule is not None and on_solution is not None:
            on_solution(Incumbent(schedule, objective_values(problem, schedule), None, 0.0))
        print("waiting", file=sys.stderr, flush=True)
        end = time.monotonic() + limits.time_limit_s
        while time.monotonic() < end and not (should_stop is not None and should_stop()):
            time.sleep(0.01)
        return _result(problem, schedule, self.name, Status.UNKNOWN if schedule is None else Status.FEASIBLE)


class Silent(Patient):
    """Never finds anything, and waits."""

    name = "silent"
    tells = False


class Deaf(Patient):
    """Tells one schedule, then sleeps without looking at the stop request."""

    name = "deaf"

    def solve(self, problem, *, limits, seed=0, hint=None, on_solution=None, should_stop=None):
        return super().solve(problem, limits=limits, on_solution=on_solution, should_stop=None)


class LowestTask:
    """A policy: whatever may start, lowest number first."""

    name = "lowest-task"
    features = ALL_FEATURES

    def reset(self, problem, seed):
        pass

    def decide(self, state):
        from schedcore.executor import Start, WaitEvent

        return Start(state.candidates[0]) if state.candidates else WaitEvent()


class Needy(Serial):
    """Cannot be made without an argument."""

    def __init__(self, argument):
        pass


NoSolver = object()
