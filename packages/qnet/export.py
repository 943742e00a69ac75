"""Schedules for the nodes: one table per node, and the bins of an end node's network schedule.

Both are plain JSON data that repeat modulo the hyperperiod; their size does not depend on how long the network runs.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from qnet.compiling import OfferedDemand
from qnet.network import Network
from qnet.scheduling import CyclicSchedule, Run
from schedcore.errors import InputError


def node_tables(schedule: CyclicSchedule, demands: Sequence[OfferedDemand], network: Network) -> dict[str, Any]:
    """What every node has to do in one hyperperiod.

    Rows are sorted by start: ``start_slot``, ``slots``, ``kind`` (L, S or D), ``qubits`` of this node, ``partner`` (the
    other node of a link or distillation, ``None`` for a swap), ``demand``, ``instance``, ``operation``.
    """
    _check(schedule, demands)
    tables: dict[str, list[dict[str, Any]]] = {node.name: [] for node in network.nodes}
    for run in schedule.unrolled(schedule.hyperperiod):
        offered = demands[run.task]
        for operation in offered.protocol.operations:
            physical = [offered.qubits[q] for q in operation.qubits]
            for node in operation.nodes:
                others = [n for n in operation.nodes if n != node]
                tables[node].append(
                    {
                        "start_slot": _slot(run, operation.start_slot),
                        "slots": operation.slots,
                        "kind": operation.kind,
                        "qubits": [q for q in physical if q.rpartition("-")[0] == node],
                        "partner": others[0] if others else None,
                        "demand": offered.demand.label,
                        "instance": run.instance,
                        "operation": operation.name,
                    }
                )
    for rows in tables.values():
        rows.sort(key=lambda r: (r["start_slot"], r["demand"], r["operation"]))
    return {
        "schema": "qnet-node-tables/1",
        "network": network.name,
        "scheduler": schedule.scheduler,
        "slot_s": schedule.slot_s,
        "hyperperiod_slots": schedule.hyperperiod,
        "nodes": {name: rows for name, rows in tables.items() if rows},
    }


def network_schedules(schedule: CyclicSchedule, demands: Sequence[OfferedDemand]) -> dict[str, Any]:
    """Per end node the time bins in which it makes pairs with a partner, in the manner of Qoala's network schedule.

    ``bin_length_ns`` and ``repeat_period_ns`` as there; ``bins`` are ``{first_bin, bins, partner, session, window}``.
    """
    _check(schedule, demands)
    nodes: dict[str, list[dict[str, Any]]] = {}
    for run in schedule.unrolled(schedule.hyperperiod):
        demand = demands[run.task].demand
        for node, partner in ((demand.source, demand.destination), (demand.destination, demand.source)):
            nodes.setdefault(node, []).append(
                {
                    "first_bin": run.start,
                    "bins": run.end - run.start,
                    "partner": partner,
                    "session": demand.label,
                    "window": run.instance,
                }
            )
    for rows in nodes.values():
        rows.sort(key=lambda r: (r["first_bin"], r["session"]))
    length = round(schedule.slot_s * 1e9)
    return {
        "schema": "qnet-network-schedule/1",
        "bin_length_ns": length,
        "first_bin": 0,
        "repeat_period_ns": length * schedule.hyperperiod,
        "nodes": dict(sorted(nodes.items())),
    }


def _slot(run: Run, offset: int) -> int:
    piece = next(p for p in reversed(run.pieces) if p.offset <= offset)
    return piece.start + offset - piece.offset


def _check(schedule: CyclicSchedule, demands: Sequence[OfferedDemand]) -> None:
    if len(demands) != len(schedule.tasks):
        raise InputError(
            f"{len(demands)} demands for {len(schedule.tasks)} tasks", where="export", remedy="give them in order"
        )
