"""The batched environment: rules, batches of several shops, copies, refusals."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jssp import JobShopInstance, dispatch, generate, standard_instance
from jssp.bounds import rule_reference
from jssp.env.batch import BatchJobShopEnv, Shops
from jssp.env.observation import ObservationForm, competition
from jssp.rules import dispatch_plain, priorities
from schedcore.errors import IllegalDecisionError, InputError


def shops() -> st.SearchStrategy[JobShopInstance]:
    job = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 4)), max_size=4)
    return (
        st.lists(job, min_size=1, max_size=5)
        .filter(any)
        .map(lambda jobs: JobShopInstance("any", [[m for m, _ in j] for j in jobs], [[d for _, d in j] for j in jobs]))
    )


@given(shop=shops(), rule=st.sampled_from(["spt", "lpt", "mwkr", "mor"]))
def test_static_priorities_give_the_schedules_of_the_rules(shop, rule) -> None:
    env = BatchJobShopEnv([shop], 2, mode="nondelay")
    env.run_static(shop.to_matrix(priorities(shop, rule)))
    for b in range(2):
        assert env.start_times(b).tolist() == dispatch_plain(shop, rule).tolist()


@pytest.mark.parametrize("name", ["ft06", "ft10", "la21", "orb01", "swv01", "ta01", "ta31", "dmu80"])
def test_golden_makespans_step_by_step(name) -> None:
    shop = standard_instance(name)
    for rule in ("spt", "mwkr"):
        static = shop.to_matrix(priorities(shop, rule))
        env = BatchJobShopEnv([shop], mode="nondelay")
        rows, last = np.arange(shop.num_jobs), static.shape[1] - 1
        while not env.done.all():
            keys = np.append(-static[rows, np.minimum(env.upcoming[0], last)], -np.inf)[None].astype(float)
            env.step_keys(keys)
        assert env.makespans()[0] == rule_reference(name, rule)
        assert np.array_equal(env.start_times(0), dispatch(shop, rule))


def test_one_step_by_hand() -> None:
    """Jobs 0 and 1 want machine 0 at time 0, job 2 machine 1; the order 1, 2, 0 starts jobs 1 and 2.

    Machine 0 is then taken until 4: job 0 waits for it, and job 2 too, which has left machine 1 at 2.
    """
    shop = JobShopInstance("hand", [[0, 1], [0, 1], [1, 0]], [[3, 2], [4, 1], [2, 5]])
    env = BatchJobShopEnv([shop])
    assert env.action_masks().tolist() == [[True, True, True, False]]  # nothing to wait for yet
    executed, counts = env.step([[1, 2, 0, 3]])
    assert executed[0, : counts[0]].tolist() == [1, 2]
    assert env.now().tolist() == [4]
    assert env.ready.tolist() == [[4, 4, 4]]


def test_the_no_op_postpones_for_good() -> None:
    """Job 1 ends at 4 on machine 1; at time 0 job 0 is postponed to 4, and starts no earlier whatever happens."""
    shop = JobShopInstance("wait", [[0], [1, 0]], [[3], [4, 1]])
    env = BatchJobShopEnv([shop])
    executed, counts = env.step([[1, 2, 0]])
    assert executed[0, : counts[0]].tolist() == [1, 2]
    assert env.ready.tolist() == [[4, 4]]
    env.step([[1, 0]])
    assert env.ready[0, 0] == 5
    env.step([0])
    assert env.makespans().tolist() == [8]


def test_conflict_set_of_giffler_and_thompson_by_hand() -> None:
    """Job 0 would end first (at 2, machine 0); job 1 could start before that there, job 2 cannot: it is elsewhere."""
    shop = JobShopInstance("gt", [[0], [0], [1]], [[2], [5], [9]])
    env = BatchJobShopEnv([shop], mode="active")
    assert env.action_masks().tolist() == [[True, True, False, False]]


def test_several_shops_side_by_side_are_what_they_are_alone() -> None:
    instances = [generate("taillard:6x5:1"), generate("taillard:6x3:2"), generate("demirkol:6x4:3")]
    together = BatchJobShopEnv(instances, 2, mode="nondelay")
    alone = [BatchJobShopEnv([shop], mode="nondelay") for shop in instances]
    while not together.done.all():
        seen = together.observe()
        for b in range(6):
            one = alone[b % 3].observe()
            if b < 3:
                for key, value in one.items():
                    np.testing.assert_array_equal(seen[key][b], value[0])
        ranking = np.tile(np.arange(7), (6, 1))
        together.step(ranking)
        for env in alone:
            env.step(ranking[:1])
    assert together.makespans().tolist() == [int(env.makespans()[0]) for env in alone] * 2


def test_a_finished_environment_stays_as_it_is() -> None:
    env = BatchJobShopEnv([generate("taillard:3x3:1")])
    env.run_random(0)
    before = env.starts.copy()
    executed, counts = env.step([[0, 1, 2, 3]])
    assert counts.tolist() == [0]
    assert (executed == -1).all()
    assert np.array_equal(env.starts, before)
    assert not env.action_masks().any()


def test_a_ranking_may_name_an_action_twice() -> None:
    env = BatchJobShopEnv([JobShopInstance("zero", [[0, 0, 0]], [[0, 0, 0]])])
    executed, counts = env.step([[0, 0, 0, 0, 0]])
    assert executed.shape == (1, 2)
    assert counts[0] <= 2


def test_taken_environments_go_on_by_themselves() -> None:
    env = BatchJobShopEnv([generate("taillard:4x3:1")], 2)
    env.step([[0, 1, 2, 3], [3, 2, 1, 0]])
    copy = env.take([1, 1])
    copy.step([[0, 1, 2, 3], [3, 2, 1, 0]])
    assert env.starts[1].tolist() != copy.starts[0].tolist()
    assert copy.num_envs == 2


def test_a_semi_active_schedule_is_followed_and_another_is_refused() -> None:
    shop = generate("taillard:5x4:2")
    env = BatchJobShopEnv([shop])
    target = shop.to_matrix(dispatch(shop, "spt"))[None]
    while not env.done.all():
        env.follow(target)
    assert np.array_equal(env.starts, target)
    env.reset()
    with pytest.raises(IllegalDecisionError, match="environment 0 cannot follow its schedule any further"):
        env.follow(target + 1)


def test_tensors_hold_the_same_numbers() -> None:
    env = BatchJobShopEnv([generate("taillard:4x3:1")], 2)
    arrays, tensors = env.observe(), env.observe_torch()
    for key, value in arrays.items():
        np.testing.assert_array_equal(tensors[key].numpy(), value)


def test_competition_is_between_jobs_of_one_machine() -> None:
    mask = competition(np.array([[0, -1, 0, -1]]))
    assert mask[0].astype(int).tolist() == [
        [1, 0, 1, 0, 0],
        [0, 1, 0, 0, 0],
        [1, 0, 1, 0, 0],
        [0, 0, 0, 1, 0],
        [0, 0, 0, 0, 1],
    ]


def test_what_cannot_be_a_batch_is_refused() -> None:
    shop = generate("taillard:4x3:1")
    with pytest.raises(InputError, match="no instance"):
        Shops([])
    with pytest.raises(InputError, match="3, 4 jobs in one batch"):
        Shops([shop, generate("taillard:3x3:1")])
    with pytest.raises(InputError, match="0 copies"):
        BatchJobShopEnv([shop], 0)
    env = BatchJobShopEnv([shop])
    with pytest.raises(InputError, match="rankings of shape"):
        env.step([[0], [1]])
    with pytest.raises(InputError, match=r"action 5.*actions are 0 \.\.\. 4"):
        env.step([5])
    with pytest.raises(InputError, match="keys of shape"):
        env.step_keys(np.zeros((1, 3)))
    with pytest.raises(InputError, match="environment 0 is not done"):
        env.start_times(0)
    with pytest.raises(InputError, match="shop is no list of shop numbers"):
        env.reset(shop=[3])
    with pytest.raises(InputError, match="positions are 'absolut'.*did you mean 'absolute'"):
        ObservationForm("absolut")
