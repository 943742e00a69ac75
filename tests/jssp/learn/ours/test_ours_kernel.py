"""The compiled dispatcher against plain Python, torch, the rules and the checker."""

from __future__ import annotations

import numpy as np
import pytest

from jssp import FlexibleJobShopInstance, JobShopInstance, dispatch, generate
from jssp.adapter import to_problem, to_schedule
from jssp.learn.ours import kernel
from jssp.learn.ours.features import CANDIDATE_FEATURES, NUM_CANDIDATE, NUM_CONTEXT, describe
from jssp.learn.ours.network import Network, initial, parameter_count, view
from jssp.learn.ours.rollout import rebuild, roll
from jssp.learn.ours.shop import Shop, shop_of
from schedcore.check import check


def network(seed: int = 0, hidden: int = 8, scale: float = 1.0) -> Network:
    flat = initial(hidden, hidden, np.random.default_rng(seed))
    net = view(flat, hidden, hidden)
    net.w3[:] *= 100 * scale
    net.b1[:] = 0.1
    return net


def linear(**weights: float) -> Network:
    """A policy that only looks at named features."""
    net = view(np.zeros(parameter_count(2, 2), dtype=np.float32), 2, 2)
    for name, value in weights.items():
        net.w0[CANDIDATE_FEATURES.index(name.replace("_", " "))] = value
    return net


def flexible() -> FlexibleJobShopInstance:
    instance = generate("brandimarte:6x4:3")
    assert isinstance(instance, FlexibleJobShopInstance)
    return instance


def job_shop(expression: str) -> JobShopInstance:
    instance = generate(expression)
    assert isinstance(instance, JobShopInstance)
    return instance


@pytest.mark.parametrize("expression", ["taillard:6x5:1", "demirkol_split:7x4:2"])
@pytest.mark.parametrize("mode", [kernel.ACTIVE, kernel.NON_DELAY])
def test_schedules_of_job_shops_are_feasible(expression: str, mode: int) -> None:
    instance = job_shop(expression)
    group = roll(shop_of(instance), network(), [0.0, 1.0, 5.0], 7, mode=mode)
    for starts, makespan in zip(group.starts, group.makespans):
        schedule = to_schedule(instance, starts.astype(np.int64))
        assert check(to_problem(instance), schedule).ok
        assert schedule.makespan == makespan


def test_schedules_of_flexible_shops_are_feasible() -> None:
    instance = flexible()
    shop = shop_of(instance)
    group = roll(shop, network(), [0.0, *[2.0] * 9], 7)
    used = set()
    for starts, choices in zip(group.starts, group.choices):
        modes = np.empty(shop.num_operations, dtype=np.int64)
        modes[shop.alt_op[choices]] = choices - shop.alt_ptr[shop.alt_op[choices]]
        used |= set(modes.tolist())
        assert check(to_problem(instance), to_schedule(instance, starts.astype(np.int64), modes)).ok
    assert len(used) > 1


def test_non_delay_mode_with_one_feature_is_the_rule() -> None:
    # Durations of a wide range, so that no two candidates tie.
    rng = np.random.default_rng(5)
    instance = JobShopInstance("wide", [rng.permutation(5) for _ in range(7)], rng.integers(1, 10**6, (7, 5)))
    shop = shop_of(instance)
    for rule, net in (("spt", linear(duration=-1.0)), ("lpt", linear(duration=1.0))):
        starts = roll(shop, net, 0.0, mode=kernel.NON_DELAY).starts[0]
        assert starts.tolist() == dispatch(instance, rule).tolist()


def test_every_built_schedule_is_active() -> None:
    """No operation could start earlier without delaying another one."""
    instance = job_shop("taillard:5x4:3")
    for starts in roll(shop_of(instance), network(), np.full(6, 3.0), 1).starts:
        for o in range(instance.num_operations):
            first = o == instance.job_offsets[instance.op_jobs[o]]
            ready = 0 if first else starts[o - 1] + instance.op_durations[o - 1]
            same = np.flatnonzero((instance.op_machines == instance.op_machines[o]) & (np.arange(20) != o))
            busy = sorted((starts[i], starts[i] + instance.op_durations[i]) for i in same)
            at = ready
            for begin, end in busy:
                if at + instance.op_durations[o] <= begin:
                    break
                at = max(at, end)
            assert starts[o] <= at


def test_rebuild_repeats_an_active_schedule() -> None:
    for instance in (job_shop("demirkol:6x6:4"), flexible()):
        shop = shop_of(instance)
        group = roll(shop, network(), [0.0, 2.0], 3)
        for starts, choices, makespan in zip(group.starts, group.choices, group.makespans):
            alternative = np.empty(shop.num_operations, dtype=np.int64)
            alternative[shop.alt_op[choices]] = choices
            again = rebuild(shop, starts, alternative)
            assert again[0] == makespan
            assert again[1].tolist() == starts.tolist()


def test_prefixes_are_kept_and_seeds_repeat() -> None:
    shop = shop_of(job_shop("taillard:6x5:1"))
    first = roll(shop, network(), np.full(4, 2.0), 3)
    assert roll(shop, network(), np.full(4, 2.0), 3).choices.tolist() == first.choices.tolist()
    assert roll(shop, network(), np.full(4, 2.0), 4).choices.tolist() != first.choices.tolist()
    lengths = np.array([0, 10, 20, 30])
    other = roll(shop, network(), np.full(4, 2.0), 9, prefixes=first.choices, lengths=lengths)
    for row, length in enumerate(lengths):
        assert other.choices[row, :length].tolist() == first.choices[row, :length].tolist()
    assert other.makespans[3] == first.makespans[3]


def test_a_set_stop_ends_before_the_first_schedule() -> None:
    shop = shop_of(job_shop("taillard:6x5:1"))
    assert np.isinf(roll(shop, network(), [1.0], stop=np.ones(1, dtype=np.int64)).makespans).all()


def walk(shop: Shop, choices: np.ndarray):  # type: ignore[no-untyped-def]
    """The states of a schedule with their candidates and features."""
    most = kernel.widest(shop)
    candidates, when, bounds = np.empty(most, dtype=np.int64), np.empty(most), np.empty(most)
    state = kernel.new_state(shop)
    for choice in choices:
        x = np.zeros((most, NUM_CANDIDATE), dtype=np.float32)
        g = np.zeros(NUM_CONTEXT, dtype=np.float32)
        count = kernel.conflict_set(shop, state, kernel.ACTIVE, candidates, when)
        describe(shop, state, count, candidates, when, bounds, x, g)
        c = candidates[:count].tolist().index(choice)
        yield state, candidates[:count].copy(), when[:count].copy(), x[:count], g, c
        kernel.commit(shop, state, choice, when[c])


@pytest.mark.parametrize("flex", [False, True])
def test_the_state_is_what_a_recount_gives(flex: bool) -> None:
    shop = shop_of(flexible() if flex else job_shop("demirkol_split:6x4:1"))
    choices = roll(shop, network(), [2.0], 5).choices[0]
    left = set(range(len(shop.alt_machine)))
    for state, candidates, when, x, g, c in walk(shop, choices):
        assert np.isfinite(x).all()
        assert np.isfinite(g).all()
        assert abs(x).max() < 50
        for k in range(shop.num_machines):
            mine = [a for a in left if shop.alt_machine[a] == k]
            base = shop.queue_ptr[k]
            live = state.live[base : base + state.live_count[k]].tolist()
            assert sorted(live) == sorted(mine)
            assert state.load[k] == pytest.approx(sum(shop.alt_duration[a] * shop.share[a] for a in mine))
            if mine:
                heads = []
                for a in mine:
                    o = shop.alt_op[a]
                    j = shop.op_job[o]
                    heads.append(state.ready[j] + shop.before[o] - shop.before[state.upcoming[j]])
                assert state.near[k] == min(heads)
            waiting = [a for a in mine if state.upcoming[shop.op_job[shop.alt_op[a]]] == shop.alt_op[a]]
            assert state.queued[k] == len(waiting)
        end = (when + shop.alt_duration[candidates]).min()
        assert (when < end).all() or (shop.alt_duration[candidates] == 0).any()
        o = shop.alt_op[candidates[c]]
        left -= set(range(shop.alt_ptr[o], shop.alt_ptr[o + 1]))
    assert not left


def test_gradient_and_likelihood_agree_with_torch() -> None:
    torch = pytest.importorskip("torch")
    shop = shop_of(flexible())
    net = network(2)
    choices = roll(shop, net, [1.0], 3).choices[0]
    flat = np.zeros(net.size, dtype=np.float32)
    weight, smoothing = 1.7, 0.3
    likelihood, entropy, decisions = kernel.accumulate(
        shop, net, kernel.ACTIVE, choices, weight, smoothing, view(flat, 8, 8)
    )
    parts = [torch.tensor(array.astype(np.float64), requires_grad=True) for array in net]
    w0, w1, wg, b1, w2, wp, b2, w3 = parts
    logs, entropies = [], []
    for _, _, _, x, g, c in walk(shop, choices):
        if len(x) == 1:
            continue
        features, context = torch.tensor(x.astype(np.float64)), torch.tensor(g.astype(np.float64))
        z1 = torch.relu(features @ w1 + context @ wg + b1)
        pooled = torch.cat((z1.mean(0), z1.max(0).values))
        z2 = torch.relu(z1 @ w2 + pooled @ wp + b2)
        log_p = torch.log_softmax(z2 @ w3 + features @ w0, 0)
        logs.append(log_p[c])
        entropies.append(-(log_p.exp() * log_p).sum())
    assert decisions == len(logs) > 5
    assert likelihood == pytest.approx(float(sum(logs).detach()) / decisions, rel=1e-4)
    assert entropy == pytest.approx(float(sum(entropies).detach()) / decisions, rel=1e-4)
    total = (weight * sum(logs) + smoothing * sum(entropies)) / len(choices)
    total.backward()
    for name, array, part in zip(net._fields, view(flat, 8, 8), parts):
        expected = part.grad.numpy()
        assert np.allclose(array, expected, rtol=2e-3, atol=2e-5), name


def test_doubt_is_one_minus_the_probability() -> None:
    shop = shop_of(job_shop("taillard:5x4:3"))
    net = network(2)
    choices = roll(shop, net, [1.0], 3).choices[0]
    doubt = np.full(shop.num_operations, np.nan)
    kernel.doubts(shop, net, kernel.ACTIVE, choices, doubt)
    likelihood, _, decisions = kernel.accumulate(
        shop, net, kernel.ACTIVE, choices, 0.0, 0.0, view(np.zeros(net.size, dtype=np.float32), 8, 8)
    )
    assert np.log(1 - doubt).sum() == pytest.approx(likelihood * decisions, rel=1e-4)


def test_features_of_a_decision_worked_by_hand() -> None:
    # Two jobs want machine 0 at time 0: job 0 for 4 ticks, then 2 on machine 1; job 1 for 6, then nothing.
    shop = shop_of(JobShopInstance("hand", [[0, 1], [0]], [[4, 2], [6]]))
    _, candidates, when, x, g, _ = next(walk(shop, np.array([0, 2, 1])))
    names = dict(zip(CANDIDATE_FEATURES, x.T.tolist()))
    assert candidates.tolist() == [0, 2]
    assert when.tolist() == [0, 0]
    assert shop.scale.tolist() == [4, 10, 2, 1]  # mean duration, load of machine 0, longest job, jobs per machine
    assert names["duration"] == pytest.approx([0.0, 0.2])  # 2p/(p+4) - 1
    assert names["work left after it"] == pytest.approx([0.2, 0.0])
    # The bound is the load of machine 0 with no tail: 10; the path of job 0 leaves 4 ticks, of job 1 too.
    assert names["slack to the bound"] == pytest.approx([1 / 5, 1 / 5])  # 4/4/4 = 0.25 -> 0.25/1.25
    # Job 0 first: job 1 ends at 10.  Job 1 first: job 0 ends at 6 + 4 + 2 = 12.
    assert names["bound after it: all of the machine"] == pytest.approx([0.0, 0.25 / 1.25])
    assert names["has a next operation"] == [1.0, 0.0]
    assert names["next machine: nobody queues"] == [1.0, 0.0]
    assert names["share of rivals with longer tails"] == [0.0, 1.0]
    assert g[0] == pytest.approx(np.log(2) / 3)
