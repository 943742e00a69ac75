"""The part of the suite ``physical`` that needs no execution: what protocols can promise, and the before-picture.

Rows of decoherence: the published protocols with storage counted, beside the specification's own calculation
(``decoherence_gap.csv``).  Rows of the region: highest fidelity and delivered rates by hops and memory time; they are
measurements, nobody published any.  Rows on the seed's terms: the physical compiler beside the published search.
"""

from __future__ import annotations

import csv
import itertools
import time
from collections.abc import Iterator
from dataclasses import replace

from qnet.physics.hardware import SEED_TERMS
from qnet.physics.storage import Memory
from qnet.protocol.evaluate import evaluate
from qnet.protocol.physical import PhysicalCompiler
from qnet.protocol.reference import ReferenceCompiler
from qnet.protocol.region import Family, feasible_region
from qnet.suites.golden import PROTOCOLS, SOURCE, find_golden
from schedcore.bench import BenchRow, Sense, SuiteOptions

GAP = "decoherence_gap.csv"
GAP_SOURCE = "decoherence_gap.csv (calculated from the golden mappings)"
REGION_HOPS: dict[Family, tuple[int, ...]] = {"nv": (1, 2, 3, 4), "futuristic": (1, 2, 4, 6, 8, 10, 12, 14)}
REGION_TARGETS: dict[Family, tuple[float, ...]] = {"nv": (0.55, 0.65), "futuristic": (0.9, 0.98)}


def region_rows(options: SuiteOptions) -> Iterator[BenchRow]:
    """Feasible region of both hardware families."""
    for family, hops in REGION_HOPS.items():
        for row in feasible_region(family, hops):
            name = f"{family} {row.hops} hops T2 {row.t2_s:g} s"
            options.progress(0, 0, name)
            yield BenchRow(name, "best fidelity", round(row.best_fidelity, 4))
            yield BenchRow(name, "delivered rate at best fidelity", round(row.rate_at_best_hz, 6), unit="Hz")
            for target in REGION_TARGETS[family]:
                yield BenchRow(name, f"delivered rate at F {target:g}", round(row.best_rate_hz(target), 4), unit="Hz")


def decoherence_rows(options: SuiteOptions) -> Iterator[BenchRow]:
    """Fidelity of the published protocols when storage decoheres: links certain, no gate errors."""
    from qnet.networks.links import nv_capabilities

    links = nv_capabilities(5.0)
    with (find_golden(options.data_dirs) / GAP).open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        path = [str(i) for i in range(int(row["hops"]) + 1)]
        edges = dict.fromkeys(itertools.pairwise(path), links)
        mapped = ReferenceCompiler(dict.fromkeys(path, (1, 3)), edges).compile(path, float(row["F_min"]))
        if mapped is None:
            continue
        for column, t2_s in (("F_T2_1s", 1.0), ("F_T2_10s", 10.0)):
            memory = Memory(t2_s=t2_s)
            ours = evaluate(mapped, replace(SEED_TERMS, comm=memory, storage=memory)).fidelity
            name = f"published {row['hops']} hops F {row['F_min']} T2 {t2_s:g} s"
            yield BenchRow(name, "fidelity with storage", round(ours, 4), float(row[column]), "", GAP_SOURCE, 5e-4)


def seed_terms_rows(options: SuiteOptions) -> Iterator[BenchRow]:
    """Latency of the physical compiler on the seed's terms: never above the published search."""
    from qnet.networks.links import nv_capabilities

    links = nv_capabilities(5.0)
    with (find_golden(options.data_dirs) / PROTOCOLS).open(encoding="utf-8") as file:
        rows = [r for r in csv.DictReader(file) if r["F_protocol"] and r["family"].startswith("NV")]
    rows = [r for r in rows if int(r["hops"]) <= 3 and (r["comm_qubits"], r["storage_qubits"]) == ("1", "3")]
    path = [str(i) for i in range(4)]
    edges = dict.fromkeys(itertools.pairwise(path), links)
    compiler = PhysicalCompiler(dict.fromkeys(path, (1, 3)), edges, SEED_TERMS)
    for row in rows:
        mapped = compiler.compile(path[: int(row["hops"]) + 1], float(row["F_min"]))
        ours = float("nan") if mapped is None else float(mapped.latency_slots)
        name = f"seed's terms {row['hops']} hops F {row['F_min']}"
        yield BenchRow(name, "latency", ours, float(row["latency_slots"]), "slots", SOURCE, sense=Sense.AT_MOST)


def all_pairs_rows(options: SuiteOptions) -> Iterator[BenchRow]:
    """Time to compile every pair of SURFnet in physical mode, on this machine."""
    from qnet.networks import get_network
    from qnet.physics.hardware import futuristic_hardware
    from qnet.physics.links import DEFAULT_LOSS_DB_KM, with_loss

    network = get_network("surfnet")
    resources = {node.name: (node.comm, node.storage) for node in network.nodes}
    edges = {
        (link.u, link.v): tuple(with_loss(c, link.length_km, DEFAULT_LOSS_DB_KM) for c in link.capabilities)
        for link in network.links
    }
    compiler = PhysicalCompiler(resources, edges, futuristic_hardware(10.0))
    ends = network.end_nodes
    pairs = [(u, v) for i, u in enumerate(ends) for v in ends[i + 1 :]]
    begun = time.perf_counter()
    reached = 0
    for done, (u, v) in enumerate(pairs):
        if done % 100 == 0:
            options.progress(done, len(pairs), "pairs of SURFnet")
        reached += compiler.compile(network.path(u, v), 0.95) is not None
    seconds = time.perf_counter() - begun
    name = "surfnet all pairs T2 10 s F 0.95"
    yield BenchRow(name, f"pairs with a protocol, of {len(pairs)}", float(reached))
    yield BenchRow(name, "compile time", round(seconds, 2), 300.0, "s", "bar of the issue", sense=Sense.AT_MOST)
