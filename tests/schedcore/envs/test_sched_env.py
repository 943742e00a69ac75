"""The Gymnasium environment: contract, masks, rewards, ends."""

from __future__ import annotations

from collections.abc import Callable

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from hypothesis import given
from hypothesis import strategies as st

from schedcore.check import check
from schedcore.envs import CANDIDATE_FEATURES, ENV_ID, EnvLimits, SchedEnv
from schedcore.errors import InputError, UnsupportedFeatureError
from schedcore.model import Problem, ProblemBuilder


def two_jobs() -> Problem:
    """Two jobs over two machines: a 3 on x, b 2 on y; c 2 on x, d 4 on y.  Longest job: 6 ticks."""
    b = ProblemBuilder("two jobs")
    x, y = b.unary("x"), b.unary("y")
    b.chain(b.task("a", 3, on=x), b.task("b", 2, on=y))
    b.chain(b.task("c", 2, on=x), b.task("d", 4, on=y))
    b.minimise(makespan=1)
    return b.build()


def random_shop(rng: np.random.Generator) -> Problem:
    b = ProblemBuilder("random shop")
    machines = [b.unary(f"m{k}") for k in range(3)]
    workers = b.renewable("workers", 2)
    for j in range(int(rng.integers(2, 5))):
        b.chain(
            *(
                b.task(f"j{j}.{i}", int(rng.integers(1, 6)), on=machines[m], demands={workers: 1})
                for i, m in enumerate(rng.permutation(3))
            )
        )
    b.minimise(makespan=1)
    return b.build()


def play(env: SchedEnv, choose: Callable[[np.ndarray], int], **reset: object) -> tuple[float, dict[str, object]]:
    observation, info = env.reset(**reset)  # type: ignore[arg-type]
    total, over = 0.0, not observation["action_mask"].any()
    while not over:
        observation, reward, over, truncated, info = env.step(choose(observation["action_mask"]))
        total += reward
        assert env.observation_space.contains(observation)
        assert not truncated
    return total, info


def first(mask: np.ndarray) -> int:
    return int(np.flatnonzero(mask)[0])


def test_gymnasium_accepts_it() -> None:
    check_env(SchedEnv(two_jobs()), skip_render_check=True)
    check_env(SchedEnv(random_shop, limits=EnvLimits(12, 4)), skip_render_check=True)


def test_it_is_registered() -> None:
    env = gymnasium.make(ENV_ID, source=two_jobs(), disable_env_checker=True)
    observation, _ = env.reset(seed=0)
    assert observation["candidates"].shape == (4, len(CANDIDATE_FEATURES))


def test_an_episode_by_hand() -> None:
    env = SchedEnv(two_jobs())
    observation, _ = env.reset(seed=0)
    # a and c compete for x; waiting would leave them both, with nothing to wait for
    assert observation["action_mask"].tolist() == [1, 1, 0, 0, 0]
    # column 1 duration, column 2 tail, over the bound 6
    assert observation["candidates"][:2, 1] == pytest.approx([3 / 6, 2 / 6])
    assert observation["candidates"][:2, 2] == pytest.approx([5 / 6, 6 / 6])
    observation, reward, over, _, _ = env.step(0)
    assert not over
    assert reward == pytest.approx(-0.5)  # a takes x until 3: c and d end at 3 + 6 = 9 at the earliest, not at 6
    assert observation["action_mask"].tolist() == [1, 1, 0, 0, 0]  # time ran to 3: b or c
    total, info = play(env, first)
    assert total == pytest.approx(1 - info["objective"][0] / 6)


@given(st.integers(0, 10**6))
def test_random_play_gives_checked_schedules_and_rewards_add_up(seed: int) -> None:
    rng = np.random.default_rng(seed)
    env = SchedEnv(random_shop, limits=EnvLimits(candidates=12, resources=4))
    total, info = play(env, lambda mask: int(rng.choice(np.flatnonzero(mask))), seed=seed)
    problem = random_shop(np.random.default_rng(0))
    assert problem.name == info["problem"]
    schedule = info["schedule"]
    assert check(env._problem, schedule).ok  # type: ignore[arg-type]
    scale = env._observer.scale
    assert total == pytest.approx(1 - info["objective"][0] / scale)  # type: ignore[index]


def test_equal_seeds_give_equal_episodes() -> None:
    env = SchedEnv(random_shop, limits=EnvLimits(12, 4))
    one, two, other = (play(env, first, seed=seed)[1]["schedule"] for seed in (3, 3, 4))
    assert one == two
    assert one != other


def test_masks_for_sb3() -> None:
    env = SchedEnv(two_jobs())
    assert not env.action_masks().any()
    observation, _ = env.reset(seed=0)
    assert env.action_masks().dtype == bool
    assert env.action_masks().tolist() == observation["action_mask"].astype(bool).tolist()


def test_optional_work_may_be_left_out_and_is_scored_by_the_objective() -> None:
    b = ProblemBuilder("optional")
    b.task("paid", 2, on=b.unary("m"), optional=True, reward=5)
    b.maximise(reward=1)
    env = SchedEnv(b.build())
    observation, _ = env.reset(seed=0)
    assert observation["action_mask"].tolist() == [1, 1]  # start it, or wait: nothing has to run
    assert play(env, lambda mask: env.wait_action, seed=0)[0] == 0
    assert play(env, first, seed=0)[0] == pytest.approx(5)  # scale 1: no mandatory work


def test_a_dead_end_ends_the_episode_with_the_penalty() -> None:
    b = ProblemBuilder("dead end")
    m = b.unary("m")
    short, long = b.task("short", 1, on=m), b.task("long", 5, on=m)
    after = b.task("after", 1, on=b.unary("other"), release=0)
    b.lag(short.end, after.start, min=4, max=4)
    b.lag(long.end, after.start, min=0)
    b.minimise(makespan=1)
    env = SchedEnv(b.build(), failure_penalty=2.0)
    env.reset(seed=0)
    _, reward, over, _, info = env.step(0)  # short first: long ends at 6, after is due at 5
    while not over:
        _, reward, over, _, info = env.step(first(env.action_masks()))
    assert reward <= -2
    assert "after" in info["failure"]


@pytest.mark.parametrize("action", [2, 3, 4, -1, 99])
def test_masked_actions_are_refused(action: int) -> None:
    env = SchedEnv(two_jobs(), illegal_penalty=None)
    env.reset(seed=0)
    with pytest.raises(InputError, match="is masked"):
        env.step(action)


def test_masked_actions_change_nothing_and_cost_their_penalty() -> None:
    env = SchedEnv(two_jobs(), illegal_penalty=0.25)
    before, _ = env.reset(seed=0)
    after, reward, over, _, info = env.step(3)
    assert (reward, over, info["illegal"]) == (-0.25, False, "action 3 is masked")
    assert all(np.array_equal(before[key], after[key]) for key in before)


def test_stepping_after_the_end_is_refused() -> None:
    env = SchedEnv(two_jobs())
    with pytest.raises(InputError, match=r"call reset\(\)"):
        env.step(0)


def test_bad_arguments_are_refused() -> None:
    with pytest.raises(InputError, match="limits are missing"):
        SchedEnv(random_shop)
    with pytest.raises(InputError, match="has no problems"):
        SchedEnv([])
    with pytest.raises(InputError, match="reward is 'time'"):
        SchedEnv(two_jobs(), reward="time")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="failure_penalty"):
        SchedEnv(two_jobs(), failure_penalty=-1)
    with pytest.raises(InputError, match="illegal_penalty"):
        SchedEnv(two_jobs(), illegal_penalty=-1)
    with pytest.raises(InputError, match="sizes are"):
        EnvLimits(0, 1)
    with pytest.raises(InputError, match="the source gave int"):
        SchedEnv(lambda rng: 3, limits=EnvLimits(1, 1)).reset(seed=0)  # type: ignore[arg-type, return-value]
    with pytest.raises(InputError, match="has 2 resources, the limit is 1"):
        SchedEnv(lambda rng: two_jobs(), limits=EnvLimits(4, 1)).reset(seed=0)
    with pytest.raises(InputError, match="2 candidates, the limit is 1"):
        SchedEnv(lambda rng: two_jobs(), limits=EnvLimits(1, 2)).reset(seed=0)


def test_cyclic_problems_are_refused() -> None:
    b = ProblemBuilder("cyclic")
    b.task("a", 1, on=b.unary("m"))
    b.cycle(2)
    with pytest.raises(UnsupportedFeatureError, match="cyclic"):
        SchedEnv(b.build()).reset(seed=0)
