"""Decisions told one by one agree with the kernel, and the picture of one is drawn."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from jssp import standard_instance
from jssp.learn.ours.explain import decisions
from jssp.learn.ours.features import CANDIDATE_FEATURES, CONTEXT_FEATURES
from jssp.learn.ours.network import Network, initial, view
from jssp.learn.ours.picture import plot_decision
from jssp.learn.ours.rollout import roll
from jssp.learn.ours.shop import shop_of


def network() -> Network:
    net = view(initial(8, 8, np.random.default_rng(1)), 8, 8)
    net.w3[:] *= 50
    return net


def test_told_decisions_are_those_of_the_kernel() -> None:
    shop, net = shop_of(standard_instance("ft06")), network()
    group = roll(shop, net, [0.0, 1.0], 4)
    greedy = decisions(shop, net)
    assert [d.alternatives[d.chosen] for d in greedy] == group.choices[0].tolist()
    drawn = decisions(shop, net, group.choices[1])
    assert [d.alternatives[d.chosen] for d in drawn] == group.choices[1].tolist()
    for step, decision in enumerate(drawn):
        assert decision.step == step == (decision.placed >= 0).sum()
        assert np.isclose(decision.probabilities.sum(), 1)
        assert decision.starts.max() < decision.ends.min()
        assert set(decision.named(0)) == {*CANDIDATE_FEATURES, *CONTEXT_FEATURES}
    assert np.array_equal(drawn[-1].placed >= 0, np.arange(36) != shop.alt_op[group.choices[1][-1]])


def test_picture(tmp_path: Path) -> None:
    instance = standard_instance("ft06")
    found = decisions(shop_of(instance), network())
    for decision in (found[0], found[20]):
        figure = plot_decision(instance, decision)
        figure.savefig(tmp_path / "decision.png", dpi=50)
        bars = figure.axes[1].patches
        assert len(bars) == len(decision.jobs)
        assert (tmp_path / "decision.png").stat().st_size > 5000
