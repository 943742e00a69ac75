"""A plan: how a layer is cut into nano-operations, when each runs, with which share; one JSON file.

The file is a document of the core (problem, schedule, result), so that ``sched validate`` and ``sched plot`` read it;
what only this domain knows stands in the metadata of the problem, as text.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from llmserve.plan.structure import STREAM, LayerStructure, NanoOperation, Role
from schedcore.check import check
from schedcore.errors import FormatError, InputError
from schedcore.model import Problem, Schedule, Unary

SCHEMA = "llmserve.plan/1"
_KEY = "llmserve"


@dataclass(frozen=True)
class PlanContext:
    """What a plan was made for.

    Parameters
    ----------
    deployment
        ``MODEL@NxGPU``.
    workload
        Name of the lengths.
    dense_tokens, decode_tokens, decode_context, prefill_context
        The batch: tokens, decode tokens, and mean numbers of keys per decode and per prefill token.
    sequential_s
        A layer without nano-batches, one operation after another, stand-alone.
    layers
        Layers of an iteration.
    other_s
        Seconds of an iteration outside the layers' planned operations.
    times, interference
        Names of the profile and of the R -> P table.
    """

    deployment: str
    workload: str
    dense_tokens: int
    decode_tokens: int
    decode_context: float
    prefill_context: float
    sequential_s: float
    layers: int
    other_s: float
    times: str
    interference: str


@dataclass(frozen=True)
class NanoStep:
    """A nano-operation with its time and share in a plan."""

    operation: NanoOperation
    start_s: float
    end_s: float
    share: float
    stand_alone_s: float

    @property
    def stream(self) -> str:
        """The queue of kernels that it runs in."""
        return str(STREAM[self.operation.role])


@dataclass(frozen=True)
class Plan:
    """A checked plan.

    Parameters
    ----------
    context
        What it was made for.
    structure
        The nano-operations, in the order of the problem's tasks.
    problem, schedule
        The layer as a problem of the core, and its schedule.
    stand_alone_s
        Stand-alone seconds per nano-operation.
    overlap
        ``False``: the plan says that overlap does not pay, and the layer is to be run sequentially.
    bound_s
        A proven lower bound of the period of this structure, or ``None``.
    notes
        How it was found.

    Raises
    ------
    ViolationError
        The schedule breaks a rule of the problem.
    """

    context: PlanContext
    structure: LayerStructure
    problem: Problem
    schedule: Schedule
    stand_alone_s: tuple[float, ...]
    overlap: bool = True
    bound_s: float | None = None
    notes: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check(self.problem, self.schedule).require_ok()
        if self.schedule.cycle is None:
            raise InputError("a plan needs a period", where="plan", remedy="give a cyclic schedule")

    @property
    def period_s(self) -> float:
        """Seconds per layer in the steady state."""
        assert self.schedule.cycle is not None
        return float(self.problem.unit.to_seconds(self.schedule.cycle))

    @property
    def layer_s(self) -> float:
        """Seconds per layer as it will be run: the period, or the sequential layer if overlap does not pay."""
        return self.period_s if self.overlap else self.context.sequential_s

    @property
    def gain(self) -> float:
        """Sequential over planned time of a whole iteration; above 1 the plan is faster."""
        c = self.context
        return (c.layers * c.sequential_s + c.other_s) / (c.layers * self.period_s + c.other_s)

    @property
    def iteration_s(self) -> float:
        """Seconds of an iteration on the batch that the plan was made for."""
        return self.context.layers * self.layer_s + self.context.other_s

    @property
    def tokens_per_s(self) -> float:
        """Total tokens per second of the deployment."""
        return self.context.dense_tokens / self.iteration_s

    def steps(self) -> tuple[NanoStep, ...]:
        """The nano-operations by start."""
        gpu = {r for r, resource in enumerate(self.problem.resources) if not isinstance(resource, Unary)}
        found = []
        for placement in self.schedule.placements:
            mode = self.problem.tasks[placement.task].modes[placement.mode]
            amount = next((d.amount for d in mode.demands if d.resource in gpu), 1000)
            found.append(
                NanoStep(
                    self.structure.operations[placement.task],
                    float(self.problem.unit.to_seconds(placement.start)),
                    float(self.problem.unit.to_seconds(placement.end)),
                    amount / 1000,
                    self.stand_alone_s[placement.task],
                )
            )
        return tuple(sorted(found, key=lambda step: (step.start_s, step.operation.name)))

    def with_metadata(self) -> Problem:
        """The problem with what the domain knows in its metadata."""
        rest = {"overlap": self.overlap, "bound_s": self.bound_s, "notes": dict(self.notes)}
        return plan_metadata(self.problem, self.context, self.structure, self.stand_alone_s, rest)

    def write(self, path: Path) -> None:
        """Write the plan to ``path``."""
        from schedcore.io import Document, write_document

        result = {"period_s": self.period_s, "gain": self.gain, "overlap": self.overlap, "bound_s": self.bound_s}
        write_document(Document(self.with_metadata(), self.schedule, result), path)


def plan_metadata(
    problem: Problem,
    context: PlanContext,
    structure: LayerStructure,
    stand_alone_s: Sequence[float],
    rest: Mapping[str, Any] | None = None,
) -> Problem:
    """``problem`` with what :func:`structure_of` reads back in its metadata."""
    own = {
        "schema": SCHEMA,
        "context": dataclasses.asdict(context),
        "operations": [
            {"role": str(op.role), "number": op.number, "tokens": [list(pair) for pair in op.ranges]}
            for op in structure.operations
        ],
        "stand_alone_s": list(stand_alone_s),
        **(rest or {}),
    }
    return problem.replace(metadata=((_KEY, json.dumps(own, sort_keys=True)),))


def read_plan(path: Path) -> Plan:
    """The plan in the file at ``path``, checked.

    Raises
    ------
    InputError
        The file cannot be read, or its schedule breaks the rules.
    FormatError
        It is no plan.
    """
    from schedcore.io import read_document

    document = read_document(path)
    if document.schedule is None:
        raise FormatError("the document has no schedule", where=str(path), remedy="make a plan with sched solve")
    return plan_of(document.problem, document.schedule, where=str(path))


def structure_of(
    problem: Problem, where: str = "plan"
) -> tuple[PlanContext, LayerStructure, tuple[float, ...], dict[str, Any]]:
    """Context, structure, stand-alone seconds and the rest of what the metadata of a layer's problem says.

    Raises
    ------
    FormatError
        The problem was not made by this domain, or its metadata are damaged.
    """
    text = problem.meta.get(_KEY)
    if not isinstance(text, str):
        raise FormatError(
            "the problem is no layer of llmserve", where=where, remedy="make one with sched solve llmserve"
        )
    try:
        own = json.loads(text)
        if own.get("schema") != SCHEMA:
            raise FormatError(f"schema is {own.get('schema')!r}", where=where, remedy=f"this version reads {SCHEMA}")
        context = PlanContext(**own["context"])
        operations = tuple(
            NanoOperation(Role(o["role"]), int(o["number"]), tuple((int(a), int(b)) for a, b in o["tokens"]))
            for o in own["operations"]
        )
        seconds = tuple(float(x) for x in own["stand_alone_s"])
        structure = LayerStructure(context.dense_tokens, context.decode_tokens, operations)
    except FormatError:
        raise
    except (KeyError, TypeError, ValueError, AttributeError, InputError) as error:
        raise FormatError(
            f"the plan's own part is damaged: {error}", where=where, remedy="make the plan anew"
        ) from error
    if len(seconds) != len(operations) or [op.name for op in operations] != [t.name for t in problem.tasks]:
        raise FormatError(
            "the nano-operations are not the tasks of the problem", where=where, remedy="make the plan anew"
        )
    return context, structure, seconds, own


def plan_of(problem: Problem, schedule: Schedule, *, where: str = "plan") -> Plan:
    """The plan that a layer's problem and a schedule of it make (for example what a solver of the core found)."""
    context, structure, seconds, own = structure_of(problem, where)
    return Plan(
        context,
        structure,
        problem.replace(metadata=()),
        schedule,
        seconds,
        overlap=bool(own.get("overlap", True)),
        bound_s=own.get("bound_s"),
        notes=own.get("notes", {}),
    )
