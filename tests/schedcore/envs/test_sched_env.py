"""The Gymnasium environment: contract, masks, rewards, ends."""

from __future__ import annotations

import random

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from hypothesis import given
from hypothesis import strategies as st
from strategies_core import FEATURES, cases, random_case

from schedcore.check import check
from schedcore.envs import SchedEnv
from schedcore.envs.observation import MODE_FEATURES, RESOURCE_FEATURES, TASK_FEATURES
from schedcore.errors import InputError, UnsupportedFeatureError
from schedcore.model import Cycle, Problem, ProblemBuilder


def two_jobs() -> Problem:
    """a 3 on x, b 2 on y; c 2 on x, d 4 on y."""
    b = ProblemBuilder("two jobs")
    x, y = b.unary("x"), b.unary("y")
    b.chain(b.task("a", 3, on=x), b.task("b", 2, on=y))
    b.chain(b.task("c", 2, on=x), b.task("d", 4, on=y))
    b.minimise(makespan=1)
    return b.build()


def generated(seed: int) -> Problem:
    return random_case(random.Random(seed), 5, ("unary", "renewable", "multi_mode", "release")).problem


def generator_env() -> SchedEnv:
    return SchedEnv(generated, max_tasks=20, max_modes=4, max_resources=8)


@pytest.mark.parametrize(
    "make",
    [
        lambda: SchedEnv(two_jobs()),
        lambda: SchedEnv([two_jobs(), generated(1)], reward="objective"),
        generator_env,
        lambda: SchedEnv(two_jobs(), skip_forced_waits=False),
    ],
)
def test_the_contract_of_gymnasium_is_met(make: object) -> None:
    check_env(make(), skip_render_check=True)  # type: ignore[operator]


def test_an_episode_by_hand() -> None:
    env = SchedEnv(two_jobs())
    observation, info = env.reset(seed=0)
    # Lower bound: c and d take 6 ticks.
    assert env.scale == 6
    # Nothing is under way, so waiting would end the run.
    assert env.action_masks().tolist() == [True, False, True, False, False]
    rewards = []
    for task in (2, 0, 3, 1):
        assert observation["action_mask"][env.action_of(task)] == 1
        observation, reward, terminated, truncated, info = env.step(env.action_of(task))
        rewards.append(reward)
    assert terminated
    assert not truncated
    # c 0-2, a 2-5, d 2-6, b 6-8: the bound goes from 6 to 7 (a and b) and to 8.
    assert info["makespan"] == 8
    assert info["objective"] == (8,)
    assert sum(rewards) == pytest.approx((6 - 8) / 6)
    assert check(env.executor.problem, info["schedule"]).ok


def test_an_illegal_action_changes_nothing_and_costs() -> None:
    env = SchedEnv(two_jobs(), illegal_penalty=0.5)
    before, _ = env.reset(seed=0)
    after, reward, terminated, _, info = env.step(env.action_of(1))
    assert (reward, terminated) == (-0.5, False)
    assert "LAG_MIN" in info["illegal"]
    assert all(np.array_equal(before[k], after[k]) for k in before)
    _, reward, *_, info = env.step(env.wait_action)
    assert reward == -0.5
    assert "mandatory tasks can start" in info["illegal"]


def test_actions_without_a_task_are_illegal() -> None:
    env = SchedEnv(two_jobs(), max_tasks=6)
    env.reset(seed=0)
    assert env.step(env.action_of(5))[4]["illegal"] == "there is no task 5"


def test_a_dead_end_ends_the_episode_with_its_reason() -> None:
    b = ProblemBuilder()
    stock = b.reservoir("stock", initial=0, maximum=1)
    b.task("a", 1)
    b.task("draw", 1, effects=[b.effect(stock, -1, at="start")])
    env = SchedEnv(b.build(), dead_end_penalty=3.0)
    env.reset(seed=0)
    _, reward, terminated, _, info = env.step(env.action_of(0))
    assert (reward, terminated) == (-3.0, True)
    assert "'draw'" in info["dead_end"]


def test_waits_are_skipped_only_if_asked_for() -> None:
    env = SchedEnv(two_jobs(), skip_forced_waits=False)
    env.reset(seed=0)
    env.step(env.action_of(0))
    assert env.action_masks().tolist() == [False, False, False, False, True]
    env.step(env.wait_action)
    assert env.executor.now == 3


def test_long_episodes_are_truncated() -> None:
    env = SchedEnv(two_jobs(), max_steps=2)
    env.reset(seed=0)
    assert env.step(env.action_of(1))[3] is False
    assert env.step(env.action_of(1))[3] is True


def test_the_seed_decides_the_problem() -> None:
    env = generator_env()
    names = [[env.reset(seed=s)[0]["tasks"].tobytes() for s in (1, 2, 3)] for _ in range(2)]
    assert names[0] == names[1]
    assert len(set(names[0])) == 3


def test_a_problem_can_be_given_to_reset() -> None:
    env = SchedEnv(two_jobs(), max_tasks=10, max_modes=4, max_resources=8)
    env.reset(seed=0, options={"problem": generated(3)})
    assert env.executor.problem == generated(3)


def test_the_objective_is_paid_at_the_end() -> None:
    env = SchedEnv(two_jobs(), reward="objective")
    env.reset(seed=0)
    rewards = [env.step(env.action_of(t))[1] for t in (2, 0, 3, 1)]
    assert rewards == [0.0, 0.0, 0.0, -8 / 6]


def test_observations_show_the_run() -> None:
    env = SchedEnv(two_jobs())
    env.reset(seed=0)
    observation, *_ = env.step(env.action_of(0))  # a runs 0-3; waits for its end are skipped
    tasks = observation["tasks"]
    column = {name: i for i, name in enumerate(TASK_FEATURES)}
    assert tasks[:, column["finished"]].tolist() == [1, 0, 0, 0]
    assert tasks[:, column["waiting"]].tolist() == [0, 1, 1, 1]
    assert tasks[2, column["tail"]] == pytest.approx(1.0)
    assert observation["globals"][0] == pytest.approx(3 / 6)
    assert observation["modes"].shape == (4, 1, len(MODE_FEATURES))
    assert observation["resources"][:, RESOURCE_FEATURES.index("free")].tolist() == [1, 1]


def test_an_empty_problem_ends_at_once() -> None:
    env = SchedEnv(Problem())
    env.reset(seed=0)
    _, _, terminated, _, info = env.step(env.wait_action)
    assert terminated
    assert info["makespan"] == 0


def test_bad_arguments_are_refused() -> None:
    with pytest.raises(InputError, match="sizes of generated problems are not known"):
        SchedEnv(generated)
    with pytest.raises(InputError, match="has 4 tasks, the environment has room for 2"):
        SchedEnv(two_jobs(), max_tasks=2)
    with pytest.raises(InputError, match="the source has no problems"):
        SchedEnv([])
    with pytest.raises(InputError, match="reward is 'luck'"):
        SchedEnv(two_jobs(), reward="luck")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="a penalty is negative"):
        SchedEnv(two_jobs(), illegal_penalty=-1.0)
    with pytest.raises(UnsupportedFeatureError, match="SchedEnv does not support: cyclic"):
        SchedEnv(Problem(cycle=Cycle(2, 2)))
    with pytest.raises(InputError, match="no episode has begun"):
        SchedEnv(two_jobs()).step(0)


@given(cases(features=FEATURES), st.integers(0, 999))
def test_every_schedule_passes_the_checker(case: tuple, seed: int) -> None:  # type: ignore[type-arg]
    env = SchedEnv(case[0])
    rng = np.random.default_rng(seed)
    observation, info = env.reset(seed=seed)
    assert isinstance(env.observation_space, gymnasium.spaces.Dict)
    terminated = truncated = False
    while not (terminated or truncated):
        action = rng.choice(np.flatnonzero(env.action_masks()))
        observation, _, terminated, truncated, info = env.step(action)
        assert env.observation_space.contains(observation)
        assert "illegal" not in info
    assert terminated
    assert "dead_end" in info or check(case[0], info["schedule"]).ok
