"""Packets: lengths, scan statistics, static and dynamic schedules."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qnet.dynamic import POLICIES, simulate_dynamic
from qnet.networks import get_network
from qnet.packets import (
    Application,
    Attempts,
    PathModel,
    chain_slots,
    exact_probability,
    packet_probability,
    packet_slots,
    random_applications,
    simulate_static,
    static_table,
)
from qnet.packets.sessions import simulate_sessions
from qnet.suites.packets import ATTEMPT_SLOTS, NAUS, SHORTEST
from schedcore.errors import InputError, UnknownNameError


@pytest.mark.parametrize("target", ATTEMPT_SLOTS)
def test_attempt_lengths_of_the_table(target: float) -> None:
    model = PathModel()
    assert tuple(model.attempt_slots(swaps, 2, target) for swaps in range(9)) == ATTEMPT_SLOTS[target]


@pytest.mark.parametrize("row", NAUS)
def test_scan_statistic_and_exact_value(row) -> None:
    k, w, n, p, approximation, exact = row
    assert packet_probability(k, w, n, p) == pytest.approx(approximation, abs=5e-7)
    assert exact_probability(k, w, n, p) == pytest.approx(exact, abs=5e-7)


@pytest.mark.parametrize("k", SHORTEST)
def test_shortest_lengths(k: int) -> None:
    assert tuple(packet_slots(k, 100, 0.05, t) for t in (0.5, 0.8, 0.9, 0.99)) == SHORTEST[k]


@given(st.integers(1, 4), st.integers(4, 9), st.integers(1, 40), st.floats(0.02, 0.3))
@settings(max_examples=40)
def test_approximation_is_near_the_exact_value(k: int, w: int, n: int, p: float) -> None:
    assert packet_probability(k, w, n, p) == pytest.approx(exact_probability(k, w, n, p), abs=0.01)


def test_chain_of_two_in_the_restart_model() -> None:
    assert chain_slots(2, 10, 0.1) == pytest.approx(23.28, abs=0.01)
    assert chain_slots(1, 5, 0.25) == pytest.approx(4.0)
    assert chain_slots(3, 10, 0.1, 0.5) == pytest.approx(4 * chain_slots(3, 10, 0.1))


def app(name: str, links: tuple[int, ...], slots: int, period: int, packets: int = 5, p: float = 0.5) -> Application:
    return Application(name, links, len(links) - 1, slots, period, packets, 1, None, p)


def test_static_table_serialises_conflicts_only() -> None:
    table = static_table([app("a", (0, 1), 3, 10), app("b", (1, 2), 4, 10), app("c", (3,), 5, 10)])
    assert table == [(0, 0), (0, 2), (3, 1)]
    assert static_table([app("a", (0,), 6, 10), app("b", (0,), 5, 10)]) is None
    assert static_table([app("a", (0,), 11, 10)]) is None


def test_static_completion_is_the_packet_probability() -> None:
    applications = [app(f"a{i}", (i,), 2, 10, packets=2000, p=0.5) for i in range(3)]
    result = simulate_static(applications, 0.01, seed=1, links=3)
    assert result is not None
    assert result.completed_ratio == pytest.approx(0.75, abs=4 * math.sqrt(0.75 * 0.25 / 8000))


def test_dynamic_runs_alone_until_the_deadline() -> None:
    """One application, attempts of one slot with p = 1/2, four per period: a packet fails with 1/16."""
    result = simulate_dynamic([app("a", (0,), 1, 4, packets=4000)], 1.0, seed=2, links=1, max_periods=10_000)
    assert result.completed_ratio == pytest.approx(15 / 16, abs=4 * math.sqrt(15 / 256 / 4000))
    assert result.defer_probability == 0.0
    assert result.link_utilisation == pytest.approx((15 / 8) / 4, abs=0.02)  # (1 - 1/16) / (1/2) attempts in 4 slots


def test_dynamic_beats_static_on_garr() -> None:
    network, model = get_network("garr"), PathModel()
    applications = random_applications(network, 50, 0.3, seed=1, packets=20)
    static = simulate_static(applications, model.slot_s, seed=1, links=len(network.links))
    dynamic = simulate_dynamic(applications, model.slot_s, seed=1, links=len(network.links))
    assert static is not None
    assert abs(static.completed_ratio - 0.3) < 0.05
    assert dynamic.completed_ratio >= 0.98
    assert dynamic.makespan_s < static.makespan_s
    assert simulate_dynamic(applications, model.slot_s, seed=1, links=len(network.links)) == dynamic
    assert sum(dynamic.by_application) == dynamic.completed


def test_shortest_first_completes_more_under_overload() -> None:
    network, model = get_network("garr"), PathModel()
    applications = random_applications(network, 300, 0.5, seed=0, packets=5)
    ratios = {
        policy: simulate_dynamic(
            applications, model.slot_s, seed=0, links=len(network.links), policy=policy
        ).completed_ratio
        for policy in POLICIES
    }
    assert ratios["edf-short"] > ratios["edf"]


def test_keeping_pairs_takes_longer_than_measuring_them() -> None:
    model = PathModel(trials=50)
    assert model.attempt_slots(1, 3, 0.9, window=20) > model.attempt_slots(1, 3, 0.9, window=None)
    kept = Application("k", (0,), 0, 10, 20, 1, 2, 3, 0.2)
    draws = Attempts(0)
    mean = sum(draws.slots(kept) for _ in range(4000)) / 4000
    # Two successes fewer than three slots apart: 1/p + 1/(p (1 - (1 - p)^2)) slots on average.
    assert mean == pytest.approx(1 / 0.2 + 1 / (1 - 0.8**2) / 0.2, rel=0.2)


def test_admission_control_protects_the_accepted() -> None:
    model = PathModel(slot_s=1e-3, trials=40, trial_probability=2.5e-3, swap_probability=1.0)
    sessions = random_applications(get_network("star6"), 40, 0.9, seed=0, packets=20, pairs=1, model=model)
    kept = simulate_sessions(sessions, model.slot_s, links=6, expiry_periods=26, admission=True, seed=0)
    open_ = simulate_sessions(sessions, model.slot_s, links=6, expiry_periods=26, admission=False, seed=0)
    assert kept.kept_share > open_.kept_share
    assert kept.kept_share == 1.0
    assert kept.accepted < kept.offered == open_.accepted


@pytest.mark.parametrize(
    ("call", "match"),
    [
        (lambda: packet_probability(0, 5, 10, 0.1), "a packet of 0 pairs"),
        (lambda: packet_probability(2, 0, 10, 0.1), "a window of 0 slots"),
        (lambda: packet_probability(2, 5, 10, 0.0), "a probability of 0"),
        (lambda: packet_probability(2, 5, -1, 0.1), "-1 slots"),
        (lambda: packet_slots(2, 5, 0.1, 1.0), "packet probability of 1"),
        (lambda: packet_slots(6, 5, 0.1, 0.5), "6 pairs cannot fall within 5 slots"),
        (lambda: packet_slots(5, 5, 1e-3, 0.9), "take more than"),
        (lambda: PathModel(trial_probability=0), "trial_probability is 0"),
        (lambda: PathModel(trials=0), "0 trials"),
        (lambda: chain_slots(0, 1, 0.5), "0 links"),
        (lambda: random_applications(get_network("star"), 0, 0.5, seed=0), "0 applications"),
        (lambda: random_applications(get_network("star"), 1, 0.5, seed=0, period_s=0.00015), "does not divide"),
    ],
)
def test_bad_input_is_refused(call, match: str) -> None:
    with pytest.raises(InputError, match=match):
        call()


def test_unknown_policy_is_refused() -> None:
    with pytest.raises(UnknownNameError, match="unknown policy"):
        simulate_dynamic([], 1.0, seed=0, links=1, policy="lifo")
