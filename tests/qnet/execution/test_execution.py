"""Execution: against exact means, against an independent event-driven simulation, and the promises."""

from __future__ import annotations

import math

import numpy as np
import pytest
import simpy

from qnet.admission import admit
from qnet.compiling import ReferenceProtocols
from qnet.execution import draw_windows, execute
from qnet.execution.result import quantile, share_interval
from qnet.networks import get_network
from qnet.physics.bell import werner
from qnet.physics.distillation import dejmps
from qnet.physics.hardware import SEED_TERMS, futuristic_hardware, nv_hardware
from qnet.physics.storage import waited
from qnet.physics.swapping import swap
from qnet.protocol.evaluate import classical_delay_s, evaluate
from qnet.workload import load_workload
from schedcore.errors import InputError


@pytest.fixture(scope="module")
def line() -> ReferenceProtocols:
    return ReferenceProtocols(get_network("line"))


@pytest.mark.parametrize(
    ("pair", "fidelity"), [(("0", "1"), 0.9), (("0", "2"), 0.7), (("0", "2"), 0.8), (("0", "3"), 0.55)]
)
@pytest.mark.parametrize("t2_s", [1.0, 10.0])
def test_means_are_those_of_the_exact_evaluation(pair, fidelity: float, t2_s: float, line) -> None:
    """Tolerance: five standard errors, a false alarm once in a million."""
    protocol = line.protocol(*pair, fidelity)
    hardware = nv_hardware(t2_s)
    exact = evaluate(protocol, hardware)
    count = 200_000
    drawn = draw_windows(protocol, hardware, count, np.random.default_rng(1))
    hits = int(drawn.delivered.sum())
    assert abs(hits / count - exact.success) < 5 * math.sqrt(exact.success * (1 - exact.success) / count) + 1e-9
    if hits > 100:
        sample = drawn.fidelity[drawn.delivered]
        assert abs(sample.mean() - exact.fidelity) < 5 * sample.std() / math.sqrt(hits)


def test_seed_terms_deliver_always_and_the_nominal_fidelity(line) -> None:
    protocol = line.protocol("0", "2", 0.8)
    drawn = draw_windows(protocol, SEED_TERMS, 10, np.random.default_rng(0))
    assert drawn.delivered.all()
    assert drawn.fidelity == pytest.approx(protocol.fidelity, abs=1e-9)


def simulate_with_simpy(protocol, hardware, rng) -> float | None:
    """One window, event by event with scalar states: the fidelity of the pair, or ``None``."""
    env = simpy.Environment()
    ready: dict[str, dict] = {}
    failed: list[str] = []
    slot_s = protocol.slot_s

    def age(link, node, now) -> None:
        qubit, since = link["ends"][node]
        link["state"] = waited(link["state"], now - since, hardware.memory(qubit))
        link["ends"][node] = (qubit, now)

    def generate(op):
        yield env.timeout(op.start_slot * slot_s)
        capability = op.node.capability
        for _ in range(int(op.slots * slot_s / capability.cycle_s + 1e-9)):
            yield env.timeout(capability.cycle_s)
            if rng.random() < capability.trial_probability:
                ends = {q.rpartition("-")[0]: (q, env.now) for q in op.held}
                ready[op.name] = {"state": werner(capability.fidelity), "ends": ends}
                return
        failed.append(op.name)

    def join(op):
        gates_s = hardware.swap_s if op.kind == "S" else hardware.distill_s
        yield env.timeout(op.start_slot * slot_s + gates_s)
        if failed:
            return
        left, right = (ready.pop(name) for name in op.inputs)
        if op.kind == "S":
            (pivot,) = op.nodes
            age(left, pivot, env.now)
            age(right, pivot, env.now)
            # The far ends age on; ageing commutes with the swap.
            ends = {n: e for link in (left, right) for n, e in link["ends"].items() if n != pivot}
            ready[op.name] = {"state": swap(left["state"], right["state"], hardware.noise), "ends": ends}
            return
        for link in (left, right):
            for node in list(link["ends"]):
                age(link, node, env.now)
        kept = dejmps(left["state"], right["state"], hardware.noise)
        if rng.random() >= kept.probability:
            failed.append(op.name)
            return
        ready[op.name] = {"state": kept.state, "ends": {q.rpartition("-")[0]: (q, env.now) for q in op.held}}

    for op in protocol.operations:
        env.process(generate(op) if op.kind == "L" else join(op))
    env.run()
    if failed:
        return None
    (pair,) = ready.values()
    end = protocol.latency_slots * slot_s + classical_delay_s(protocol)
    for node in list(pair["ends"]):
        age(pair, node, end)
    return pair["state"].fidelity


@pytest.mark.parametrize(("pair", "fidelity"), [(("0", "1"), 0.9), (("0", "2"), 0.6)])
def test_event_driven_simulation_agrees(pair, fidelity: float, line) -> None:
    """A second implementation: SimPy processes, trial by trial.  Tolerance: four standard errors."""
    protocol, hardware = line.protocol(*pair, fidelity), nv_hardware(1.0)
    rng = np.random.default_rng(3)
    results = [simulate_with_simpy(protocol, hardware, rng) for _ in range(400)]
    pairs = [f for f in results if f is not None]
    drawn = draw_windows(protocol, hardware, 100_000, np.random.default_rng(4))
    share = drawn.delivered.mean()
    assert abs(len(pairs) / len(results) - share) < 4 * math.sqrt(share * (1 - share) / len(results))
    sample = drawn.fidelity[drawn.delivered]
    assert abs(np.mean(pairs) - sample.mean()) < 4 * np.std(pairs) / math.sqrt(len(pairs)) + 1e-6


def test_execution_reports_rates_and_promises() -> None:
    compiler = ReferenceProtocols(get_network("surfnet"))
    admission = admit(load_workload(compiler, 0.98, 5.0, 0))
    result = execute(admission.schedule, admission.demands, futuristic_hardware(1.0), slots=20_000, seed=1)
    again = execute(admission.schedule, admission.demands, futuristic_hardware(1.0), slots=20_000, seed=1)
    assert result == again
    for row, o in zip(result.demands, admission.demands):
        assert row.windows == 20_000 // o.period
        assert row.rate_low_hz <= row.rate_hz <= row.rate_high_hz
        assert row.fidelity_p5 <= row.fidelity < o.protocol.fidelity  # memories decohere, the compiler did not know
        assert row.latency_s > 0
    assert 0 < result.fairness <= 1
    assert result.kept == sum(d.holds for d in result.demands)
    assert result.as_dict()["accepted"] == len(result.demands)


def test_bad_requests_are_refused(line) -> None:
    admission = admit(load_workload(line, 0.55, 5.0, 0))
    with pytest.raises(InputError, match="less than the longest period"):
        execute(admission.schedule, admission.demands, nv_hardware(), slots=10)
    with pytest.raises(InputError, match="1 demands for"):
        execute(admission.schedule, admission.demands[:1], nv_hardware())
    interrupted = admit(load_workload(line, 0.55, 20.0, 1), "rcpsp-pb")
    if any(len(run.pieces) > 1 for run in interrupted.schedule.runs):
        with pytest.raises(InputError, match="interrupts protocols"):
            execute(interrupted.schedule, interrupted.demands, nv_hardware())


def test_intervals() -> None:
    assert quantile(1) == pytest.approx(1.959964, abs=1e-6)
    assert quantile(10) > quantile(1)
    low, high = share_interval(50, 100, quantile(1))
    assert (round(low, 4), round(high, 4)) == (0.4038, 0.5962)  # Wilson
    assert share_interval(0, 0, 2.0) == (0.0, 1.0)
