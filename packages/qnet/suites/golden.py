"""The suite ``golden``: protocols, mappings and formulas of the published system, exactly.

References are rows obtained by running the authors' code (LinkScheduling at 46b4a67) and the vectors printed in the
specification.  The files are not part of this package: give their folder with ``--data-dir`` or SCHED_SHARED_DATA.
"""

from __future__ import annotations

import csv
import itertools
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from qnet.mapping.check import check_mapping
from qnet.mapping.exact import solve_mapping
from qnet.mapping.heuristic import map_protocol
from qnet.mapping.mapped import MappedProtocol
from qnet.protocol.capability import LinkCapability
from qnet.protocol.reference import ReferenceCompiler
from qnet.protocol.tree import count_operations
from schedcore.bench import BenchRow, Sense, SuiteOptions
from schedcore.errors import InputError

SOURCE = "authors' code run at 46b4a67"
PROTOCOLS, SLOT_SIZES, MAPPINGS = "golden_protocols.csv", "golden_slot_size.csv", "golden_mappings.json"
COMPILE_BAR_S, SHORT_BAR_S = 3.0, 0.5
KEYS = ("exact",)


def find_golden(data_dirs: tuple[Path, ...]) -> Path:
    """The folder with the golden files: one of ``data_dirs``, its ``qnet``, or that of SCHED_SHARED_DATA.

    Raises
    ------
    InputError
        It is nowhere.
    """
    roots = list(data_dirs)
    shared = os.environ.get("SCHED_SHARED_DATA")
    if shared:
        roots.append(Path(shared))
    roots += [parent / "shared" / "data" for parent in Path(__file__).resolve().parents[4:5]]  # beside the project
    for root in roots:
        for folder in (root, root / "qnet"):
            if (folder / PROTOCOLS).is_file():
                return folder
    raise InputError(
        f"{PROTOCOLS} is not here",
        where="suite golden",
        remedy="give the folder of the reference data with --data-dir or SCHED_SHARED_DATA",
    )


def golden_rows(options: SuiteOptions) -> Iterator[BenchRow]:
    """One row per golden protocol, slot size and mapping phase; with ``exact=yes`` also exact mappings.

    Raises
    ------
    InputError
        An unknown key, or the reference data is not there.
    """
    unknown = set(options.overrides) - set(KEYS)
    if unknown:
        raise InputError(f"unknown key {sorted(unknown)[0]!r}", where="suite golden", remedy="known: exact=yes|no")
    exact = options.overrides.get("exact", "yes")
    if exact not in ("yes", "no"):
        raise InputError(f"exact={exact}", where="suite golden", remedy="use yes or no")
    folder = find_golden(options.data_dirs)
    yield from _formula_rows()
    nv = _nv_capabilities()
    yield from _protocol_rows(folder, nv, options)
    yield from _slot_rows(folder, nv)
    yield from _mapping_rows(folder, nv, options, with_exact=exact == "yes")


def _nv_capabilities() -> tuple[LinkCapability, ...]:
    from qnet.networks.links import nv_capabilities

    return nv_capabilities(5.0)


def _line(hops: int) -> list[str]:
    return [str(i) for i in range(hops + 1)]


def _compiler(
    path: list[str], qubits: tuple[int, int], links: tuple[LinkCapability, ...], slot_s: float = 0.01
) -> ReferenceCompiler:
    edges = dict.fromkeys(itertools.pairwise(path), links)
    return ReferenceCompiler(dict.fromkeys(path, qubits), edges, slot_s)


def _protocol_rows(folder: Path, nv: tuple[LinkCapability, ...], options: SuiteOptions) -> Iterator[BenchRow]:
    with (folder / PROTOCOLS).open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    future = (LinkCapability(0.999, 1400.0),)
    for done, row in enumerate(rows):
        options.progress(done, len(rows), "protocols")
        hops, qubits = int(row["hops"]), (int(row["comm_qubits"]), int(row["storage_qubits"]))
        nv_row = row["family"].startswith("NV")
        path = _line(hops)
        name = f"{'nv' if nv_row else 'future'} {hops} hops {qubits[0]}C{qubits[1]}S F {row['F_min']}"
        compiler = _compiler(path, qubits, nv if nv_row else future, float(row["slot_s"]))
        begun = time.process_time()
        mapped = compiler.compile(path, float(row["F_min"]))
        seconds = time.process_time() - begun
        ours = _figures(mapped)
        if not row["F_protocol"]:
            yield BenchRow(name, "protocols found", float(mapped is not None), 0.0, source=SOURCE)
        else:
            theirs = {
                "fidelity": float(row["F_protocol"]),
                "latency": float(row["latency_slots"]),
                "links": float(row["n_link"]),
                "distillations": float(row["n_distill"]),
                "swaps": float(row["n_swap"]),
                "storage": float(row["storage_slots_shift"]),
            }
            for quantity, reference in theirs.items():
                unit = "slots" if quantity in ("latency", "storage") else ""
                tolerance = 1e-4 if quantity == "fidelity" else 0.0
                yield BenchRow(name, quantity, ours[quantity], reference, unit, SOURCE, tolerance)
        bar = SHORT_BAR_S if hops == 3 and nv_row and float(row["F_min"]) <= 0.85 else COMPILE_BAR_S
        yield BenchRow(
            name, "compile time", round(seconds, 4), bar, "CPU s", "bar of the specification", sense=Sense.AT_MOST
        )


def _figures(mapped: MappedProtocol | None) -> dict[str, float]:
    if mapped is None:
        return dict.fromkeys(("fidelity", "latency", "links", "distillations", "swaps", "storage"), float("nan"))
    counts = count_operations(mapped.tree)
    return {
        "fidelity": mapped.fidelity,
        "latency": float(mapped.latency_slots),
        "links": float(counts["L"]),
        "distillations": float(counts["D"]),
        "swaps": float(counts["S"]),
        "storage": float(mapped.storage_slots),
    }


def _slot_rows(folder: Path, nv: tuple[LinkCapability, ...]) -> Iterator[BenchRow]:
    with (folder / SLOT_SIZES).open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            path = _line(int(row["hops"]))
            mapped = _compiler(path, (1, 3), nv, float(row["slot_s"])).compile(path, float(row["F_min"]))
            name = f"nv {row['hops']} hops slot {float(row['slot_s']) * 1000:g} ms F {row['F_min']}"
            yield BenchRow(name, "latency", _figures(mapped)["latency"], float(row["latency_slots"]), "slots", SOURCE)


def _mapping_rows(
    folder: Path, nv: tuple[LinkCapability, ...], options: SuiteOptions, *, with_exact: bool
) -> Iterator[BenchRow]:
    for golden in json.loads((folder / MAPPINGS).read_text(encoding="utf-8")):
        path: list[str] = golden["path"]
        resources = dict.fromkeys(path, (1, 3))
        name = f"mapping {len(path) - 1} hops F {golden['F_min']}"
        mapped = _compiler(path, (1, 3), nv).compile(path, golden["F_min"])
        if mapped is None:
            yield BenchRow(name, "protocols found", 0.0, 1.0, source=SOURCE)
            continue
        for phase, expected in golden["phases"].items():
            made = map_protocol(mapped.tree, path, resources, phase=phase)
            differing = len(expected["ops"]) if made is None else _differences(made, expected["ops"])
            yield BenchRow(f"{name} {phase}", "operations that differ", float(differing), 0.0, source=SOURCE)
        segments = [(s.start_slot, s.end_slot, s.held_after) for s in mapped.segments]
        theirs = [(s["start"], s["end"], frozenset(s["held_after"])) for s in golden["segments"]]
        differing = sum(a != b for a, b in zip(segments, theirs, strict=False)) + abs(len(segments) - len(theirs))
        yield BenchRow(name, "segments that differ", float(differing), 0.0, source=SOURCE)
        broken = len(check_mapping(mapped, resources))
        yield BenchRow(name, "broken qubit rules", float(broken), 0.0, source="rules of the specification, 4.2")
        if with_exact:
            exact = solve_mapping(
                mapped, resources, time_limit_s=options.time_limit_s, workers=options.workers, seed=options.seed
            )
            yield BenchRow(
                name,
                "exact latency",
                float(exact.mapped.latency_slots),
                float(golden["latency_slots"]),
                "slots",
                f"{SOURCE} (heuristic)",
                sense=Sense.AT_MOST,
                note=f"bound {exact.bound_slots}, {exact.status.lower()}",
            )


def _differences(made: MappedProtocol, expected: list[dict[str, Any]]) -> int:
    by_name = {operation.name: operation for operation in made.operations}
    count = abs(len(by_name) - len(expected))
    for row in expected:
        mine = by_name.get(row["op"])
        same = mine is not None and mine.start_slot == row["start"]
        if same and mine is not None and "qubits" in row:
            same = list(mine.qubits) == row["qubits"] and list(mine.held) == row["held"]
        count += not same
    return count


def _formula_rows() -> Iterator[BenchRow]:
    """Vectors printed in section 2.7 of the specification."""
    from qnet.physics import BellState, bbpssw, dejmps, distill_fidelity, distill_success, swap, swap_fidelity, werner
    from qnet.physics.bell import IDEAL_PAIR
    from qnet.physics.noise import GateNoise
    from qnet.physics.storage import Memory, waited

    a, b = BellState(0.85, 0.06, 0.02, 0.07), BellState(0.80, 0.05, 0.05, 0.10)
    noise, carbon, electron = GateNoise(0.99, 0.99), Memory(t2_s=1.0), Memory(t2_s=1.46)
    noisy = dejmps(werner(0.9), werner(0.9), noise)
    vectors = (
        ("swap of 0.9949832212875671 twice", swap_fidelity(0.9949832212875671, 0.9949832212875671), 0.99),
        ("swap of 0.9 and 0.8", swap_fidelity(0.9, 0.8), 0.7266666667),
        ("distil 0.9 twice", distill_fidelity(0.9, 0.9), 0.9263959390862944),
        ("distil 0.9 twice, probability", distill_success(0.9, 0.9), 0.8755555556),
        ("distil 0.8770831 twice", distill_fidelity(0.8770831, 0.8770831), 0.907494547),
        ("distil 0.8770831 twice, probability", distill_success(0.8770831, 0.8770831), 0.849540635),
        ("Bell-diagonal swap, I", swap(a, b).i, 0.691),
        ("Bell-diagonal swap, Z", swap(a, b).z, 0.145),
        ("plain distillation, I", bbpssw(a, b).state.i, 0.8217703349),
        ("plain distillation, probability", bbpssw(a, b).probability, 0.836),
        ("DEJMPS, I", dejmps(a, b).state.i, 0.8972332016),
        ("DEJMPS, probability", dejmps(a, b).probability, 0.759),
        ("noisy DEJMPS, I", noisy.state.i, 0.9165968123),
        ("noisy DEJMPS, probability", noisy.probability, 0.8535059528),
        ("noisy swap", swap(werner(0.9), werner(0.9), noise).i, 0.79290236),
        ("both ends 80 ms at T2 1 s", waited(werner(0.8771), 0.08, carbon, carbon).i, 0.8152862467),
        ("both electrons 2 s", waited(IDEAL_PAIR, 2.0, electron, electron).i, 0.5322940199),
        ("one electron 2 s", waited(IDEAL_PAIR, 2.0, electron).i, 0.6270708856),
    )
    for name, ours, reference in vectors:
        yield BenchRow(name, "value", ours, reference, "", "specification 2.7", 1e-9)
