"""The domain ``qnet`` for the command: networks with demands, periodic schedulers, suites, simulation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from schedcore.bench import BenchRow, Suite, SuiteOptions
from schedcore.domain_options import DomainOption
from schedcore.registry import Domain, LoadedInstance

_LABELS = (
    *("pts-np-edf", "pts-cedf", "pts-pb", "rcpsp-np-fpr", "rcpsp-np-edf", "rcpsp-cedf"),
    *("rcpsp-pb-fpr", "rcpsp-pbs", "rcpsp-pb", "rcpsp-strict", "rcpsp-np-edf-retry", "pts-np-edf-retry"),
)


def instance_names() -> tuple[str, ...]:
    """Networks by name; each with the default workload."""
    return ("star", "H", "line", "line5", "symmetric", "star6", "surfnet", "garr")


def load(instance: str, data_dirs: Sequence[Path] = (), options: Mapping[str, object] | None = None) -> LoadedInstance:
    """The admission problem of a network with demands (see :func:`qnet.convert.admission_problem`).

    ``instance`` is a network, ``NETWORK:key=value,...`` with the fields of :class:`~qnet.scenario.ScenarioOptions`,
    or a network file; ``options`` are further such fields.

    Raises
    ------
    SchedError
        Whatever is wrong with network, demands or options.
    """
    from qnet.admission import tasks_of
    from qnet.command import scenario_values
    from qnet.convert import admission_problem
    from qnet.scenario import make_scenario

    scenario = make_scenario(instance, scenario_values(options or {}), data_dirs)
    chosen = scenario.options
    tasks = tasks_of(scenario.offered, chosen.budget)
    problem = admission_problem(
        tasks,
        scenario.slot_s,
        segmented=chosen.preemptive,
        name=instance,
    )
    info = {
        "network": scenario.network.summary or scenario.network.name,
        "nodes": len(scenario.network.nodes),
        "links": len(scenario.network.links),
        "compiler": chosen.mode,
        "offered demands": len(scenario.offered),
        "offered load": f"{sum(o.demand.rate_hz for o in scenario.offered):.4g} pairs/s",
        "slot": f"{scenario.slot_s * 1000:g} ms",
    }
    return LoadedInstance(problem, instance, info=info, source=scenario)


def _paper(options: SuiteOptions) -> Iterator[BenchRow]:
    from qnet.suites.paper import rows

    return rows(options)


def _packets(options: SuiteOptions) -> Iterator[BenchRow]:
    from qnet.suites.packets import rows

    return rows(options)


def _golden(options: SuiteOptions) -> Iterator[BenchRow]:
    from qnet.suites.golden import golden_rows

    return golden_rows(options)


def _physical(options: SuiteOptions) -> Iterator[BenchRow]:
    from qnet.suites.physical import rows

    return rows(options)


OPTIONS = (
    DomainOption(
        "scheduler", "Periodic scheduler: the same as --solver.", instead_of="solver", verbs=("solve", "simulate")
    ),
    DomainOption("load", "Target load of the drawn demands, in pairs per second.", float, metavar="HZ"),
    DomainOption("fidelity", "Least fidelity of the drawn demands.", float, metavar="F"),
    DomainOption("demands", "File with demands (JSON or CSV) instead of drawn ones.", metavar="FILE"),
    DomainOption("workload", "How demands are drawn.", choices=("load", "balanced")),
    DomainOption("workload-seed", "Seed of the drawn demands.", int, minimum=0, metavar="N"),
    DomainOption("mode", "Compiler: as published, or physical.", choices=("reference", "physical")),
    DomainOption("t2-s", "Memory time of storage qubits, in seconds.", float, metavar="S"),
    DomainOption("comm", "Communication qubits in every node.", int, metavar="N"),
    DomainOption("storage", "Storage qubits in every node.", int, metavar="N"),
    DomainOption("slot-ms", "Length of a slot, in milliseconds.", float, metavar="MS"),
    DomainOption("budget", "Preemption budget, in slots.", int, minimum=0, metavar="SLOTS"),
    DomainOption(
        "preemptive", "State the problem with interruptions, for schedulers with budgets.", bool, verbs=("solve",)
    ),
    DomainOption(
        "tables", "Write the table of every node to this file (JSON).", Path, metavar="FILE", verbs=("solve",)
    ),
    DomainOption(
        "network-schedule",
        "Write the end nodes' time bins to this file (JSON).",
        Path,
        metavar="FILE",
        verbs=("solve",),
    ),
    DomainOption("gantt", "Draw qubits by slots into this file.", Path, metavar="FILE", verbs=("solve",)),
    DomainOption("map", "Draw the network into this file.", Path, metavar="FILE", verbs=("solve",)),
    DomainOption("admission", "Rule of admission.", choices=("published", "retry"), verbs=("simulate",)),
    DomainOption("slots", "How many slots to play.", int, minimum=1, metavar="N", verbs=("simulate",)),
    DomainOption("dynamic", "Release finished windows early and retry failed ones.", bool, verbs=("simulate",)),
    DomainOption(
        "study",
        "Compare over a range: throughput against load, against jitter, promises kept, sensitivity.",
        choices=("load", "tradeoff", "acceptance", "sensitivity"),
        verbs=("simulate",),
    ),
)

domain = Domain(
    name="qnet",
    summary="quantum networks: demands to repeater protocols, periodic schedules, execution with real fidelities",
    instance_names=instance_names,
    load=load,
    options=OPTIONS,
    simulate="qnet.command:simulate",
    info="qnet.command:info",
    describe="qnet.command:describe",
    suites={
        "golden": Suite("protocols, mappings and formulas of the published system, exactly", _golden),
        "physical": Suite("what protocols can promise: feasible region, storage, the seed's own terms", _physical),
        "paper": Suite("throughput, jitter and admission of the schedulers beside the reference", _paper),
        "packets": Suite("packets of pairs: attempt lengths, static and dynamic schedules on GARR, sessions", _packets),
    },
    solvers={label: f"qnet.periodic_solver:{label.replace('-', '_')}" for label in _LABELS},
)
