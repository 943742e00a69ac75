"""The Gymnasium environment: contract, masks, rewards, ends."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from hypothesis import given
from hypothesis import strategies as st
from support.refusals import refusal

import schedcore.envs
from schedcore.check import check
from schedcore.envs import SchedEnv
from schedcore.envs.observation import LIMIT, MODE_FEATURES, TASK_FEATURES
from schedcore.errors import InputError, UnsupportedFeatureError
from schedcore.metrics import objective_values
from schedcore.model import Problem, ProblemBuilder

TASK = {name: i for i, name in enumerate(TASK_FEATURES)}
MODE = {name: i for i, name in enumerate(MODE_FEATURES)}
SIZES = {"max_tasks": 12, "max_modes": 2, "max_resources": 5}


def two_jobs() -> Problem:
    """Two jobs over two machines: a 3 on x, b 2 on y; c 2 on x, d 4 on y.  The longest job takes 6."""
    b = ProblemBuilder("two jobs")
    x, y = b.unary("x"), b.unary("y")
    b.chain(b.task("a", 3, on=x), b.task("b", 2, on=y))
    b.chain(b.task("c", 2, on=x), b.task("d", 4, on=y))
    b.minimise(makespan=1)
    return b.build()


def random_shop(seed: int) -> Problem:
    rng = np.random.default_rng(seed)
    b = ProblemBuilder(f"shop {seed}")
    machines = [b.unary(f"m{k}") for k in range(3)]
    workers = b.renewable("workers", 2)
    stock = b.reservoir("stock", initial=3, maximum=30)
    for j in range(int(rng.integers(2, 5))):
        tasks = []
        for i, m in enumerate(rng.permutation(3)):
            length = int(rng.integers(1, 6))
            modes = [b.mode(length, on=machines[m], demands={workers: 1}, effects=[b.effect(stock, 1)])]
            if rng.random() < 0.3:
                modes.append(b.mode(length + 2, on=machines[m]))
            tasks.append(b.task(f"j{j}.{i}", modes=modes, release=int(rng.integers(4)) if i == 0 else 0))
        b.chain(*tasks)
    b.minimise(makespan=1)
    return b.build()


def play(env: SchedEnv, choose: Callable[[np.ndarray], int], **reset: Any) -> tuple[float, dict[str, Any]]:
    observation, info = env.reset(**reset)
    total, over = 0.0, False
    while not over:
        mask = observation["action_mask"]
        assert mask.any()
        assert mask.tolist() == info["action_mask"].tolist() == env.action_masks().astype(np.int8).tolist()
        observation, reward, over, truncated, info = env.step(choose(mask))
        assert "illegal" not in info
        total += reward
        assert env.observation_space.contains(observation)
        assert not truncated
    return total, info


def first(mask: np.ndarray) -> int:
    return int(np.flatnonzero(mask)[0])


def test_gymnasium_accepts_it() -> None:
    check_env(SchedEnv(two_jobs()), skip_render_check=True)
    check_env(SchedEnv(random_shop, **SIZES), skip_render_check=True)
    check_env(SchedEnv([two_jobs(), random_shop(1)]), skip_render_check=True)


def test_an_episode_by_hand() -> None:
    env = SchedEnv(two_jobs())
    observation, info = env.reset(seed=0)
    assert (env.scale, env.wait_action, info["now"], info["problem"]) == (6, 4, 0, "two jobs")
    # a and c compete for x; nothing runs, so waiting would end the run
    assert observation["action_mask"].tolist() == [1, 0, 1, 0, 0]
    tasks = observation["tasks"]
    assert tasks[:, TASK["processing"]] == pytest.approx([3 / 6, 2 / 6, 2 / 6, 4 / 6])
    assert tasks[:, TASK["tail"]] == pytest.approx([5 / 6, 2 / 6, 1, 4 / 6])
    assert tasks[:, TASK["work"]] == pytest.approx([5 / 6, 2 / 6, 1, 4 / 6])
    assert tasks[:, TASK["waiting"]].tolist() == [1, 1, 1, 1]
    assert observation["modes"][:, 0, MODE["legal"]].tolist() == [1, 0, 1, 0]

    # a at 0.  x is taken until 3, where b and c can start: time runs there by itself.
    # Bound: c and d 3 + 2 + 4 = 9 instead of 6.
    observation, reward, over, truncated, info = env.step(env.action_of(0))
    assert (reward, over, truncated, info["now"]) == (pytest.approx(-3 / 6), False, False, 3)
    assert observation["action_mask"].tolist() == [0, 1, 1, 0, 0]
    assert observation["tasks"][0, TASK["finished"]] == 1
    assert observation["globals"] == pytest.approx([3 / 6, 1 / 4, 0, LIMIT])

    # b at 3, until 5: c can still start now, or one may wait for the end of b.
    observation, reward, over, _, info = env.step(env.action_of(1))
    assert (reward, over, info["now"]) == (0, False, 3)
    assert observation["action_mask"].tolist() == [0, 0, 1, 0, 1]
    assert observation["tasks"][1, [TASK["running"], TASK["ends in"]]] == pytest.approx([1, 2 / 6])

    # Waiting until 5 costs 2 ticks: 5 + 2 + 4 = 11.
    observation, reward, over, _, info = env.step(env.wait_action)
    assert (reward, over, info["now"]) == (pytest.approx(-2 / 6), False, 5)

    # c at 5, then d at 7 until 11: no surprise any more.
    _, reward, over, _, info = env.step(env.action_of(2))
    assert (reward, over, info["now"]) == (0, False, 7)
    _, reward, over, truncated, info = env.step(env.action_of(3))
    assert (reward, over, truncated) == (0, True, False)
    assert (info["makespan"], info["objective"]) == (11, (11,))
    assert [(p.start, p.end) for p in info["schedule"]] == [(0, 3), (3, 5), (5, 7), (7, 11)]


@given(st.integers(0, 10**6))
def test_random_play_gives_checked_schedules_and_rewards_add_up(seed: int) -> None:
    rng = np.random.default_rng(seed)
    env = SchedEnv(random_shop, **SIZES)
    total, info = play(env, lambda mask: int(rng.choice(np.flatnonzero(mask))), seed=seed)
    problem = random_shop(int(info["problem"].removeprefix("shop ")))
    assert env.executor.problem == problem
    schedule = info["schedule"]
    assert check(problem, schedule).ok
    assert info["objective"] == objective_values(problem, schedule) == (schedule.makespan,)
    assert total == pytest.approx((env.scale - info["makespan"]) / env.scale)


def test_the_reward_of_the_objective_comes_at_the_end() -> None:
    b = ProblemBuilder("flow")
    m = b.unary("m")
    b.task("a", 3, on=m)
    b.task("c", 1, on=m)
    b.minimise(total_completion=1)
    env = SchedEnv(b.build(), reward="objective")
    assert play(env, first)[0] == pytest.approx(-(3 + 4) / 3)  # scale 3: the longest task


def test_without_objective_there_is_nothing_to_earn() -> None:
    env = SchedEnv(two_jobs().replace(objective=None), reward="objective")
    total, info = play(env, first)
    assert (total, info["objective"]) == (0, ())


def test_equal_seeds_give_equal_episodes() -> None:
    env = SchedEnv(random_shop, **SIZES)
    one, two, other = (play(env, first, seed=seed)[1]["schedule"] for seed in (3, 3, 4))
    assert one == two
    assert one != other


def test_several_problems_are_drawn_and_reused() -> None:
    problems = [two_jobs(), random_shop(1), random_shop(2)]
    env = SchedEnv(problems)
    assert env.sizes.tasks == max(len(p.tasks) for p in problems)
    env.reset(seed=0)
    names = [env.reset()[1]["problem"] for _ in range(20)]
    assert set(names) == {p.name for p in problems}
    results: dict[str, set[int]] = {}
    for _ in range(12):
        info = play(env, first)[1]
        results.setdefault(info["problem"], set()).add(info["makespan"])
    assert all(len(r) == 1 for r in results.values())  # nothing is left over from earlier episodes


def test_a_problem_can_be_given() -> None:
    env = SchedEnv(random_shop, **SIZES)
    assert env.reset(options={"problem": two_jobs()})[1]["problem"] == "two jobs"
    assert play(env, first, options={"problem": two_jobs()})[1]["makespan"] == 9


def test_forced_waits_can_be_left_to_the_agent() -> None:
    env = SchedEnv(two_jobs(), skip_forced_waits=False)
    observation, _ = env.reset()
    observation, reward, _, _, info = env.step(0)
    assert info["now"] == 0
    assert observation["action_mask"].tolist() == [0, 0, 0, 0, 1]
    assert reward == pytest.approx(-3 / 6) or reward == 0  # known now or when x is free again
    total, info = play(env, first)
    assert total == pytest.approx((6 - info["makespan"]) / 6)


def test_a_task_that_is_released_later_is_waited_for() -> None:
    b = ProblemBuilder("later")
    b.task("a", 2, on=b.unary("m"), release=5)
    env = SchedEnv(b.build())
    assert env.reset()[1]["now"] == 5
    patient = SchedEnv(b.build(), skip_forced_waits=False)
    observation, info = patient.reset()
    assert info["now"] == 0
    assert observation["action_mask"].tolist() == [0, 1]
    assert observation["tasks"][0, TASK["available in"]] == pytest.approx(5 / 7)


def test_optional_work_may_be_left_out_and_is_scored_by_the_objective() -> None:
    b = ProblemBuilder("optional")
    b.task("paid", 2, on=b.unary("m"), optional=True, reward=5)
    b.maximise(reward=1)
    env = SchedEnv(b.build(), reward="objective")
    observation, _ = env.reset(seed=0)
    assert observation["action_mask"].tolist() == [1, 1]  # start it, or wait: nothing has to run
    assert play(env, lambda mask: env.wait_action)[0] == 0
    assert play(env, first)[0] == pytest.approx(5 / env.scale)


def test_modes_have_actions_of_their_own() -> None:
    b = ProblemBuilder("modes")
    x, y = b.unary("x"), b.unary("y")
    b.task("a", modes=[b.mode(3, on=x), b.mode(1, on=y, cost=4)])
    b.task("c", 2, on=x)
    b.minimise(makespan=1)
    env = SchedEnv(b.build())
    observation, _ = env.reset()
    assert observation["action_mask"].tolist() == [1, 1, 1, 0, 0]  # c has no second mode
    assert observation["modes"][0, :, MODE["cost"]].tolist() == [0, 1]
    assert observation["modes"][1, :, MODE["exists"]].tolist() == [1, 0]
    env.step(env.action_of(0, 1))
    _, _, over, _, info = env.step(env.action_of(1))
    assert over
    assert info["makespan"] == 2


def doomed() -> Problem:
    """Short first: long ends at 6 at least, but after must start between 1 + 4 and 1 + 4."""
    b = ProblemBuilder("dead end")
    m = b.unary("m")
    short, long = b.task("short", 1, on=m), b.task("long", 5, on=m)
    after = b.task("after", 1, on=b.unary("other"))
    b.lag(short.end, after.start, min=4, max=4)
    b.lag(long.end, after.start, min=0)
    b.minimise(makespan=1)
    return b.build()


@pytest.mark.parametrize("skip", [True, False])
def test_a_dead_end_ends_the_episode_with_the_penalty(skip: bool) -> None:
    env = SchedEnv(doomed(), dead_end_penalty=2.0, skip_forced_waits=skip)
    env.reset(seed=0)
    over, reward, info = False, 0.0, {}
    _, reward, over, _, info = env.step(env.action_of(0))
    while not over:
        _, reward, over, _, info = env.step(first(env.action_masks()))
    assert reward == -2
    assert "'after'" in info["dead_end"]
    assert "schedule" not in info
    # The other way round there is a schedule: long 0-5, short 5-6, after 10-11.
    env.reset()
    env.step(env.action_of(1))
    while not over or "schedule" not in info:
        _, _, over, _, info = env.step(first(env.action_masks()))
    assert info["makespan"] == 11


def test_a_problem_that_is_dead_from_the_start() -> None:
    b = ProblemBuilder("hopeless")
    m = b.unary("m")
    b.task("a", 5, on=m, deadline=3)
    env = SchedEnv(b.build())
    env.reset()
    _, reward, over, _, info = env.step(env.wait_action)
    assert (reward, over) == (-1, True)
    assert "'a'" in info["dead_end"]


def test_masked_actions_change_nothing_and_cost_their_penalty() -> None:
    env = SchedEnv(two_jobs(), illegal_penalty=0.25)
    before, _ = env.reset(seed=0)
    for action, reason in (
        (1, "'b'"),
        (3, "'d'"),
        (env.wait_action, "waiting would end the run while mandatory tasks can start"),
    ):
        assert not before["action_mask"][action]
        after, reward, over, truncated, info = env.step(action)
        assert (reward, over, truncated) == (-0.25, False, False)
        assert reason in info["illegal"]
        assert all(np.array_equal(before[key], after[key]) for key in before)


@pytest.mark.parametrize("action", [-1, 8, 12 * 2 - 1, 12 * 2 + 1, 999])
def test_actions_of_no_task_or_mode(action: int) -> None:
    env = SchedEnv(random_shop, **SIZES)
    env.reset(options={"problem": two_jobs()})
    _, reward, over, _, info = env.step(action)
    assert (reward, over) == (pytest.approx(-0.1), False)
    assert "there is no task" in info["illegal"]
    _, _, _, _, info = env.step(env.action_of(0, 1))
    assert info["illegal"]  # no such mode


def test_episodes_are_cut_off() -> None:
    env = SchedEnv(two_jobs(), max_steps=3)
    env.reset()
    ends = [env.step(1)[2:4] for _ in range(3)]
    assert ends == [(False, False), (False, False), (False, True)]


def test_stepping_after_the_end_earns_nothing() -> None:
    env = SchedEnv(two_jobs())
    play(env, first)
    _, reward, over, _, info = env.step(0)
    assert (reward, over, info["makespan"]) == (0, True, 9)


def test_nothing_before_the_first_reset() -> None:
    env = SchedEnv(two_jobs())
    for call in (lambda: env.step(0), env.action_masks, lambda: env.executor):
        text = refusal(call, InputError)
        assert text == "SchedEnv: no episode has begun (call reset() first)"


def test_bad_arguments_are_refused() -> None:
    for given_sizes in ({}, {"max_tasks": 3, "max_modes": 1}):
        text = refusal(lambda sizes=given_sizes: SchedEnv(random_shop, **sizes), InputError)  # type: ignore[misc]
        assert text == (
            "SchedEnv: the sizes of generated problems are not known (give max_tasks, max_modes and max_resources)"
        )
    for source in ([], [3]):
        text = refusal(lambda source=source: SchedEnv(source), InputError)  # type: ignore[misc]
        assert text == "SchedEnv: the source has no problems (give at least one Problem)"
    text = refusal(lambda: SchedEnv(two_jobs(), reward="time"), InputError)  # type: ignore[arg-type]
    assert text == "SchedEnv.reward: reward is 'time' (use 'makespan' or 'objective')"
    for name in ("illegal_penalty", "dead_end_penalty"):
        text = refusal(lambda name=name: SchedEnv(two_jobs(), **{name: -1}), InputError)  # type: ignore[misc]
        assert text == "SchedEnv: a penalty is negative (give penalties of at least 0)"


@pytest.mark.parametrize(
    ("size", "words"),
    [
        ("tasks", "problem 'two jobs' has 4 tasks, the environment has room for 1 (raise max_tasks)"),
        ("resources", "problem 'two jobs' has 2 resources, the environment has room for 1 (raise max_resources)"),
    ],
)
def test_problems_that_are_too_large(size: str, words: str) -> None:
    small = {f"max_{size}": 1}
    assert refusal(lambda: SchedEnv(two_jobs(), **small), InputError) == f"SchedEnv: {words}"
    env = SchedEnv(lambda seed: two_jobs(), **(SIZES | small))
    assert refusal(lambda: env.reset(seed=0), InputError) == f"SchedEnv: {words}"


def test_too_many_modes() -> None:
    b = ProblemBuilder("modes")
    b.task("a", modes=[b.mode(1), b.mode(2)])
    problem = b.build()
    assert "has 2 modes, the environment has room for 1 (raise max_modes)" in refusal(
        lambda: SchedEnv(problem, max_modes=1), InputError
    )


def test_generators_must_give_problems() -> None:
    env = SchedEnv(lambda seed: 3, **SIZES)  # type: ignore[arg-type, return-value]
    text = refusal(lambda: env.reset(seed=0), InputError)
    assert text == "SchedEnv: the source gave int (give a schedcore.model.Problem)"
    env = SchedEnv(two_jobs())
    assert "the source gave str" in refusal(lambda: env.reset(options={"problem": "ft06"}), InputError)


@pytest.mark.parametrize("size", ["max_tasks", "max_modes", "max_resources"])
def test_sizes_are_positive(size: str) -> None:
    text = refusal(lambda: SchedEnv(random_shop, **(SIZES | {size: 0})), InputError)
    assert text == f"SchedEnv: {size} is 0 (give at least 1)"


def test_steps_are_positive() -> None:
    assert "max_steps is 0" in refusal(lambda: SchedEnv(two_jobs(), max_steps=0), InputError)


def test_cyclic_problems_are_refused() -> None:
    b = ProblemBuilder("cyclic")
    b.task("a", 1, on=b.unary("m"))
    b.cycle(2)
    with pytest.raises(UnsupportedFeatureError, match=r"SchedEnv does not support: cyclic \(unroll the problem\)"):
        SchedEnv(b.build())


def test_the_empty_problem() -> None:
    env = SchedEnv(Problem("empty"))
    observation, info = env.reset()
    assert env.observation_space.contains(observation)
    _, _, over, _, info = env.step(env.wait_action)
    assert over
    assert info["makespan"] == 0


def test_the_package_knows_its_names() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'Missing'"):
        schedcore.envs.Missing  # noqa: B018


def test_gymnasium_makes_it_by_name() -> None:
    env = gymnasium.make("schedcore.envs.sched_env:sched/Executor-v0", source=two_jobs())
    assert isinstance(env.unwrapped, SchedEnv)
    observation, info = env.reset(seed=1)
    assert observation["action_mask"].tolist() == info["action_mask"].tolist()
