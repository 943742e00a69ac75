"""The environments follow their interfaces, and play the same day as the simulator."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

from schedcore.errors import IllegalDecisionError, InputError
from uam.env.gym_env import UamEnv
from uam.generate import generate
from uam.observation import Sizes
from uam.policies import GreedyPolicy
from uam.seeds import FIRST_TRAINING_SEED, HELD_OUT, VALIDATION, WORST_CASE_POOL
from uam.simulator import play


def test_gymnasium_finds_nothing_wrong():
    # The checker acts without asking for the mask; forbidden actions are read as "stay".
    check_env(UamEnv("six:aircraft=8", forbidden="stay"), skip_render_check=True)


def test_the_three_masks_agree_and_are_never_empty():
    env = UamEnv("six:aircraft=8,closure=0.6", sizes=Sizes(9, 8))
    obs, info = env.reset(seed=1)
    rng, done, decisions = np.random.default_rng(0), False, 0
    while not done:
        mask = env.action_masks()
        assert mask.any()
        assert not mask[6:].any()
        np.testing.assert_array_equal(mask, info["action_mask"])
        np.testing.assert_array_equal(mask, obs["action_mask"].astype(bool))
        assert env.observation_space.contains(obs)
        obs, _, done, truncated, info = env.step(rng.choice(np.flatnonzero(mask)))
        assert not truncated
        decisions += 1
    assert decisions > 100
    assert env.action_masks().any()


@pytest.mark.parametrize("reward", ["dense", "terminal"])
def test_returns_are_the_profit_of_the_same_day_in_the_simulator(reward):
    scenario = generate("fixed8:2")
    log = play(scenario, GreedyPolicy())
    env = UamEnv(scenario, reward=reward)
    env.reset()
    rewards = [env.step(action)[1] for action in log.decisions]
    assert env.profit_mills == log.profit_mills
    assert sum(rewards) == pytest.approx(log.profit_mills / scenario.plan.revenue_scale_mills)
    assert sum(rewards) == pytest.approx(log.summary()["reward"])
    assert np.count_nonzero(rewards) == (1 if reward == "terminal" else len(log.flights))


def test_the_same_seed_gives_the_same_day_and_episodes_differ():
    env = UamEnv("fixed8")
    a, _ = env.reset(seed=5)
    first = env.scenario.name
    b, _ = env.reset()
    assert env.scenario.name != first
    c, _ = env.reset(seed=5)
    assert env.scenario.name == first
    for key in a:
        np.testing.assert_array_equal(a[key], c[key])
    assert any((a[key] != b[key]).any() for key in a)


def test_training_seeds_are_none_of_those_that_report():
    env = UamEnv("six:aircraft=8")
    for seed in range(5):
        env.reset(seed=seed)
        assert env.scenario.seed >= FIRST_TRAINING_SEED
    assert max(*HELD_OUT, *VALIDATION, *WORST_CASE_POOL) < FIRST_TRAINING_SEED


def test_a_scenario_may_be_given_at_reset_if_it_fits():
    env = UamEnv("fixed8", sizes=Sizes(10, 60))
    env.reset(options={"scenario": "ten:aircraft=60:3"})
    assert env.scenario.plan.num_aircraft == 60
    with pytest.raises(InputError, match="61 aircraft, but room for 60"):
        env.reset(options={"scenario": "ten:aircraft=61:3"})
    with pytest.raises(InputError, match="unknown option 'day'"):
        env.reset(options={"day": 3})


def test_wrong_use_is_refused():
    env = UamEnv("six:aircraft=2")
    env.reset(seed=0)
    with pytest.raises(IllegalDecisionError, match="action 9 is not allowed"):
        env.step(9)
    with pytest.raises(InputError, match="reward: 'sparse' is unknown"):
        UamEnv(reward="sparse")
    with pytest.raises(InputError, match="forbidden: 'skip' is unknown"):
        UamEnv(forbidden="skip")
    done = False
    while not done:
        done = env.step(int(np.flatnonzero(env.action_masks())[0]))[2]
    with pytest.raises(InputError, match="the day is over"):
        env.step(0)


def test_a_forbidden_action_can_mean_to_stay():
    env = UamEnv("six:aircraft=2", forbidden="stay")
    env.reset(seed=0)
    forbidden = int(np.flatnonzero(~env.action_masks())[0])
    assert env.step(forbidden)[4]["repaired"]


def test_pettingzoo_finds_nothing_wrong_and_the_rewards_add_up():
    from pettingzoo.test import api_test

    from uam.env.aec_env import UamAecEnv

    env = UamAecEnv("six:aircraft=5", forbidden="stay")
    with warnings.catch_warnings():
        # It expects arrays; dictionaries are allowed all the same.
        warnings.simplefilter("ignore", UserWarning)
        api_test(env, num_cycles=200)
    env.reset(seed=3)
    total = dict.fromkeys(env.agents, 0.0)
    for agent in env.agent_iter():
        obs, _, terminated, _, _ = env.last()
        action = None if terminated else int(np.flatnonzero(obs["action_mask"])[0])
        env.step(action)
        if not terminated:
            total[agent] += env.rewards[agent]
    assert env.agents == []
    inner = env._env
    assert sum(total.values()) == pytest.approx(inner.profit_mills / inner.scenario.plan.revenue_scale_mills)
