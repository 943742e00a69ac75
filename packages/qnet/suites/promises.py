"""Part ``promises`` of the suite ``physical``: what is promised in physical mode is kept when it is played.

Demands that are feasible alone, at a load of at most 0.5 pairs per second; every accepted one must keep mean fidelity
and rate at the lower end of its interval (95 %, Bonferroni), and at least 80 % must be accepted.  Beside it the seed's
schedule of the same demands, played on the same hardware, and our admission at equal guarantees.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from qnet.admission import admit, tasks_of
from qnet.command import WINDOWS_FOR_A_PROMISE
from qnet.compiling import OfferedDemand, ReferenceProtocols
from qnet.execution import ExecutionResult, execute
from qnet.networks import get_network
from qnet.physical_protocols import PhysicalProtocols, hardware_of
from qnet.physics.hardware import Hardware
from qnet.scheduling import CyclicSchedule
from qnet.workload import load_workload
from schedcore.bench import BenchRow, Sense, SuiteOptions
from schedcore.errors import InputError

SOURCE = "decision of the project (specification 0b.2, 0b.3)"
LOAD_HZ = 0.5
SETS = 3
CASES = (
    *(("surfnet", 10.0, f) for f in (0.90, 0.95, 0.98)),
    *(("surfnet", 1.0, f) for f in (0.70, 0.80, 0.90)),
    *((name, 10.0, f) for name in ("star", "H", "line5") for f in (0.55, 0.60, 0.65)),
)
"""Network, T2 in seconds, least fidelity."""


def promise_rows(options: SuiteOptions) -> Iterator[BenchRow]:
    """Acceptance, promises kept, and delivered rate beside the seed's schedule, case by case."""
    compilers = {
        (name, t2_s): PhysicalProtocols(get_network(name), t2_s=t2_s) for name, t2_s in {(c[0], c[1]) for c in CASES}
    }
    for done, (name, t2_s, fidelity) in enumerate(CASES):
        options.progress(done, len(CASES), f"promises: {name}, T2 {t2_s:g} s, F {fidelity}")
        network = get_network(name)
        hardware = hardware_of(network, t2_s)
        compiler = compilers[name, t2_s]
        id = f"{name}/T2 {t2_s:g} s/F {fidelity:.2f}"
        try:
            workloads = [load_workload(compiler, fidelity, LOAD_HZ, options.seed + s) for s in range(SETS)]
        except InputError:
            yield BenchRow(id, "pairs that can be served", 0, note="no pair reaches this fidelity alone")
            continue
        accepted = offered = kept = 0
        delivered = before = 0.0
        seed = ReferenceProtocols(network)
        for workload in workloads:
            admission = admit(workload)
            result = play(admission.schedule, admission.demands, hardware, options.seed)
            accepted += len(admission.accepted)
            offered += len(workload)
            kept += result.kept
            delivered += result.good_hz
            before += _seed_delivers(workload, seed, hardware, options.seed)
        yield BenchRow(
            id, "accepted share", accepted / offered, 0.8, "", SOURCE, sense=Sense.AT_LEAST,
            note=f"{accepted} of {offered} demands at load {LOAD_HZ:g}",
        )  # fmt: skip
        yield BenchRow(id, "promises kept", kept / max(1, accepted), 1.0, "", SOURCE, note=f"{kept} of {accepted}")
        yield BenchRow(
            id, "delivered with the fidelity asked for", delivered / SETS, 1.5 * before / SETS, "ebit/s",
            "1.5 times the seed's schedule of the same demands, played", sense=Sense.AT_LEAST,
            note=f"the seed's: {before / SETS:.3g} ebit/s",
        )  # fmt: skip
    yield from _admission(compilers, options)


def play(
    schedule: CyclicSchedule, demands: tuple[OfferedDemand, ...], hardware: Hardware, seed: int
) -> ExecutionResult:
    """As many slots as the intervals need."""
    slots = WINDOWS_FOR_A_PROMISE * max(task.period for task in schedule.tasks)
    return execute(schedule, demands, hardware, slots=slots, seed=seed, max_windows=4 * WINDOWS_FOR_A_PROMISE)


def _seed_delivers(workload: list[OfferedDemand], seed: ReferenceProtocols, hardware: Hardware, number: int) -> float:
    """Rate that the seed's schedule of the same demands delivers at the fidelity asked for."""
    offered = []
    for old in workload:
        demand = old.demand
        protocol = seed.protocol(demand.source, demand.destination, demand.fidelity)
        period = demand.period_slots(seed.slot_s)
        if protocol is not None and protocol.latency_slots <= period:
            offered.append(OfferedDemand(demand, protocol, period, {q: q for q in protocol.qubits}))
    admission = admit(offered)
    return play(admission.schedule, admission.demands, hardware, number).good_hz if admission.accepted else 0.0


def _admission(compilers: dict[tuple[str, float], PhysicalProtocols], options: SuiteOptions) -> Iterator[BenchRow]:
    """Our admission beside the published one, both in physical mode: the same windows, so the same guarantees."""
    for name, t2_s, fidelity, load_hz in (
        ("H", 10.0, 0.55, 6.0),
        ("line5", 10.0, 0.60, 6.0),
        ("surfnet", 10.0, 0.95, 30.0),
    ):
        compiler = compilers[name, t2_s]
        hardware = hardware_of(get_network(name), t2_s)
        sets = [load_workload(compiler, fidelity, load_hz, options.seed + s) for s in range(6)]
        pairs = [(admit(w), admit(w, rule="retry")) for w in sets]
        id = f"{name}/T2 {t2_s:g} s/F {fidelity:.2f}/load {load_hz:g}"
        less = sum(len(b.accepted) < len(a.accepted) or b.throughput_hz < a.throughput_hz - 1e-9 for a, b in pairs)
        yield BenchRow(id, "workloads on which ours accepts less", less, 0, "workloads", "published admission")
        for quantity, old, new in (
            ("demands", [len(a.accepted) for a, _ in pairs], [len(b.accepted) for _, b in pairs]),
            ("rate", [a.throughput_hz for a, _ in pairs], [b.throughput_hz for _, b in pairs]),
        ):
            yield BenchRow(
                id, f"{quantity} by our admission", float(np.mean(new)), float(np.mean(old)), "",
                "published admission, same workloads", sense=Sense.AT_LEAST,
                note=f"{np.mean(new) / np.mean(old) - 1:+.1%}",
            )  # fmt: skip
        ours = pairs[0][1]
        result = play(ours.schedule, ours.demands, hardware, options.seed)
        yield BenchRow(
            id, "promises kept by our admission", result.kept / len(result.demands), 1.0, "", SOURCE,
            note=f"{result.kept} of {len(tasks_of(ours.demands))}",
        )  # fmt: skip
