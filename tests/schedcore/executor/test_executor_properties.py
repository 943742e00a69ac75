"""Laws of the executor on generated problems."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st
from strategies_core import FEATURES, cases, random_case

from schedcore.check import check
from schedcore.errors import NoScheduleError
from schedcore.executor import Decision, Executor, Start, State, WaitEvent, execute
from schedcore.executor.sgs.chronological import chronological, non_delay
from schedcore.executor.sgs.non_delay import run
from schedcore.model import Problem
from schedcore.policies import RULES, PriorityPolicy

rules = st.sampled_from(sorted(RULES))


class AnyMove:
    """Starts anything that is legal, or waits, at random."""

    name = "any move"
    features = PriorityPolicy("spt").features

    def reset(self, problem: Problem, seed: int) -> None:
        self._rng = random.Random(seed)

    def decide(self, state: State) -> Decision:
        moves: list[Decision] = [Start(c) for c in state.candidates]
        return self._rng.choice([*moves, *moves, WaitEvent()])


@given(cases(features=FEATURES), st.integers(0, 999))
def test_whatever_is_decided_the_result_passes_the_checker(case: tuple, seed: int) -> None:  # type: ignore[type-arg]
    problem = case[0]
    try:
        schedule = execute(problem, AnyMove(), seed)
    except NoScheduleError:
        return
    assert check(problem, schedule).ok


@given(cases(features=FEATURES), rules)
def test_rules_give_feasible_schedules_or_say_why_not(case: tuple, rule: str) -> None:  # type: ignore[type-arg]
    problem = case[0]
    try:
        schedule = execute(problem, PriorityPolicy(rule))
    except NoScheduleError:
        return
    assert check(problem, schedule).ok


PLAIN = [f for f in FEATURES if f not in ("elastic", "hold", "max_lag", "optional", "selection", "mode_link")]


@given(cases(features=PLAIN, max_tasks=9), rules)
def test_the_compiled_path_makes_the_same_decisions(case: tuple, rule: str) -> None:  # type: ignore[type-arg]
    problem, policy = case[0], PriorityPolicy(rule)
    policy.reset(problem, 7)
    fast = non_delay(problem, policy)
    if fast is None:
        return
    assert fast == run(problem, policy, 7)[0]


def test_the_compiled_path_makes_the_same_decisions_on_shops() -> None:
    for seed in range(12):
        rng = random.Random(seed)
        problem = shop(rng)
        for rule in sorted(RULES):
            policy = PriorityPolicy(rule)
            policy.reset(problem, seed)
            slow = run(problem, policy, seed)[0]
            assert non_delay(problem, policy) == slow
            found = chronological(problem, policy)
            assert found is not None
            assert found[0] == slow


def shop(rng: random.Random) -> Problem:
    from schedcore.model import ProblemBuilder

    b = ProblemBuilder("shop")
    machines = [b.unary(f"m{k}") for k in range(3)]
    for j in range(rng.randint(1, 6)):
        due = rng.randint(5, 40)
        b.chain(
            *(
                b.task(f"{j}.{k}", rng.randint(1, 9), on=rng.choice(machines), due=due, release=rng.randint(0, 5))
                for k in range(rng.randint(1, 4))
            )
        )
    return b.build()


def test_a_snapshot_repeats_a_run_exactly() -> None:
    for seed in range(40):
        problem = random_case(random.Random(seed), 6, FEATURES).problem
        executor, policy = Executor(problem), AnyMove()
        policy.reset(problem, seed)
        try:
            for _ in range(3):
                if not executor.done:
                    executor.apply(policy.decide(executor.state))
        except NoScheduleError:
            continue
        kept, ends = executor.snapshot(), []
        for _ in range(2):
            executor.restore(kept)
            policy.reset(problem, seed)
            try:
                while not executor.done:
                    executor.apply(policy.decide(executor.state))
                ends.append(str(list(executor.schedule())))
            except NoScheduleError as error:
                ends.append(str(error))
        assert ends[0] == ends[1]
