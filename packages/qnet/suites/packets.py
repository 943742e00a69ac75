"""The suite ``packets``: attempt lengths, scan statistics, static and dynamic packet schedules beside the reference.

``seeds=N`` sets how many random sets stand for a figure (4 by default; 100 for the shares of admission).  Reference
runs are read from the shared data; without it those rows stand alone.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from qnet.dynamic import POLICIES, simulate_dynamic
from qnet.networks import data_folders, get_network
from qnet.packets import (
    PathModel,
    exact_probability,
    packet_probability,
    packet_slots,
    random_applications,
    simulate_static,
    static_table,
)
from qnet.packets.sessions import simulate_sessions
from schedcore.bench import BenchRow, Sense, SuiteOptions
from schedcore.errors import InputError, unknown_name

SOURCE_TABLE = "table of the specification (9.1), read in the authors' code"
SOURCE_NAUS = "formula of Naus 1982, values of the specification (8)"
SOURCE_RUNS = "authors' code run at ab9d3f0"

# fmt: off
ATTEMPT_SLOTS = {
    0.1: (2, 3, 7, 16, 41, 108, 283, 744, 1961),
    0.3: (2, 5, 13, 32, 84, 221, 582, 1535, 4044),
    0.5: (3, 7, 19, 49, 128, 338, 890, 2347, 6185),
    0.7: (4, 10, 27, 70, 186, 491, 1294, 3410, 8989),
    0.9: (5, 15, 42, 112, 296, 782, 2062, 5437, 14333),
}
NAUS = (
    (2, 10, 50, 0.05, 0.484939, 0.484858), (3, 12, 100, 0.05, 0.293568, 0.293569), (3, 12, 60, 0.1, 0.632102, 0.631840),
    (2, 20, 200, 0.01, 0.249881, 0.249928), (4, 12, 80, 0.15, 0.720367, 0.720000),
)
SHORTEST = {1: (14, 32, 45, 90), 2: (34, 59, 77, 137), 3: (54, 85, 108, 192), 5: (94, 158, 211, 385)}
# fmt: on


def rows(options: SuiteOptions) -> Iterator[BenchRow]:
    """The rows, as they are ready."""
    seeds = 4
    for key, value in options.overrides.items():
        if key != "seeds":
            raise unknown_name("key", key, ("seeds",), where="suite packets")
        if not value.isdigit() or int(value) < 1:
            raise InputError(f"seeds is {value!r}", where="suite packets", remedy="give one or more")
        seeds = int(value)
    yield from _formulas()
    yield from _runs(options, seeds)
    yield from _admission(options, max(100, seeds))
    yield from _overload(options, seeds)
    yield from _sessions(options)


def _formulas() -> Iterator[BenchRow]:
    model = PathModel()
    for target, known in ATTEMPT_SLOTS.items():
        for swaps, slots in enumerate(known):
            ours = model.attempt_slots(swaps, 2, target)
            yield BenchRow(f"attempt/{swaps} swaps/p {target}", "length", ours, slots, "slots", SOURCE_TABLE)
    for k, w, n, p, approximation, exact in NAUS:
        id = f"packet of {k} in {w} of {n} slots, p {p}"
        yield BenchRow(id, "probability", packet_probability(k, w, n, p), approximation, "", SOURCE_NAUS, 5e-7)
        yield BenchRow(id, "exact probability", exact_probability(k, w, n, p), exact, "", SOURCE_NAUS, 5e-7)
    for k, lengths in SHORTEST.items():
        for target, slots in zip((0.5, 0.8, 0.9, 0.99), lengths):
            ours = packet_slots(k, 100, 0.05, target)
            yield BenchRow(f"packet of {k} in 100, p 0.05/{target}", "length", ours, slots, "slots", SOURCE_NAUS)


def _reference(name: str, data_dirs: tuple[Path, ...]) -> list[dict[str, str]]:
    for folder in data_folders(data_dirs):
        path = folder / name
        if path.is_file():
            with path.open(encoding="utf-8", newline="") as file:
                return list(csv.DictReader(file))
    return []


def _runs(options: SuiteOptions, seeds: int) -> Iterator[BenchRow]:
    network, model = get_network("garr"), PathModel()
    known = _reference("packet_reference_runs.csv", options.data_dirs)
    points: dict[tuple[int, float, int, str], list[tuple[float, int]]] = {}
    for r in known:
        key = (int(r["apps"]), float(r["p_packet"]), int(r["packets_per_app"]), r["scheduler"])
        points.setdefault(key, []).append((float(r["makespan"]), int(r["seeds"])))
    if not points:
        points = {(n, p, 100, s): [] for n in (20, 50, 100) for p in (0.1, 0.5, 0.9) for s in ("static", "dynamic")}
    for done, ((count, p, packets, scheduler), runs) in enumerate(points.items()):
        options.progress(done, len(points), f"{count} applications, p {p}, {scheduler}")
        found = []
        for seed in range(options.seed, options.seed + seeds):
            applications = random_applications(network, count, p, seed=seed, packets=packets)
            if scheduler == "static":
                result = simulate_static(applications, model.slot_s, seed=seed, links=len(network.links))
            else:
                result = simulate_dynamic(applications, model.slot_s, seed=seed, links=len(network.links))
            if result is not None:
                found.append(result)
        id = f"garr/{count} applications/p {p}/{packets} packets/{scheduler}"
        if not found:
            yield BenchRow(id, "sets admitted", 0, note=f"none of {seeds} sets has a static table")
            continue
        completion = float(np.mean([r.completed_ratio for r in found]))
        makespan = float(np.mean([r.makespan_s for r in found]))
        note = f"{len(found)} of {seeds} sets"
        if scheduler == "static":
            yield BenchRow(id, "completion", completion, p, "", "section 9.3: p_packet", 0.03, note=note)
        else:
            floor = 0.98 if count <= 100 else None
            yield BenchRow(
                id, "completion", completion, floor, "", "section 10.12" if floor else "", sense=Sense.AT_LEAST,
                note=note
            )  # fmt: skip
        if not runs:
            yield BenchRow(id, "makespan", makespan, unit="s", note=note)
            continue
        weight = sum(n for _, n in runs)
        reference = sum(value * n for value, n in runs) / weight
        spread = float(np.std([r.makespan_s for r in found], ddof=1)) if len(found) > 1 else 0.0
        # Under overload the slowest application decides, and sets differ by far more than a tenth.
        tolerance = max(0.1 * reference, 3 * spread * (1 / len(found) + 1 / weight) ** 0.5)
        yield BenchRow(
            id, "makespan", makespan, reference, "s", SOURCE_RUNS, tolerance, note=f"{note}; reference: {weight} sets"
        )


def _admission(options: SuiteOptions, sets: int) -> Iterator[BenchRow]:
    """Shares of admitted sets; held against the 20 sets of the reference by Fisher's exact test."""
    from scipy.stats import fisher_exact

    network = get_network("garr")
    for row in _reference("packet_static_admission.csv", options.data_dirs):
        count, p, share = int(row["apps"]), float(row["p_packet"]), float(row["admission_rate_20_seeds"])
        options.progress(count, 400, f"static admission of {count} applications, p {p}")
        admitted = sum(
            static_table(random_applications(network, count, p, seed=s)) is not None
            for s in range(options.seed, options.seed + sets)
        )
        hits = round(20 * share)
        chance = float(fisher_exact([[admitted, sets - admitted], [hits, 20 - hits]])[1])
        yield BenchRow(
            f"garr/{count} applications/p {p}/static", "Fisher's p for the share of admitted sets", chance, 0.001, "",
            "20 sets of the authors' code", sense=Sense.AT_LEAST, note=f"{admitted / sets:.2f}, theirs {share:.2f}",
        )  # fmt: skip


def _overload(options: SuiteOptions, seeds: int) -> Iterator[BenchRow]:
    network, model = get_network("garr"), PathModel()
    for policy in POLICIES:
        found = [
            simulate_dynamic(
                random_applications(network, 400, 0.5, seed=s, packets=20),
                model.slot_s,
                seed=s,
                links=len(network.links),
                policy=policy,
            ).completed_ratio
            for s in range(options.seed, options.seed + seeds)
        ]
        ours = policy != "edf"
        yield BenchRow(
            f"garr/400 applications/p 0.5/20 packets/{policy}", "completion", float(np.mean(found)),
            0.95 if ours else None, "", "bar of the project, above the 0.90 to 0.95 of the reference" if ours else "",
            sense=Sense.AT_LEAST,
        )  # fmt: skip


def _sessions(options: SuiteOptions) -> Iterator[BenchRow]:
    """Six end nodes around a hub: shares of sessions with minimal service over load, with and without admission."""
    network = get_network("star6")
    model = PathModel(slot_s=1e-3, trials=40, trial_probability=2.5e-3, swap_probability=1.0)
    for name, pairs, window in (("measure directly", 1, None), ("teleportation", 1, 100), ("blind computing", 2, 500)):
        for count in (4, 8, 16, 32, 64):
            for admission in (True, False):
                sessions = random_applications(
                    network, count, 0.9, seed=options.seed, packets=50, pairs=pairs, window=window, period_s=1.0,
                    model=model
                )  # fmt: skip
                found = simulate_sessions(
                    sessions, model.slot_s, links=6, expiry_periods=60, admission=admission, seed=options.seed
                )
                yield BenchRow(
                    f"star6/{name}/{count} sessions/{'with' if admission else 'without'} admission",
                    "sessions with minimal service among the accepted",
                    found.kept_share,
                    note=f"{found.accepted} accepted, {found.served_share:.2f} of all offered are served",
                )
