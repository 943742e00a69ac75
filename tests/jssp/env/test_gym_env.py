"""Gymnasium and vector interfaces."""

from __future__ import annotations

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

from jssp import JobShopInstance, generate, standard_instance
from jssp.adapter import to_problem
from jssp.env.gym_env import ENVIRONMENT_ID, SchedulingEnv, SchedulingVectorEnv
from jssp.env.modes import ActionMode
from schedcore.check import check
from schedcore.errors import InputError, UnknownNameError


@pytest.mark.parametrize("mode", list(ActionMode))
@pytest.mark.filterwarnings("ignore::UserWarning:gymnasium.*")
def test_gymnasiums_checker_is_content(mode) -> None:
    shop = generate("taillard:4x3:1")
    check_env(SchedulingEnv(shop, mode=mode), skip_render_check=True)
    check_env(SchedulingEnv(to_problem(shop), mode=mode), skip_render_check=True)


def play(env: SchedulingEnv, seed: int) -> tuple[list[int], dict]:
    rng = np.random.default_rng(seed)
    _, info = env.reset(seed=seed)
    actions, done = [], False
    while not done:
        actions.append(int(rng.choice(np.flatnonzero(info["action_mask"]))))
        seen, reward, done, truncated, info = env.step(actions[-1])
        assert env.observation_space.contains(seen)
        assert not info["illegal"]
        assert not truncated
        assert np.array_equal(info["action_mask"], env.action_masks())
    return actions, info | {"reward": reward}


def test_an_episode_ends_with_a_schedule_that_keeps_all_rules() -> None:
    shop = standard_instance("ft06")
    _, info = play(SchedulingEnv(shop, reward="makespan"), 3)
    assert check(to_problem(shop), info["schedule"]).ok
    assert info["makespan"] == info["schedule"].makespan
    assert info["reward"] == pytest.approx(-info["makespan"] / int(shop.job_work.max()))


def test_a_seed_repeats_the_drawn_instance_and_the_episode() -> None:
    env = SchedulingEnv([generate(f"taillard:4x3:{seed}") for seed in range(8)])
    first, second = play(env, 5), play(env, 5)
    assert first[0] == second[0]
    assert first[1]["makespan"] == second[1]["makespan"]
    assert len({play(env, seed)[1]["makespan"] for seed in range(6)}) > 1


def test_an_illegal_action_changes_nothing_and_is_told() -> None:
    env = SchedulingEnv(JobShopInstance("two", [[0], [0]], [[3], [4]]), mode="nondelay", max_steps=2)
    seen, _ = env.reset(seed=0)
    assert seen["action_mask"].tolist() == [1, 1, 0]
    again, reward, done, truncated, info = env.step(2)
    assert info["illegal"]
    assert (reward, done, truncated) == (0.0, False, False)
    assert all(np.array_equal(seen[key], again[key]) for key in seen)
    assert env.step(2)[3]  # truncated: the agent gets nowhere


def test_the_registered_name_makes_the_environment() -> None:
    env = gymnasium.make(f"jssp.env.gym_env:{ENVIRONMENT_ID}", source=generate("taillard:3x3:1"))
    assert env.action_space.n == 4


def test_vector_episodes_end_begin_anew_and_agree_with_single_ones() -> None:
    shops = [generate(f"taillard:4x3:{seed}") for seed in range(3)]
    env = SchedulingVectorEnv(shops, 5)
    seen, info = env.reset(seed=4)
    again, _ = env.reset(seed=4)
    assert all(np.array_equal(seen[key], again[key]) for key in seen)
    assert env.observation_space.contains(seen)
    rng = np.random.default_rng(0)
    ended = 0
    before = np.zeros(5, dtype=bool)
    for _ in range(80):
        masks = info["action_mask"]
        actions = [int(rng.choice(np.flatnonzero(row))) if row.any() else 0 for row in masks]
        seen, rewards, done, truncated, info = env.step(np.array(actions))
        assert not rewards.any()
        assert not truncated.any()
        assert not (done & before).any()  # the step after an end is the beginning of the next episode
        assert (info["makespan"][done] > 0).all()
        ended += int(done.sum())
        before = done
    assert ended > 5


def test_what_cannot_be_an_environment_is_refused() -> None:
    with pytest.raises(InputError, match="no instance"):
        SchedulingEnv([])
    with pytest.raises(InputError, match="3, 4 jobs"):
        SchedulingEnv([generate("taillard:4x3:1"), generate("taillard:3x3:1")])
    with pytest.raises(UnknownNameError, match="unknown action mode 'nodelay'.*did you mean 'nondelay'"):
        SchedulingEnv(generate("taillard:3x3:1"), mode="nodelay")
    with pytest.raises(InputError, match="reward is 'time'"):
        SchedulingEnv(generate("taillard:3x3:1"), reward="time")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="instance 7"):
        SchedulingEnv(generate("taillard:3x3:1")).reset(options={"instance": 7})
    with pytest.raises(InputError, match="0 environments"):
        SchedulingVectorEnv([generate("taillard:3x3:1")], 0)
