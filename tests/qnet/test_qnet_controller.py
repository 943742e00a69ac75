"""The controller: whatever comes and goes, every window of every accepted demand is served."""

from __future__ import annotations

import itertools
import json

import numpy as np
import pytest

from qnet.compiling import ReferenceProtocols
from qnet.controller import Controller, served_windows
from qnet.demand import Demand
from qnet.export import network_schedules, node_tables
from qnet.networks import get_network
from schedcore.errors import InputError, UnknownNameError


@pytest.fixture(scope="module")
def compiler() -> ReferenceProtocols:
    return ReferenceProtocols(get_network("line"))


@pytest.mark.parametrize("seed", range(4))
def test_nothing_accepted_is_ever_broken(seed: int, compiler) -> None:
    controller = Controller(compiler)
    rng = np.random.default_rng(seed)
    now, live, life = 0.0, [], {}
    for n in range(60):
        now += rng.exponential(3.0)
        if live and rng.random() < 0.4:
            name = live.pop(int(rng.integers(len(live))))
            life[name][1] = controller.leave(name, now)
            continue
        u, v = rng.choice(6, 2, replace=False)
        rate_hz = 1 / (0.01 * 2 ** int(rng.integers(4, 10)))
        demand = Demand(str(u), str(v), float(rng.choice([0.55, 0.65, 0.75])), rate_hz, name=f"r{n}")
        answer = controller.request(demand, now)
        if answer.accepted:
            assert answer.from_slot * 0.01 >= now
            live.append(demand.name)
            life[demand.name] = [answer.from_slot, None]
        else:
            assert answer.reason
    end = int(now / 0.01) + 1024
    windows = served_windows(controller.epochs, end)
    periods = {o.demand.name: o.period for epoch in controller.epochs for o in epoch.demands}
    served: dict[str, set[int]] = {name: set() for name in life}
    taken: dict[str, list[tuple[int, int]]] = {}
    for name, k, first, last, occupation in windows:
        assert k * periods[name] <= first
        assert last <= (k + 1) * periods[name]
        assert k not in served[name]
        served[name].add(k)
        for a, b, qubit in occupation:
            taken.setdefault(qubit, []).append((a, b))
    for name, (first, last) in life.items():
        stop = end if last is None else min(last, end)
        assert set(range(first // periods[name], stop // periods[name])) <= served[name]
    for intervals in taken.values():  # also across every switch of tables
        intervals.sort()
        assert all(b <= c for (_, b), (c, _) in itertools.pairwise(intervals))
    assert len(life) > 10


def test_tables_repeat_and_name_everything(compiler) -> None:
    controller = Controller(compiler)
    controller.request(Demand("1", "3", 0.6, 5.0, name="A"))
    controller.request(Demand("0", "1", 0.8, 10.0, name="B"))
    epoch = controller.current
    tables = node_tables(epoch.schedule, epoch.demands, compiler.network)
    assert json.loads(json.dumps(tables)) == tables
    assert tables["hyperperiod_slots"] == 20
    rows = tables["nodes"]["2"]
    assert {row["kind"] for row in rows} == {"L", "S"}
    swap = next(row for row in rows if row["kind"] == "S")
    assert swap["partner"] is None
    assert all(q.startswith("2-") for row in rows for q in row["qubits"])
    bins = network_schedules(epoch.schedule, epoch.demands)
    assert bins["repeat_period_ns"] == 200_000_000
    assert [row["session"] for row in bins["nodes"]["0"]] == ["B", "B"]
    with pytest.raises(InputError, match="0 demands for 2 tasks"):
        node_tables(epoch.schedule, (), compiler.network)


def test_requests_that_cannot_be_served_are_answered(compiler) -> None:
    controller = Controller(compiler)
    answer = controller.request(Demand("0", "5", 0.95, 1.0))
    assert not answer.accepted
    assert "no protocol over 5 hops" in answer.reason
    assert controller.request(Demand("0", "1", 0.6, 25.0, name="a")).accepted
    refused = controller.request(Demand("0", "1", 0.6, 25.0, name="b")).accepted and controller.request(
        Demand("0", "1", 0.6, 25.0, name="c")
    )
    assert refused is not True
    with pytest.raises(InputError, match="a is served already"):
        controller.request(Demand("1", "2", 0.6, 1.0, name="a"))
    with pytest.raises(UnknownNameError, match="unknown demand 'zz'"):
        controller.leave("zz")


def test_blocking_on_the_star_is_erlangs_loss_formula() -> None:
    """Equal demands that all use the hub: Poisson arrivals, room for m, lost if there is none (M/G/m/m).

    A window of 9 slots every 32: three fit at once.  Switches happen at multiples of 32 slots, short against the mean
    stay of 200 s, so the formula applies.  1500 arrivals; blocked arrivals come in clusters, hence a tolerance of
    eight standard errors of independent ones.
    """
    compiler = ReferenceProtocols(get_network("star"))
    protocol = compiler.protocol("0", "1", 0.6)
    assert protocol is not None
    assert protocol.occupied_slots["3-C0"] == 8
    controller = Controller(compiler, portfolio=())
    rng = np.random.default_rng(5)
    ends, now, blocked, arrivals = [], 0.0, 0, 1500
    stay_s, offered = 200.0, 1.5
    for n in range(arrivals):
        now += rng.exponential(stay_s / offered)
        for end, name in sorted(ends):
            if end <= now:
                controller.leave(name, end)
                ends.remove((end, name))
        u, v = rng.choice(3, 2, replace=False)
        answer = controller.request(Demand(str(u), str(v), 0.6, 3.125, name=f"r{n}", period_s=0.32), now)
        if answer.accepted:
            ends.append((now + rng.exponential(stay_s), f"r{n}"))
        else:
            blocked += 1
        controller.epochs[:-1] = []
    room = 3
    term = [1.0]
    for k in range(1, room + 1):
        term.append(term[-1] * offered / k)
    erlang = term[-1] / sum(term)
    share = blocked / arrivals
    assert abs(share - erlang) < 8 * (erlang * (1 - erlang) / arrivals) ** 0.5
