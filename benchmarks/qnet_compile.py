"""Bars of the qnet compilers: golden rows, exact mappings, and every pair of SURFnet in physical mode.

    python benchmarks/qnet_compile.py [--data-dir DIR] [--skip-exact] [--skip-pairs] [--real-lengths N]

One core; times are CPU seconds.  Every golden protocol is compiled by a compiler that remembers nothing from the row
before.  The exact mapping of every golden mapping is solved by CP-SAT with one worker.  All pairs of SURFnet (5 km
assumed) are compiled once at T2 = 10 s with the promise of 0.95; ``--real-lengths N`` adds N random pairs of the real
core (1431 are all), whose paths all differ, with the quick options.  The golden files and the real lengths are not
shipped: --data-dir or SCHED_SHARED_DATA.
"""

from __future__ import annotations

import argparse
import os
import random
import time
from itertools import pairwise
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

from _machine import figure, machine

from qnet.mapping.exact import solve_mapping
from qnet.networks import get_network
from qnet.networks.links import nv_capabilities
from qnet.physics.hardware import futuristic_hardware
from qnet.physics.links import DEFAULT_LOSS_DB_KM, with_loss
from qnet.protocol.physical import DEFAULT_OPTIONS, QUICK_OPTIONS, PhysicalCompiler
from qnet.protocol.reference import ReferenceCompiler
from qnet.suites.golden import golden_rows
from schedcore.bench import SuiteOptions

MAPPINGS = ((1, 0.9), (2, 0.6), (3, 0.55), (3, 0.65), (2, 0.85), (2, 0.9), (3, 0.8))


def compile_golden(data_dirs: tuple[Path, ...]) -> None:
    """Slowest golden row, slowest of three hops, and rows that differ."""
    rows = list(golden_rows(SuiteOptions(data_dirs=data_dirs, overrides={"exact": "no"})))
    wrong = [row for row in rows if row.within is False and row.quantity != "compile time"]
    times = {row.id: row.ours for row in rows if row.quantity == "compile time"}
    short = max(seconds for name, seconds in times.items() if name.startswith("nv 3 hops"))
    print(figure("Q1", f"golden figures that differ, of {len(rows) - len(times)}", str(len(wrong)), "0", not wrong))
    worst = max(times.values())
    print(figure("Q5", "slowest golden row", f"{worst:.2f} s", "2 s", worst <= 2))
    print(figure("Q5", "slowest golden row of three NV hops", f"{short:.3f} s", "0.5 s", short <= 0.5))


def compile_long() -> None:
    """Fourteen hops of SURFnet in reference mode."""
    path = [str(i) for i in range(15)]
    network = get_network("surfnet")
    links = dict.fromkeys(pairwise(path), network.links[0].capabilities)
    worst = 0.0
    for fidelity in (0.98, 0.985, 0.99, 0.995, 0.997):
        begun = time.process_time()
        ReferenceCompiler(dict.fromkeys(path, (1, 3)), links).compile(path, fidelity)
        worst = max(worst, time.process_time() - begun)
    print(figure("Q5", "14 future hops, slowest of five fidelities", f"{worst:.2f} s", "2 s", worst <= 2))


def solve_exact() -> None:
    """Exact mappings of golden protocols."""
    for hops, fidelity in MAPPINGS:
        path = [str(i) for i in range(hops + 1)]
        resources = dict.fromkeys(path, (1, 3))
        links = {edge: nv_capabilities(5.0) for edge in pairwise(path)}
        mapped = ReferenceCompiler(resources, links).compile(path, fidelity)
        assert mapped is not None
        begun = time.process_time()
        exact = solve_mapping(mapped, resources, time_limit_s=10)
        seconds = time.process_time() - begun
        name = f"{hops} hops F {fidelity}: {mapped.latency_slots} -> {exact.mapped.latency_slots} slots, {exact.status}"
        print(figure("Q10", f"{name}, bound {exact.bound_slots}", f"{seconds:.2f} s", "10 s", seconds <= 10))


def compile_pairs(name: str, count: int | None, data_dirs: tuple[Path, ...]) -> None:
    """Pairs of a network in physical mode by one compiler."""
    network = get_network(name, data_dirs)
    links = {
        (link.u, link.v): tuple(with_loss(c, link.length_km, DEFAULT_LOSS_DB_KM) for c in link.capabilities)
        for link in network.links
    }
    resources = {node.name: (node.comm, node.storage) for node in network.nodes}
    options = DEFAULT_OPTIONS if count is None else QUICK_OPTIONS
    compiler = PhysicalCompiler(resources, links, futuristic_hardware(10.0), options=options)
    ends = network.end_nodes
    pairs = [(u, v) for i, u in enumerate(ends) for v in ends[i + 1 :]]
    random.Random(1).shuffle(pairs)
    pairs = pairs[:count]
    begun = time.process_time()
    found = sum(compiler.compile(network.path(u, v), 0.95) is not None for u, v in pairs)
    seconds = time.process_time() - begun
    text = f"{name}: {found} of {len(pairs)} pairs, {compiler.mappings} mappings"
    print(figure("Q6", text, f"{seconds:.1f} s", "300 s", seconds <= 300))


def main(argv: list[str] | None = None) -> None:
    """Print every figure beside its bar."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data-dir", type=Path, action="append", default=[], help="folder of the reference data")
    parser.add_argument("--skip-exact", action="store_true", help="leave the exact mappings out")
    parser.add_argument("--skip-pairs", action="store_true", help="leave the pairs of SURFnet out")
    parser.add_argument("--real-lengths", type=int, default=0, metavar="N", help="also N pairs of the real core")
    given = parser.parse_args(argv)
    print(machine())
    folders = tuple(given.data_dir)
    compile_golden(folders)
    compile_long()
    if not given.skip_exact:
        solve_exact()
    if not given.skip_pairs:
        compile_pairs("surfnet", None, folders)
    if given.real_lengths:
        compile_pairs("surfnet-real", given.real_lengths, folders)


if __name__ == "__main__":
    main()
