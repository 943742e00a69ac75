"""Projects: the profile against a recount, the gradient against torch, features worked by hand."""

from __future__ import annotations

import numpy as np
import pytest

from jssp import ProjectInstance, generate
from jssp.learn.ours import project_kernel as kernel
from jssp.learn.ours.features import NUM_CANDIDATE, NUM_CONTEXT
from jssp.learn.ours.network import Network, initial, view
from jssp.learn.ours.project_shop import ProjectShop, build_project, project_of
from jssp.learn.ours.rollout import accumulate, roll
from schedcore.errors import UnsupportedFeatureError


def network() -> Network:
    net = view(initial(8, 8, np.random.default_rng(2)), 8, 8)
    net.w3[:] *= 100
    return net


def project(expression: str) -> ProjectShop:
    instance = generate(expression)
    assert isinstance(instance, ProjectInstance)
    return project_of(instance)


def walk(shop: ProjectShop, choices: np.ndarray):  # type: ignore[no-untyped-def]
    """The states of a schedule with their candidates and features."""
    most = len(shop.duration)
    candidates, when, bounds = np.empty(most, dtype=np.int64), np.empty(most), np.empty(most)
    state = kernel.project_state(shop)
    for choice in choices:
        x = np.zeros((most, NUM_CANDIDATE), dtype=np.float32)
        g = np.zeros(NUM_CONTEXT, dtype=np.float32)
        count = kernel.project_candidates(shop, state, candidates, when)
        kernel.project_describe(shop, state, count, candidates, when, bounds, x, g)
        c = candidates[:count].tolist().index(choice)
        yield state, candidates[:count].copy(), when[:count].copy(), x[:count], g, c
        kernel.project_commit(shop, state, choice, when[c])


@pytest.mark.parametrize("expression", ["progen:14x3:1:resource_factor=0.8", "progen:20x2:2:resource_strength=0.0"])
def test_starts_are_the_earliest_that_a_recount_allows(expression: str) -> None:
    shop = project(expression)
    for choices in roll(shop, network(), [0.0, 2.0], 5).choices:
        for state, candidates, when, x, g, _ in walk(shop, choices):
            assert np.isfinite(x).all()
            assert np.isfinite(g).all()
            done = np.flatnonzero(state.begin >= 0)
            for i, start in zip(candidates, when):
                assert start >= state.ready[i]
                for at in range(int(state.ready[i]), int(start) + 1):
                    ticks = range(at, at + int(shop.duration[i]))
                    fits = True
                    for tick in ticks:
                        runs = done[(state.begin[done] <= tick) & (tick < state.begin[done] + shop.duration[done])]
                        fits &= bool((shop.demand[runs].sum(axis=0) + shop.demand[i] <= shop.capacity).all())
                    assert fits == (at == start)
            ends = when + shop.duration[candidates]
            assert (when < ends.min()).all() or (shop.duration[candidates] == 0).any()


def test_gradient_and_likelihood_agree_with_torch() -> None:
    torch = pytest.importorskip("torch")
    shop, net = project("progen:20x3:1:resource_factor=0.8"), network()
    choices = roll(shop, net, [1.0], 3).choices[0]
    flat = np.zeros(net.size, dtype=np.float32)
    likelihood, _, decisions = accumulate(shop, net, choices, 1.7, 0.0, view(flat, 8, 8))
    w0, w1, wg, b1, w2, wp, b2, w3 = parts = [
        torch.tensor(array.astype(np.float64), requires_grad=True) for array in net
    ]
    logs = []
    for _, _, _, x, g, c in walk(shop, choices):
        if len(x) > 1:
            features, context = torch.tensor(x.astype(np.float64)), torch.tensor(g.astype(np.float64))
            z1 = torch.relu(features @ w1 + context @ wg + b1)
            pooled = torch.cat((z1.mean(0), z1.max(0).values))
            z2 = torch.relu(z1 @ w2 + pooled @ wp + b2)
            logs.append(torch.log_softmax(z2 @ w3 + features @ w0, 0)[c])
    assert decisions == len(logs) > 5
    assert likelihood == pytest.approx(float(sum(logs).detach()) / decisions, rel=1e-4)
    (1.7 * sum(logs) / len(choices)).backward()
    for array, part in zip(view(flat, 8, 8), parts):
        assert np.allclose(array, part.grad.numpy(), rtol=2e-3, atol=2e-5)


def test_features_worked_by_hand() -> None:
    # Activities of 2 and 4 ticks that do not fit side by side; behind the first one of 6.
    shop = build_project([2, 4, 6], [(0, 2)], [[2], [2], [0]], [3])
    assert shop.tail.tolist() == [6, 0, 0]
    assert shop.scale.tolist() == [4, 8]
    _, candidates, when, x, _, _ = next(walk(shop, np.array([0, 1, 2])))
    names = dict(zip(kernel.PROJECT_FEATURES, x.T.tolist()))
    assert candidates.tolist() == [0, 1]  # both can start at 0, before the first could end at 2
    assert when.tolist() == [0, 0]
    assert names["duration"] == pytest.approx([2 * 2 / 6 - 1, 0.0])
    assert names["work left after it"] == pytest.approx([6 / 8, 0.0])
    # The bound is the path 2 + 6 = 8.  With the first one first the other ends at 6; else the path ends at 12.
    assert names["bound after it"] == pytest.approx([0.0, 0.5])  # (12 - 8) / 4 = 1 -> 1/2
    assert names["successors that it sets free"] == pytest.approx([1 / 3, 0.0])
    assert names["largest share of a capacity"] == pytest.approx([2 / 3, 2 / 3])


def test_what_has_no_schedule_is_refused() -> None:
    with pytest.raises(UnsupportedFeatureError, match="a demand above its capacity"):
        build_project([1], [], [[2]], [1])
    with pytest.raises(UnsupportedFeatureError, match="a precedence cycle"):
        build_project([1, 1], [(0, 1), (1, 0)], [[0], [0]], [1])
