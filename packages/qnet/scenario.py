"""An instance of the domain: a network, demands on it, and how they are compiled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from qnet.compiling import SLOT_S, Compiler, OfferedDemand, ReferenceProtocols, offer
from qnet.demand import read_demands
from qnet.network import Network
from qnet.networks import get_network
from qnet.workload import QubitPacking, balanced_workload, load_workload
from schedcore.errors import InputError, unknown_name

WORKLOADS = ("load", "balanced")
MODES = ("reference", "physical")
DEFAULT_LOAD_HZ = 5.0


@dataclass(frozen=True, slots=True)
class ScenarioOptions:
    """What may be said about an instance beside its network.

    Parameters
    ----------
    demands
        File with demands; without it a workload is drawn.
    workload
        ``load`` (until the rates sum up to ``load``) or ``balanced`` (until the end nodes are a little overbooked).
    load
        Target in pairs per second.
    fidelity
        Least fidelity of drawn demands; ``None``: 0.55 on networks of NV centres, 0.98 on future ones.
    seed
        Of the drawn workload.
    mode
        Compiler: ``reference`` (the published one) or ``physical``.
    preemptive
        State the problem with interruptions at segment ends, for the schedulers with budgets.
    comm, storage
        Qubits in every node; ``None``: as the network says.
    slot_ms
        Length of a slot.
    budget
        Preemption budget in slots.
    t2_s
        Memory time of storage qubits, for the physical mode.
    """

    demands: str | None = None
    workload: str = "load"
    load: float = DEFAULT_LOAD_HZ
    fidelity: float | None = None
    seed: int = 0
    mode: str = "reference"
    preemptive: bool = False
    comm: int | None = None
    storage: int | None = None
    slot_ms: float = SLOT_S * 1000
    budget: int = 100
    t2_s: float = 10.0

    def __post_init__(self) -> None:
        for name, value, known in (
            ("workload", self.workload, WORKLOADS),
            ("mode", self.mode, MODES),
        ):
            if value not in known:
                raise unknown_name(name, value, known, where=f"--{name}")
        if not self.slot_ms > 0:
            raise InputError(f"a slot of {self.slot_ms} ms", where="--slot-ms", remedy="give milliseconds > 0")
        if self.fidelity is not None and not 0.25 < self.fidelity < 1:
            raise InputError(
                f"a fidelity of {self.fidelity}",
                where="--fidelity",
                remedy="give more than 0.25 (that is noise) and less than 1 (that is never reached)",
            )
        for name in ("comm", "storage"):
            value = getattr(self, name)
            if value is not None and value < (1 if name == "comm" else 0):
                raise InputError(f"{value} qubits", where=f"--{name}", remedy="give at least one communication qubit")

    @classmethod
    def of(cls, values: Mapping[str, object]) -> ScenarioOptions:
        """From words or typed values; unknown names are refused with near misses, texts are converted.

        Raises
        ------
        UnknownNameError, InputError
            An unknown name, or a value that is no number where one is needed.
        """
        known = {f.name: str(f.type) for f in fields(cls)}
        made: dict[str, Any] = {}
        for key, value in values.items():
            name = key.replace("-", "_")
            if name not in known:
                raise unknown_name("option", key, known, where="qnet")
            if value is None:
                continue
            kind = known[name]
            try:
                made[name] = _converted(value, kind)
            except ValueError:
                raise InputError(f"{key} is {value!r}", where="qnet", remedy="give a number") from None
        return cls(**made)


def _converted(value: object, kind: str) -> Any:
    if kind == "bool":
        text = str(value).lower()
        if text not in ("true", "false", "1", "0"):
            raise ValueError(text)
        return text in ("true", "1")
    return int(str(value)) if "int" in kind else float(str(value)) if "float" in kind else str(value)


@dataclass(frozen=True)
class Scenario:
    """A network with offered demands, compiled."""

    name: str
    network: Network
    options: ScenarioOptions
    compiler: Compiler
    offered: tuple[OfferedDemand, ...]

    @property
    def slot_s(self) -> float:
        """Length of a slot in seconds."""
        return self.compiler.slot_s


def parse_expression(text: str) -> tuple[str, dict[str, object]]:
    """``NETWORK:key=value,key=value`` as the network (which may have colons itself) and its options."""
    name, colon, rest = text.rpartition(":")
    values: dict[str, object] = {}
    if not colon or "=" not in rest:
        return text, values
    for word in rest.split(","):
        key, equals, value = word.partition("=")
        if not equals:
            raise InputError(f"{word!r} is no key=value", where="instance", remedy="write star:load=5,seed=1")
        values[key.strip()] = value.strip()
    return name, values


def make_compiler(network: Network, options: ScenarioOptions) -> Compiler:
    """The compiler of the chosen mode."""
    slot_s = options.slot_ms / 1000
    if options.mode == "physical":
        from qnet.physical_protocols import PhysicalProtocols

        return PhysicalProtocols(network, slot_s, t2_s=options.t2_s)
    return ReferenceProtocols(network, slot_s)


def make_scenario(text: str, values: Mapping[str, object] | None = None, data_dirs: Sequence[Path] = ()) -> Scenario:
    """The scenario that ``text`` (a network, an expression ``NETWORK:key=value,...``) and options describe.

    Raises
    ------
    SchedError
        Whatever is wrong with network, demands or options, with place and remedy.
    """
    name, written = parse_expression(text)
    options = ScenarioOptions.of({**written, **(values or {})})
    network = get_network(name, data_dirs)
    if options.comm is not None or options.storage is not None:
        network = network.with_qubits(options.comm, options.storage)
    compiler = make_compiler(network, options)
    if options.demands is not None:
        offered = _from_file(compiler, options.demands, data_dirs)
    else:
        fidelity = options.fidelity if options.fidelity is not None else (0.98 if network.futuristic else 0.55)
        options = replace(options, fidelity=fidelity)
        if options.workload == "balanced":
            offered = balanced_workload(compiler, fidelity, options.seed)
        else:
            offered = load_workload(compiler, fidelity, options.load, options.seed)
    return Scenario(text, network, options, compiler, tuple(offered))


def _from_file(compiler: Compiler, file: str, data_dirs: Sequence[Path]) -> list[OfferedDemand]:
    paths = [Path(file).expanduser(), *(folder / file for folder in data_dirs)]
    path = next((p for p in paths if p.is_file()), None)
    if path is None:
        raise InputError(f"there is no file {file!r}", where="--demands", remedy="check the path, or give --data-dir")
    packing = QubitPacking(compiler.network)
    offered = []
    seen: set[str] = set()
    for i, demand in enumerate(read_demands(path)):
        named = demand if demand.name else replace(demand, name=f"d{i}")
        if named.name in seen:
            raise InputError(f"two demands are called {named.name}", where=str(path), remedy="rename one of them")
        seen.add(named.name)
        found = offer(named, compiler)
        offered.append(replace(found, qubits=packing.add(found.protocol, found.period)))
    return offered
