"""Studies behind ``sched simulate qnet NETWORK --study NAME``: a table, and a picture with ``--plot``.

``load``
    throughput of accepted demands over the offered load, by scheduler;
``tradeoff``
    throughput against jitter, one point per workload and scheduler;
``acceptance``
    physical mode: demands accepted by the published admission and by ours over load, and the share of promises kept;
``sensitivity``
    delivered rate and kept promises over memory time, gate errors and slot length.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from qnet.admission import admit
from qnet.compiling import Compiler, OfferedDemand
from qnet.execution import execute
from qnet.scenario import Scenario, ScenarioOptions, make_compiler
from qnet.scheduling import figures
from qnet.workload import load_workload
from schedcore.domain_verbs import Answer
from schedcore.errors import InputError, unknown_name

if TYPE_CHECKING:
    from schedcore.domain_verbs import Request

LABELS = ("pts-np-edf", "rcpsp-np-fpr", "rcpsp-np-edf", "rcpsp-strict")
LOADS = (1.0, 2.0, 5.0, 10.0, 20.0, 40.0)
DEFAULT_SETS = 10

Row = tuple[str, ...]


def run_study(name: str, scenario: Scenario, label: str, rule: str, request: Request) -> Answer:
    """The study called ``name`` on the network of ``scenario``; ``--scenarios`` sets the workloads per point.

    Raises
    ------
    UnknownNameError
        There is no such study.
    """
    from qnet.command import text_table

    if name not in STUDIES:
        raise unknown_name("study", name, STUDIES, where="--study")
    sets = request.scenarios or DEFAULT_SETS
    heading, rows, draw = STUDIES[name](scenario, label, rule, sets, request)
    written: tuple[Path, ...] = ()
    if request.plot is not None:
        draw(request.plot)
        written = (request.plot,)
    data = {"study": name, "workloads": sets, "rows": [dict(zip(heading, row, strict=True)) for row in rows]}
    title = f"{request.instance}: study {name}, {sets} workloads per point, {scenario.options.mode} mode"
    return Answer(data, title + "\n" + text_table(heading, rows), written)


def _workloads(
    compiler: Compiler, options: ScenarioOptions, load_hz: float, sets: int
) -> Iterator[list[OfferedDemand]]:
    assert options.fidelity is not None
    for k in range(sets):
        yield load_workload(compiler, options.fidelity, load_hz, options.seed + k)


def _fidelity(scenario: Scenario) -> Scenario:
    if scenario.options.fidelity is None:
        raise InputError("a study draws its demands", where="--demands", remedy="give --fidelity instead of --demands")
    return scenario


def _mean(values: list[float]) -> tuple[float, float]:
    spread = float(np.std(values, ddof=1)) / len(values) ** 0.5 if len(values) > 1 else 0.0
    return float(np.mean(values)), spread


def _load(scenario: Scenario, label: str, rule: str, sets: int, request: Request) -> Any:
    options = _fidelity(scenario).options
    series: dict[str, list[tuple[float, float, float]]] = {name: [] for name in (*LABELS, "rcpsp-np-edf, ours")}
    rows: list[Row] = []
    for done, load_hz in enumerate(LOADS):
        request.progress(done, len(LOADS), f"load {load_hz:g}")
        workloads = list(_workloads(scenario.compiler, options, load_hz, sets))
        for name in series:
            way = "retry" if name.endswith("ours") else "published"
            found = [admit(w, name.partition(",")[0], rule=way, slot_s=scenario.slot_s) for w in workloads]
            mean, error = _mean([a.throughput_hz for a in found])
            series[name].append((load_hz, mean, error))
            demands = np.mean([len(a.accepted) / len(a.offered) for a in found])
            rows.append((f"{load_hz:g}", name, f"{mean:.4g}", f"{error:.2g}", f"{demands:.3f}"))

    def draw(path: Path) -> None:
        from qnet.plots import curves

        curves(
            series,
            path,
            title=f"Throughput against load, {scenario.network.name}",
            note=f"F >= {options.fidelity}, {sets} workloads per point, bands: 95 %; accepted, nominal rates",
            x_label="offered load [pairs/s]",
            y_label="throughput [pairs/s]",
            log_x=True,
        )

    return ("load", "scheduler", "throughput", "error", "accepted share"), rows, draw


def _tradeoff(scenario: Scenario, label: str, rule: str, sets: int, request: Request) -> Any:
    options = _fidelity(scenario).options
    labels = ("pts-np-edf", "pts-pb", "rcpsp-np-fpr", "rcpsp-np-edf", "rcpsp-cedf", "rcpsp-pb", "rcpsp-strict")
    points: dict[str, list[tuple[float, float]]] = {name: [] for name in labels}
    workloads = list(_workloads(scenario.compiler, options, options.load, sets))
    rows: list[Row] = []
    for done, name in enumerate(labels):
        request.progress(done, len(labels), name)
        for workload in workloads:
            found = admit(workload, name, slot_s=scenario.slot_s, budget=options.budget)
            points[name].append((figures(found.schedule).jitter_s, found.throughput_hz))
        jitter, throughput = (float(np.mean(column)) for column in zip(*points[name]))
        rows.append((name, f"{throughput:.4g}", f"{jitter:.4g}"))

    def draw(path: Path) -> None:
        from qnet.plots import scatter

        scatter(
            points,
            path,
            title=f"Throughput against jitter, {scenario.network.name}",
            note=f"load {options.load:g}, F >= {options.fidelity}, {sets} workloads; diamonds: means",
            x_label="largest standard deviation of the distance of starts [s]",
            y_label="throughput [pairs/s]",
        )

    return ("scheduler", "throughput", "jitter s"), rows, draw


def _kept(
    scenario: Scenario, workload: list[OfferedDemand], label: str, rule: str, seed: int
) -> tuple[int, int, float]:
    """Demands accepted, promises kept, and the delivered rate of a workload."""
    from qnet.command import WINDOWS_FOR_A_PROMISE
    from qnet.physical_protocols import hardware_of

    admission = admit(workload, label, rule=rule, slot_s=scenario.slot_s)
    if not admission.accepted:
        return 0, 0, 0.0
    slots = WINDOWS_FOR_A_PROMISE * max(task.period for task in admission.schedule.tasks)
    hardware = hardware_of(scenario.network, scenario.options.t2_s)
    result = execute(admission.schedule, admission.demands, hardware, slots=slots, seed=seed, max_windows=20_000)
    return len(admission.accepted), result.kept, result.good_hz


def _acceptance(scenario: Scenario, label: str, rule: str, sets: int, request: Request) -> Any:
    options = _fidelity(scenario).options
    rows: list[Row] = []
    series: dict[str, list[tuple[float, float, float]]] = {"published admission": [], "ours": []}
    loads = (0.5, 1.0, 2.0, 5.0, 10.0)
    for done, load_hz in enumerate(loads):
        request.progress(done, len(loads), f"load {load_hz:g}")
        workloads = list(_workloads(scenario.compiler, options, load_hz, sets))
        for name, way in (("published admission", "published"), ("ours", "retry")):
            found = [_kept(scenario, w, label, way, request.seed) for w in workloads]
            shares = [a / len(w) for (a, _, _), w in zip(found, workloads)]
            mean, error = _mean(shares)
            kept, accepted = sum(k for _, k, _ in found), sum(a for a, _, _ in found)
            rate = float(np.mean([r for _, _, r in found]))
            series[name].append((load_hz, mean, error))
            rows.append((f"{load_hz:g}", name, f"{mean:.3f}", f"{kept}/{accepted}", f"{rate:.4g}"))

    def draw(path: Path) -> None:
        from qnet.plots import curves

        curves(
            series,
            path,
            title=f"Acceptance at equal delivered guarantees, {scenario.network.name}",
            note=f"{options.mode} mode, F >= {options.fidelity}, T2 {options.t2_s:g} s, {sets} workloads per point",
            x_label="offered load [pairs/s]",
            y_label="share of demands accepted",
            log_x=True,
        )

    return ("load", "admission", "accepted share", "promises kept", "delivered"), rows, draw


def _sensitivity(scenario: Scenario, label: str, rule: str, sets: int, request: Request) -> Any:
    options = _fidelity(scenario).options
    assert options.fidelity is not None
    rows: list[Row] = []
    curve: list[tuple[float, float, float]] = []
    points: list[tuple[str, str, ScenarioOptions]] = [
        *(("T2", f"{t2:g} s", replace(options, t2_s=t2, mode="physical")) for t2 in (1.0, 3.0, 10.0, 30.0, 100.0)),
        *(("slot", f"{ms:g} ms", replace(options, slot_ms=ms, mode="physical")) for ms in (2.0, 5.0, 10.0, 20.0)),
    ]
    for done, (what, value, chosen) in enumerate(points):
        request.progress(done, len(points), f"{what} {value}")
        compiler = make_compiler(scenario.network, chosen)
        rates = _best_rates(compiler, chosen)
        mean = float(np.mean(rates)) if rates else 0.0
        rows.append((what, value, f"{mean:.4g}", f"{np.mean([r > 0 for r in rates]):.2f}" if rates else "0"))
        if what == "T2":
            error = _mean(rates)[1] if rates else 0.0
            curve.append((chosen.t2_s, mean, error))
    for factor in (0.0, 0.5, 1.0, 2.0):
        rates = _best_rates(_noisier(scenario, options, factor), options)
        mean = float(np.mean(rates)) if rates else 0.0
        rows.append(("gate errors", f"x {factor:g}", f"{mean:.4g}", f"{np.mean([r > 0 for r in rates]):.2f}"))

    def draw(path: Path) -> None:
        from qnet.plots import curves

        curves(
            {f"F >= {options.fidelity}": curve},
            path,
            title=f"Sensitivity to the memory time, {scenario.network.name}",
            note="delivered rate of a pair alone on the network, mean over pairs of end nodes",
            x_label="T2 of storage qubits [s]",
            y_label="delivered pairs/s",
            log_x=True,
        )

    return ("what", "value", "delivered Hz alone", "pairs served"), rows, draw


def _best_rates(compiler: Compiler, options: ScenarioOptions, most: int = 12) -> list[float]:
    """Delivered rate of single pairs, 0 where the fidelity is out of reach; a spread of the pairs if there are many."""
    ends = compiler.network.end_nodes
    pairs = [(u, v) for i, u in enumerate(ends) for v in ends[i + 1 :]]
    step = max(1, len(pairs) // most)
    assert options.fidelity is not None
    found = [compiler.protocol(u, v, options.fidelity) for u, v in pairs[::step]]
    return [0.0 if p is None else p.delivered_rate_hz for p in found]


def _noisier(scenario: Scenario, options: ScenarioOptions, factor: float) -> Compiler:
    from qnet.physical_protocols import PhysicalProtocols, hardware_of
    from qnet.physics.noise import GateNoise

    hardware = hardware_of(scenario.network, options.t2_s)
    noise = GateNoise(1 - factor * (1 - hardware.noise.gate), 1 - factor * (1 - hardware.noise.readout))
    return PhysicalProtocols(scenario.network, scenario.slot_s, hardware=replace(hardware, noise=noise))


STUDIES: dict[str, Callable[[Scenario, str, str, int, Any], Any]] = {
    "load": _load,
    "tradeoff": _tradeoff,
    "acceptance": _acceptance,
    "sensitivity": _sensitivity,
}
