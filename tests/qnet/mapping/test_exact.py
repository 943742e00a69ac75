"""The exact mapping: never worse than the heuristic, proven, checked twice."""

import sys
from pathlib import Path

import pytest

from qnet.mapping.check import check_mapping
from qnet.mapping.exact import keeps_of, lower_bound_slots, mapping_problem, solve_mapping
from qnet.mapping.mapped import MappedProtocol
from qnet.protocol.capability import LinkCapability
from qnet.protocol.reference import ReferenceCompiler
from schedcore.check import check
from schedcore.errors import InputError, NoScheduleError
from schedcore.solvers import Status

sys.path.insert(0, str(Path(__file__).parents[1] / "protocol"))
import itertools

from golden_data import mappings, needs_data, nv_capabilities


def compiled(hops: int, fidelity: float, links: tuple[LinkCapability, ...], qubits=(1, 3)) -> MappedProtocol:
    path = [str(i) for i in range(hops + 1)]
    edges = dict.fromkeys(itertools.pairwise(path), links)
    mapped = ReferenceCompiler(dict.fromkeys(path, qubits), edges).compile(path, fidelity)
    assert mapped is not None
    return mapped


LINKS = (LinkCapability(0.88, 14.0), LinkCapability(0.8, 28.0))


@needs_data
@pytest.mark.parametrize("golden", mappings(), ids=lambda g: f"{len(g['path']) - 1} hops {g['F_min']}")
def test_every_golden_mapping_is_solved_to_a_proof(golden: dict) -> None:
    mapped = compiled(len(golden["path"]) - 1, golden["F_min"], nv_capabilities())
    resources = dict.fromkeys(mapped.path, (1, 3))
    exact = solve_mapping(mapped, resources, time_limit_s=10)
    assert exact.status is Status.OPTIMAL
    assert exact.bound_slots == exact.mapped.latency_slots <= mapped.latency_slots == exact.heuristic_slots
    assert check_mapping(exact.mapped, resources) == ()


def test_the_heuristic_loses_four_slots_on_three_hops() -> None:
    if not mappings():
        pytest.skip("reference data of qnet is not here")
    mapped = compiled(3, 0.65, nv_capabilities())
    exact = solve_mapping(mapped, dict.fromkeys(mapped.path, (1, 3)))
    assert (mapped.latency_slots, exact.mapped.latency_slots) == (38, 34)


# With one storage qubit the published search finds nothing for three hops.
CASES = [
    (h, f, q) for h, f in ((1, 0.9), (2, 0.75), (3, 0.68)) for q in ((1, 3), (2, 3), (1, 1)) if (h, q) != (3, (1, 1))
]


@pytest.mark.parametrize(("hops", "fidelity", "qubits"), CASES)
def test_a_mapping_is_a_feasible_schedule_of_its_problem(hops: int, fidelity: float, qubits: tuple[int, int]) -> None:
    path = [str(i) for i in range(hops + 1)]
    edges = dict.fromkeys(itertools.pairwise(path), LINKS)
    resources = dict.fromkeys(path, qubits)
    mapped = ReferenceCompiler(resources, edges).compile(path, fidelity)
    assert mapped is not None
    made = mapping_problem(mapped, resources)
    schedule = made.schedule_of(mapped)
    assert not check(made.problem, schedule).violations
    again = made.mapping_of(schedule)
    assert check_mapping(again, resources) == ()
    assert again.latency_slots == mapped.latency_slots
    assert again.storage_slots == mapped.storage_slots
    assert lower_bound_slots(made) <= mapped.latency_slots


def test_list_scheduling_of_the_core_is_never_worse_than_the_start() -> None:
    mapped = compiled(3, 0.68, LINKS)
    resources = dict.fromkeys(mapped.path, (1, 3))
    found = solve_mapping(mapped, resources, solver="sgs", time_limit_s=1)
    assert found.bound_slots <= found.mapped.latency_slots <= mapped.latency_slots
    assert check_mapping(found.mapped, resources) == ()


def test_a_cut_off_bounds_every_wait() -> None:
    mapped = compiled(2, 0.75, LINKS)
    resources = dict.fromkeys(mapped.path, (1, 3))
    # One communication qubit in the middle: the first link waits for the whole generation of the second.
    exact = solve_mapping(mapped, resources, cutoff_slots=8)
    assert check_mapping(exact.mapped, resources, cutoff_slots=8) == ()
    with pytest.raises(NoScheduleError, match="no mapping was found"):
        solve_mapping(mapped, resources, cutoff_slots=1)


def test_ends_of_links_and_who_frees_them() -> None:
    mapped = compiled(2, 0.75, LINKS)
    keeps = {(keep.producer, keep.node): keep for keep in keeps_of(mapped)}
    assert len(keeps) == 4
    assert sorted(keep.freed_by or "-" for keep in keeps.values()) == ["-", "-", "S;0;1", "S;0;1"]


def test_refusals() -> None:
    mapped = compiled(1, 0.85, LINKS)
    with pytest.raises(InputError, match="a cut-off of -1"):
        mapping_problem(mapped, {"0": (1, 1), "1": (1, 1)}, -1)
    with pytest.raises(InputError, match="no qubits are given"):
        mapping_problem(mapped, {"0": (1, 1)})
