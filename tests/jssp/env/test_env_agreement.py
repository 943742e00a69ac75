"""The closed form against the propagated constraint model, step by step."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jssp import JobShopInstance, generate, standard_instance, standard_names
from jssp.adapter import to_problem, to_schedule
from jssp.env.batch import BatchJobShopEnv
from jssp.env.cp_env import CpEnv
from jssp.env.modes import ActionMode
from jssp.env.observation import ObservationForm
from schedcore.check import check

FORMS = (ObservationForm(), ObservationForm("absolute"), ObservationForm(legacy=True))
MODES = list(ActionMode)


def shops() -> st.SearchStrategy[JobShopInstance]:
    """Small shops with ragged and re-entrant jobs, ties and zero durations; no empty jobs, which no problem has."""
    job = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 4)), min_size=1, max_size=7)
    return st.lists(job, min_size=1, max_size=5).map(
        lambda jobs: JobShopInstance("any", [[m for m, _ in j] for j in jobs], [[d for _, d in j] for j in jobs])
    )


def assert_same_episode(shop: JobShopInstance, mode: ActionMode, form: ObservationForm, seed: int) -> None:
    fast = BatchJobShopEnv([shop], mode=mode, form=form)
    slow = CpEnv(to_problem(shop), mode=mode, form=form)
    rng = np.random.default_rng(seed)
    while True:
        seen, known = fast.observe(), slow.observe()
        assert seen.keys() == known.keys()
        for key, value in known.items():
            if key == "interval_rep":
                np.testing.assert_allclose(seen[key][0], value, rtol=1e-5, atol=1e-5)
            else:
                np.testing.assert_array_equal(seen[key][0], value, err_msg=key)
        assert bool(fast.done[0]) == slow.done
        if slow.done:
            break
        assert fast.now()[0] == slow.now()
        ranking = rng.permutation(shop.num_jobs + 1)[: rng.integers(1, shop.num_jobs + 2)]
        executed, counts = fast.step(ranking[None])
        assert executed[0, : counts[0]].tolist() == slow.step(ranking.tolist())
        assert fast.makespans()[0] == slow.makespan
    starts = fast.start_times(0)
    assert np.array_equal(slow.schedule().start, starts)
    assert check(slow.problem, slow.schedule()).ok


@pytest.mark.parametrize("mode", MODES)
@given(shop=shops(), seed=st.integers(0, 99), form=st.sampled_from(FORMS))
@settings(max_examples=40)
def test_every_step_on_random_shops(mode, shop, seed, form) -> None:
    assert_same_episode(shop, mode, form, seed)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", ["ft06", "la01", "ft10"])
def test_every_step_on_standard_shops(mode, name) -> None:
    assert_same_episode(standard_instance(name), mode, FORMS[0], 1)


@pytest.mark.slow
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", ["la30", "ta01", "ta41", "dmu45"])
def test_every_step_on_larger_standard_shops(mode, name, form) -> None:
    assert_same_episode(standard_instance(name), mode, form, 2)


@pytest.mark.parametrize("mode", MODES)
def test_random_actions_keep_all_rules_on_a_sample_of_standard_shops(mode) -> None:
    for name in standard_names()[::30]:
        assert_random_schedules_hold(name, mode)


@pytest.mark.slow
@pytest.mark.parametrize("mode", MODES)
def test_random_actions_keep_all_rules_on_every_standard_shop(mode) -> None:
    for name in standard_names():
        assert_random_schedules_hold(name, mode)


def assert_random_schedules_hold(name: str, mode: ActionMode) -> None:
    shop = standard_instance(name)
    env = BatchJobShopEnv([shop], 2, mode=mode)
    makespans = env.run_random(7)
    problem = to_problem(shop)
    for b in range(2):
        starts = env.start_times(b)
        assert check(problem, to_schedule(shop, starts)).ok, (name, mode)
        assert shop.makespan(starts) == makespans[b]


def test_random_schedules_of_a_seed_repeat_and_differ_between_seeds() -> None:
    env = BatchJobShopEnv([generate("taillard:8x5:3")], 4)
    first = env.run_random(1).tolist()
    assert env.run_random(1).tolist() == first
    assert env.run_random(2).tolist() != first
    assert len(set(first)) > 1
