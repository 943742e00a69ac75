"""Random problems that are small enough for exhaustive search, by the feature that they must have."""

from __future__ import annotations

import random

from schedcore.model import (
    Cycle,
    Demand,
    Edge,
    Effect,
    Mode,
    ModeLink,
    Objective,
    Periodic,
    Problem,
    Renewable,
    Reservoir,
    Selection,
    SelectionKind,
    StepProfile,
    Task,
    TimeLag,
    Unary,
    unroll,
)

KINDS = (
    "cyclic",
    "reservoir",
    "max_lag",
    "periodic",
    "multi_mode",
    "setup",
    "calendar",
    "optional",
    "elastic",
    "hold",
    "mixed",
)
"""Features that :func:`small_problem` knows; ``mixed`` combines several."""

_DUE = (
    "max_lateness",
    "total_tardiness",
    "weighted_tardiness",
    "total_earliness",
    "weighted_earliness",
    "tardy_count",
    "weighted_tardy_count",
)
_PLAIN = ("makespan", "total_flow", "weighted_flow", "total_completion", "total_start")


def small_problem(kind: str, seed: int) -> Problem:
    """A problem of three or four tasks with the feature ``kind``; about one in six has no schedule."""
    rng = random.Random(f"{kind}/{seed}")
    return _Maker(kind, rng).problem()


class _Maker:
    def __init__(self, kind: str, rng: random.Random) -> None:
        self.kind, self.rng = kind, rng
        self.cyclic = kind == "cyclic"
        mixed = ("reservoir", "max_lag", "multi_mode", "setup", "calendar", "optional", "elastic", "hold")
        self.on = {f for f in mixed if rng.random() < 0.35} if kind == "mixed" else {kind}
        if self.cyclic:
            self.on |= {f for f in ("reservoir", "max_lag", "multi_mode", "optional", "elastic") if rng.random() < 0.3}
        elif kind != "mixed":
            self.on |= {f for f in mixed if rng.random() < 0.06}
        self.horizon = rng.randint(8, 12)
        self.count = rng.randint(2, 3) if self.cyclic or len(self.on) > 3 else rng.randint(3, 4)

    def chance(self, probability: float) -> bool:
        return self.rng.random() < probability

    def problem(self) -> Problem:
        resources = self.resources()
        tasks = [self.task(i) for i in range(self.count)]
        lags = self.lags()
        if "hold" in self.on:
            self.add_hold(tasks, lags)
        periodics: list[Periodic] = []
        if self.kind == "periodic":
            tasks, lags = tasks[:1], []
            periodics = self.periodics()
        problem = Problem(
            f"{self.kind}",
            tuple(resources),
            tuple(tasks),
            ("a", "b"),
            tuple(lags),
            self.selections(tasks),
            self.mode_links(tasks),
            horizon=self.horizon,
            cycle=self.cycle(),
        )
        if periodics:
            problem = unroll(problem, periodics)
        return problem.replace(objective=self.objective(problem))

    def resources(self) -> list[Unary | Renewable | Reservoir]:
        rng = self.rng
        calendar = self.calendar(1) if "calendar" in self.on else None
        transition = None
        initial = None
        if "setup" in self.on:
            transition = tuple(
                tuple(None if self.chance(0.08) else 0 if self.chance(0.3) else rng.randint(0, 3) for _ in range(3))
                for _ in range(3)
            )
            initial = rng.choice([None, 0, 1, 2])
        capacity = rng.randint(1, 3)
        low = rng.randint(-1, 1)
        high = low + rng.randint(2, 5)
        return [
            Unary("u", calendar, transition, initial),
            Renewable("r", capacity, self.calendar(capacity) if "calendar" in self.on and self.chance(0.6) else None),
            Reservoir("s", (low + high) // 2 if self.chance(0.7) else rng.randint(low, high), low, high),
            Unary("v"),
        ]

    def calendar(self, capacity: int) -> StepProfile:
        ticks = sorted(self.rng.sample(range(1, self.horizon), self.rng.randint(1, 3)))
        return StepProfile(tuple((t, 0 if self.chance(0.25) else self.rng.randint(1, capacity)) for t in (0, *ticks)))

    def mode(self) -> Mode:
        rng = self.rng
        longest = 5 if self.cyclic else 3
        duration = rng.randint(1 if "setup" in self.on else 0, longest)
        duration_max = None
        if "elastic" in self.on and self.chance(0.5):
            duration_max = duration + rng.randint(1, 3)
        demands = []
        if self.chance(0.65):
            demands.append(Demand(0))
        if self.chance(0.5):
            demands.append(Demand(1, rng.randint(1, 2)))
        if self.chance(0.2):
            demands.append(Demand(3))
        effects = []
        if "reservoir" in self.on:
            for _ in range(rng.choice([0, 0, 1, 1, 2])):
                delta = rng.choice([-2, -1, -1, 1, 1, 2])
                edge = rng.choice([Edge.START, Edge.END])
                per_tick = self.chance(0.25)
                effects.append(Effect(2, delta // abs(delta) if per_tick else delta, edge, per_tick))
            if self.cyclic and effects and self.chance(0.85):
                effects = [
                    Effect(2, effects[0].delta, Edge.START, effects[0].per_tick),
                    Effect(2, -effects[0].delta, Edge.END, effects[0].per_tick),
                ]
        return Mode(duration, tuple(demands), tuple(effects), rng.randint(0, 4), duration_max)

    def task(self, i: int) -> Task:
        rng = self.rng
        modes = [self.mode() for _ in range(rng.randint(2, 3) if "multi_mode" in self.on and self.chance(0.8) else 1)]
        if len(modes) > 1 and self.chance(0.4):  # modes that differ in length and amount only
            first = modes[0]
            modes = [
                Mode(
                    max(1, first.duration + k) if self.chance(0.8) else first.duration,
                    tuple(Demand(d.resource, rng.randint(1, 3) if d.resource == 1 else 1) for d in first.demands),
                    first.effects,
                    rng.randint(0, 3),
                )
                for k in range(len(modes))
            ]
        release = rng.randint(0, 3) if self.chance(0.3) else 0
        deadline = rng.randint(5, self.horizon) if self.chance(0.12) else None
        return Task(
            f"t{i}",
            tuple(modes),
            rng.choice([None, 0, 1]),
            release,
            deadline,
            rng.randint(-1, self.horizon) if self.chance(0.5) else None,
            rng.randint(0, 3),
            "optional" in self.on and self.chance(0.6),
            rng.randint(-2, 5),
            rng.randrange(3),
            rng.randrange(3),
        )

    def lags(self) -> list[TimeLag]:
        rng = self.rng
        lags = []
        for _ in range(rng.choice([0, 1, 1, 2])):
            a, b = rng.sample(range(self.count), 2)
            lags.append(TimeLag(min(a, b), max(a, b), iterations=rng.choice([0, 0, 1, -1]) if self.cyclic else 0))
        if "max_lag" in self.on:
            for _ in range(rng.randint(1, 2)):
                a, b = rng.sample(range(self.count), 2)
                low = rng.choice([None, rng.randint(-3, 2)])
                high = rng.choice([None, rng.randint(max(0, low), 4)]) if low is not None else rng.randint(0, 4)
                iterations = rng.choice([0, 1, 2, -1]) if self.cyclic else 0
                lags.append(TimeLag(a, b, low, high, Edge(rng.randrange(2)), Edge(rng.randrange(2)), iterations))
        return lags

    def add_hold(self, tasks: list[Task], lags: list[TimeLag]) -> None:
        """A hold that makes the problem one task larger, in place of the last one."""
        a, b = self.rng.sample(range(self.count - 1), 2) if self.count > 2 else (0, 0)
        hold = self.count - 1
        tasks[hold] = Task("hold", (Mode(0, (Demand(1),) if self.chance(0.7) else (Demand(3),), duration_max=20),))
        lags[:] = [lag for lag in lags if hold not in (lag.a, lag.b)]
        opens, closes = (Edge.START, Edge.END) if a == b else (Edge(self.rng.randrange(2)), Edge.END)
        lags.append(TimeLag(a, hold, 0, 0, opens, Edge.START))
        lags.append(TimeLag(hold, b, 0, 0, Edge.END, closes))

    def periodics(self) -> list[Periodic]:
        rng = self.rng
        result = []
        base = rng.choice([4, 5])
        for name, period in (("p", base), ("q", 2 * base)):
            duration = rng.randint(1, 2)
            tasks = [Task(name, (Mode(duration, (Demand(0),)),), state_before=0, state_after=1)]
            lags = []
            if name == "q" and self.chance(0.5):
                tasks.append(Task("q2", (Mode(1, (Demand(1),)),)))
                lags.append(TimeLag(0, 1, 0, rng.randint(0, 3)))
            if self.chance(0.7):
                jitter = rng.choice([None, 0, 1, 2])
                result.append(Periodic(name, tuple(tasks), period, tuple(lags), 0, rng.randint(3, period), jitter))
        self.horizon = 11
        return result

    def selections(self, tasks: list[Task]) -> tuple[Selection, ...]:
        if "optional" not in self.on or not self.chance(0.6) or len(tasks) < 2:
            return ()
        size = self.rng.randint(2, min(3, len(tasks)))
        return (Selection(tuple(self.rng.sample(range(len(tasks)), size)), self.rng.choice(list(SelectionKind))),)

    def mode_links(self, tasks: list[Task]) -> tuple[ModeLink, ...]:
        several = [i for i, t in enumerate(tasks) if len(t.modes) > 1]
        if len(several) < 2 or not self.chance(0.5):
            return ()
        a, b = self.rng.sample(several, 2)
        return (ModeLink(a, self.rng.randrange(len(tasks[a].modes)), b, (self.rng.randrange(len(tasks[b].modes)),)),)

    def cycle(self) -> Cycle | None:
        if not self.cyclic:
            return None
        low = self.rng.randint(3, 6)
        return Cycle(low, low + self.rng.choice([0, 1, 3]))

    def objective(self, problem: Problem) -> Objective | None:
        rng = self.rng
        if self.chance(0.05):
            return None
        names = list(_PLAIN)
        if any(t.due is not None for t in problem.tasks):
            names += _DUE
        if "optional" in self.on:
            names += ["reward", "absent_count"] * 2
        if "setup" in self.on:
            names += ["total_setup"] * 3
        if "multi_mode" in self.on:
            names += ["total_cost"] * 3
        if self.cyclic:
            names += ["period"] * 4
        stages = []
        for _ in range(2 if self.chance(0.25) else 1):
            chosen = rng.sample(sorted(set(names)), rng.randint(1, 2)) if self.chance(0.5) else [rng.choice(names)]
            weights = {
                n: -rng.randint(1, 3) if n == "reward" or self.chance(0.12) else rng.randint(1, 3) for n in chosen
            }
            stages.append(weights)
        return Objective.lexicographic(*stages)
