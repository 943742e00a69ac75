"""The domain ``qnet`` for the command: networks with demands, periodic schedulers, suites, simulation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from schedcore.bench import BenchRow, Suite, SuiteOptions
from schedcore.registry import Domain, LoadedInstance

_LABELS = (
    *("pts-np-edf", "pts-cedf", "pts-pb", "rcpsp-np-fpr", "rcpsp-np-edf", "rcpsp-cedf"),
    *("rcpsp-pb-fpr", "rcpsp-pbs", "rcpsp-pb", "rcpsp-strict", "rcpsp-np-edf-retry", "pts-np-edf-retry"),
)


def instance_names() -> tuple[str, ...]:
    """Networks by name; each with the default workload."""
    return ("star", "H", "line", "line5", "symmetric", "star6", "surfnet", "garr")


def load(
    instance: str, data_dirs: Sequence[Path] = (), options: Mapping[str, object] | None = None
) -> LoadedInstance:
    """The admission problem of a network with demands (see :func:`qnet.convert.admission_problem`).

    ``instance`` is a network, ``NETWORK@key:value,...`` with the fields of :class:`~qnet.scenario.ScenarioOptions`, or a
    network file; ``options`` are further such fields.

    Raises
    ------
    SchedError
        Whatever is wrong with network, demands or options.
    """
    from qnet.admission import tasks_of
    from qnet.convert import admission_problem
    from qnet.scenario import make_scenario
    from qnet.scheduling import get_scheduler

    scenario = make_scenario(instance, options, data_dirs)
    chosen = scenario.options
    tasks = tasks_of(scenario.offered, chosen.budget)
    problem = admission_problem(
        tasks,
        scenario.slot_s,
        segmented=get_scheduler(chosen.scheduler).preemptive,
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
    return LoadedInstance(problem, instance, info=info)


def _paper(options: SuiteOptions) -> Iterator[BenchRow]:
    from qnet.suites.paper import rows

    return rows(options)


domain = Domain(
    name="qnet",
    summary="quantum networks: demands to repeater protocols, periodic schedules, execution with real fidelities",
    instance_names=instance_names,
    load=load,
    solvers={label: f"qnet.periodic_solver:{label.replace('-', '_')}" for label in _LABELS},
)
