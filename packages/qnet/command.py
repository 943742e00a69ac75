"""What the domain adds to ``sched solve``, ``simulate`` and ``info``."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from schedcore.domain_verbs import Answer, Request
from schedcore.errors import InputError

if TYPE_CHECKING:
    from qnet.scenario import Scenario
    from schedcore.registry import LoadedInstance
    from schedcore.solvers.protocol import SolveResult

DEFAULT_SLOTS = 100_000
WINDOWS_FOR_A_PROMISE = 10_000
"""Windows of the slowest demand that are played unless --slots says otherwise: its interval is then a few per cent."""


def scenario_values(options: Mapping[str, Any]) -> dict[str, object]:
    """The options of the command that describe a scenario, under the names of ``ScenarioOptions``."""
    from dataclasses import fields

    from qnet.scenario import ScenarioOptions

    names = {f.name for f in fields(ScenarioOptions)}
    renamed = {"workload_seed": "seed"}
    found = {renamed.get(key, key): value for key, value in options.items()}
    return {key: value for key, value in found.items() if key in names}


def simulate(request: Request) -> Answer:
    """Admit the demands, build the cyclic schedule, and play it slot by slot with real links, memories and gates."""
    from qnet.scenario import make_scenario

    label, rule = _scheduler(request)
    scenario = make_scenario(request.instance, scenario_values(request.options), request.data_dirs)
    study = request.options.get("study")
    if study is not None:
        from qnet.studies import run_study

        return run_study(study, scenario, label, rule, request)
    if request.options.get("dynamic"):
        return _play_dynamically(scenario, label, rule, request)
    return _play(scenario, label, rule, request)


def _play(scenario: Scenario, label: str, rule: str, request: Request) -> Answer:
    from qnet.admission import admit
    from qnet.execution import execute
    from qnet.physical_protocols import hardware_of

    admission = admit(
        scenario.offered,
        label,
        rule=rule,
        slot_s=scenario.slot_s,
        budget=scenario.options.budget,
        progress=lambda done, total: request.progress(done, total, "admission"),
    )
    if not admission.accepted:
        raise InputError("no demand is accepted", where=request.instance, remedy="ask for less, or lower fidelities")
    hardware = hardware_of(scenario.network, scenario.options.t2_s)
    longest = max(task.period for task in admission.schedule.tasks)
    slots = int(request.options.get("slots") or max(DEFAULT_SLOTS, WINDOWS_FOR_A_PROMISE * longest))
    result = execute(
        admission.schedule,
        admission.demands,
        hardware,
        slots=slots,
        seed=request.seed,
        progress=lambda done, total: request.progress(done, total, "execution"),
        keep_samples=request.plot is not None,
    )
    written: tuple[Path, ...] = ()
    if request.plot is not None:
        from qnet.plots import fidelity_histograms

        fidelity_histograms(result, request.plot)
        written = (request.plot,)
    data = {
        "mode": scenario.options.mode,
        "hardware": hardware.name,
        "offered": len(scenario.offered),
        **result.as_dict(),
    }
    head = (
        f"{request.instance}: {len(admission.accepted)} of {len(scenario.offered)} demands accepted by {label} "
        f"({rule}), {slots} slots of {scenario.slot_s * 1000:g} ms on {hardware.name}\n"
        f"  nominal {result.nominal_hz:.4g} pairs/s, delivered {result.delivered_hz:.4g}, of which "
        f"{result.good_hz:.4g} for demands whose fidelity is reached; fairness {result.fairness:.3f}; "
        f"promises kept {result.kept} of {len(result.demands)}"
    )
    rows = [
        (
            d.name,
            f"{d.source}-{d.destination}",
            f"{d.rate_min_hz:.4g}",
            f"{d.rate_hz:.4g}",
            f"{d.fidelity_min:.3f}",
            f"{d.fidelity:.4f}",
            f"{d.fidelity_p5:.4f}",
            f"{d.latency_s * 1000:.0f}",
            f"{d.jitter_s * 1000:.0f}",
            "yes" if d.holds else "no",
        )
        for d in result.demands
    ]
    heading = ("demand", "pair", "R min", "rate", "F min", "F mean", "F 5%", "latency ms", "jitter ms", "kept")
    return Answer(data, head + "\n" + text_table(heading, rows), written)


def _play_dynamically(scenario: Scenario, label: str, rule: str, request: Request) -> Answer:
    from qnet.admission import admit
    from qnet.dynamic_protocols import execute_dynamically
    from qnet.execution import execute
    from qnet.physical_protocols import hardware_of

    admission = admit(scenario.offered, label, rule=rule, slot_s=scenario.slot_s, budget=scenario.options.budget)
    if not admission.accepted:
        raise InputError("no demand is accepted", where=request.instance, remedy="ask for less, or lower fidelities")
    hardware = hardware_of(scenario.network, scenario.options.t2_s)
    slots = int(request.options.get("slots") or DEFAULT_SLOTS)
    static = execute(admission.schedule, admission.demands, hardware, slots=slots, seed=request.seed)
    dynamic = execute_dynamically(admission.demands, hardware, slots=slots, seed=request.seed)
    gain = dynamic.delivered_hz / static.delivered_hz if static.delivered_hz else float("inf")
    rows = [
        (
            a.name,
            f"{a.source}-{a.destination}",
            f"{a.rate_min_hz:.4g}",
            f"{a.rate_hz:.4g}",
            f"{b.rate_hz:.4g}",
            f"{a.fidelity:.4f}",
            f"{b.fidelity:.4f}",
            f"{b.attempts / b.periods:.2f}",
        )
        for a, b in zip(static.demands, dynamic.demands, strict=True)
    ]
    heading = ("demand", "pair", "R min", "static", "dynamic", "F static", "F dynamic", "attempts per period")
    text = (
        f"{request.instance}: {len(admission.accepted)} of {len(scenario.offered)} demands, {slots} slots on "
        f"{hardware.name}\n  delivered {static.delivered_hz:.4g} pairs/s by the static schedule, "
        f"{dynamic.delivered_hz:.4g} with early release and retry ({gain:.2f} times)\n"
    )
    data = {
        "slots": slots,
        "nominal_hz": static.nominal_hz,
        "static_delivered_hz": static.delivered_hz,
        "dynamic_delivered_hz": dynamic.delivered_hz,
        "demands": [dict(zip(heading, row, strict=True)) for row in rows],
    }
    return Answer(data, text + text_table(heading, rows))


def _scheduler(request: Request) -> tuple[str, str]:
    """Label of the scheduler and rule of admission."""
    from qnet.scheduling import get_scheduler

    names = request.solvers or ("rcpsp-np-edf",)
    if len(names) > 1:
        raise InputError("several schedulers", where="--scheduler", remedy="name one; --study compares them")
    if request.policies:
        raise InputError("no policy decides here", where="--policy", remedy="choose a --scheduler")
    label = names[0]
    rule = request.options.get("admission", "published")
    if label.endswith("-retry"):
        label, rule = label.removesuffix("-retry"), "retry"
    return get_scheduler(label).label, rule


def info(request: Request) -> Answer:
    """The network: nodes, links, hops, and what its pairs can be given."""
    import networkx as nx

    from qnet.scenario import make_scenario

    scenario = make_scenario(request.instance, scenario_values(request.options), request.data_dirs)
    network = scenario.network
    lengths = [link.length_km for link in network.links]
    connected = nx.is_connected(network.graph)
    data: dict[str, Any] = {
        "network": network.summary or network.name,
        "nodes": len(network.nodes),
        "end_nodes": len(network.end_nodes),
        "links": len(network.links),
        "diameter_hops": nx.diameter(network.graph) if connected else None,
        "length_km": {"least": min(lengths), "mean": sum(lengths) / len(lengths), "most": max(lengths)},
        "qubits": sorted({(n.comm, n.storage) for n in network.nodes}),
    }
    text = (
        f"  network   {data['network']}\n"
        f"  nodes     {data['nodes']}, {data['end_nodes']} of them end nodes\n"
        f"  links     {data['links']}, {min(lengths):g} to {max(lengths):g} km"
        + (f", diameter {data['diameter_hops']} hops" if connected else ", not connected")
    )
    return Answer(data, text)


def describe(loaded: LoadedInstance, result: SolveResult, options: Mapping[str, Any]) -> Answer:
    """Accepted demands with their windows, and the figures of the schedule; writes tables and pictures if asked."""
    from qnet.convert import cyclic_schedule
    from qnet.scheduling import figures

    assert result.schedule is not None
    scenario: Scenario = loaded.source
    schedule, chosen = cyclic_schedule(loaded.problem, result.schedule, result.solver)
    demands = [scenario.offered[i] for i in chosen]
    found = figures(schedule)
    written = _write(scenario, schedule, demands, options)
    data = {
        "accepted": [demand.demand.label for demand in demands],
        "offered": len(scenario.offered),
        "throughput_hz": found.throughput_hz,
        "wcrt_s": found.wcrt_s,
        "jitter_s2": found.jitter_s2,
        "jitter_s": found.jitter_s,
        "hyperperiod_slots": schedule.hyperperiod,
        "utilisation": found.utilisation,
    }
    busiest = max(found.utilisation.items(), key=lambda item: item[1], default=("none", 0.0))
    lines = [
        f"  accepted   {len(chosen)} of {len(scenario.offered)} demands, {found.throughput_hz:.4g} pairs/s",
        f"  response   at most {found.wcrt_s:.3g} s, jitter {found.jitter_s:.3g} s, "
        f"hyperperiod {schedule.hyperperiod} slots",
        f"  busiest    {busiest[0]}, {busiest[1]:.0%} of the time",
    ]
    rows = [
        (
            o.demand.label,
            "-".join(o.protocol.path),
            f"{o.demand.rate_hz:.4g}",
            f"{o.demand.fidelity:.3f}",
            f"{o.protocol.fidelity:.4f}",
            str(o.protocol.latency_slots),
            str(o.period),
        )
        for o in demands[:12]
    ]
    lines.append(text_table(("demand", "path", "rate Hz", "F min", "F", "slots", "period"), rows))
    if len(demands) > 12:
        lines.append(f"  and {len(demands) - 12} more")
    return Answer(data, "\n".join(lines), written)


def _write(scenario: Scenario, schedule: Any, demands: Sequence[Any], options: Mapping[str, Any]) -> tuple[Path, ...]:
    from qnet.export import network_schedules, node_tables

    written: list[Path] = []
    for key, make in (
        ("tables", lambda: node_tables(schedule, demands, scenario.network)),
        ("network_schedule", lambda: network_schedules(schedule, demands)),
    ):
        path = options.get(key)
        if path is not None:
            path.write_text(json.dumps(make(), indent=1) + "\n", encoding="utf-8")
            written.append(path)
    if options.get("gantt") is not None:
        from qnet.plots import qubit_gantt

        written.append(qubit_gantt(schedule, demands, options["gantt"]))
    if options.get("map") is not None:
        from qnet.plots import network_map

        written.append(network_map(scenario.network, options["map"], demands))
    return tuple(written)


def text_table(heading: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table of texts with columns aligned."""
    widths = [max(len(row[i]) for row in (heading, *rows)) for i in range(len(heading))]
    return "\n".join(
        "  " + "  ".join(word.ljust(w) for word, w in zip(row, widths)).rstrip() for row in (heading, *rows)
    )
