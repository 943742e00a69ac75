"""The nine schedulers on the vectors of the specification, and laws that all of them keep."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qnet.compiling import ReferenceProtocols
from qnet.convert import periodic_problem, to_schedule
from qnet.networks import get_network
from qnet.scheduling import PUBLISHED, SCHEDULERS, Miss, PeriodicTask, TaskSegment, figures, get_scheduler, schedule
from qnet.scheduling import try_schedule as attempt
from qnet.scheduling.occupancy import Occupancy, first_clear, spread
from qnet.scheduling.strict import fold
from qnet.scheduling.task import components, hyperperiod, intervals_of
from schedcore.check import check
from schedcore.errors import InputError, NoScheduleError, UnknownNameError

SLOT_S = 0.01


def task(i: int, slots: int, period: int, qubits: str = "q", **more) -> PeriodicTask:
    return PeriodicTask(i, f"t{i + 1}", slots, period, dict.fromkeys(qubits, (1 << slots) - 1), **more)


def intervals(found) -> dict[str, list[tuple[int, int]]]:
    """Task name -> intervals in which it runs, in order of time."""
    return {
        t.name: [(p.start, p.start + p.slots) for run in row for p in run.pieces]
        for t, row in zip(found.tasks, found.by_task)
    }


def test_two_equal_tasks_run_one_after_the_other() -> None:
    assert intervals(schedule([task(0, 2, 4), task(1, 2, 4)], "pts-np-edf", SLOT_S)) == {"t1": [(0, 2)], "t2": [(2, 4)]}


def test_long_task_makes_short_one_miss() -> None:
    found = attempt([task(0, 2, 4), task(1, 6, 12)], "pts-np-edf", SLOT_S)
    assert isinstance(found, Miss)
    assert "after its deadline 8" in str(found)
    with pytest.raises(NoScheduleError, match="pts-np-edf finds no schedule"):
        schedule([task(0, 2, 4), task(1, 6, 12)], "pts-np-edf", SLOT_S)


CLAIRVOYANT = [task(0, 1, 3), task(1, 2, 15), task(2, 4, 25), task(3, 1, 5)]


@pytest.mark.parametrize("label", ["pts-cedf", "rcpsp-cedf"])
def test_clairvoyant_edf_serves_a_set_that_edf_fails(label: str) -> None:
    found = schedule(CLAIRVOYANT, label, SLOT_S)
    busy = sorted(s for run in found.runs for s in range(run.start, run.end))
    rows = ((0, 13), (15, 21), (24, 25), (27, 40), (42, 42), (45, 58), (60, 66), (69, 70), (72, 72))
    assert found.hyperperiod == 75
    assert busy == [s for a, b in rows for s in range(a, b + 1)]
    first = [(run.start, run.task + 1) for run in sorted(found.runs, key=lambda r: r.start)][:7]
    assert first == [(0, 1), (1, 4), (2, 2), (4, 1), (5, 4), (6, 1), (7, 3)]
    assert isinstance(attempt(CLAIRVOYANT, "pts-np-edf", SLOT_S), Miss)


def test_budget_lets_a_long_task_be_interrupted() -> None:
    segments = tuple(TaskSegment(a, b, frozenset(), frozenset("r")) for a, b in ((0, 2), (2, 6)))
    long = PeriodicTask(1, "t2", 6, 12, {"r": 0b111111}, segments, 2)
    found = schedule([task(0, 2, 4, budget=0), long], "pts-pb", SLOT_S)
    assert intervals(found) == {"t1": [(0, 2), (4, 6), (10, 12)], "t2": [(2, 4), (6, 10)]}


GOLDEN_LINE = {
    "rcpsp-np-edf": {"A": [(1, 10)], "B": [(0, 5), (10, 15)]},
    "rcpsp-np-fpr": {"A": [(5, 14)], "B": [(0, 5), (14, 19)]},
    "rcpsp-cedf": {"A": [(5, 14)], "B": [(0, 5), (14, 19)]},
    "rcpsp-pb": {"A": [(0, 4), (5, 10)], "B": [(0, 5), (10, 15)]},
    "rcpsp-pbs": {"A": [(5, 14)], "B": [(0, 5), (14, 19)]},
}


@pytest.fixture(scope="module")
def line_tasks() -> list[PeriodicTask]:
    compiler = ReferenceProtocols(get_network("line"))
    a, b = compiler.protocol("1", "3", 0.6), compiler.protocol("0", "1", 0.8)
    assert a is not None
    assert b is not None
    assert (a.latency_slots, b.latency_slots) == (9, 5)
    assert [(s.start_slot, s.end_slot) for s in a.segments] == [(0, 4), (4, 8), (8, 9)]
    return [PeriodicTask.of_protocol(0, "A", a, 20), PeriodicTask.of_protocol(1, "B", b, 10)]


@pytest.mark.parametrize("label", GOLDEN_LINE)
def test_two_demands_on_a_line(label: str, line_tasks) -> None:
    assert intervals(schedule(line_tasks, label, SLOT_S)) == GOLDEN_LINE[label]


@pytest.mark.parametrize("label", SCHEDULERS)
def test_schedules_pass_the_checker_over_two_hyperperiods(label: str, line_tasks) -> None:
    found = schedule(line_tasks, label, SLOT_S)
    segmented = get_scheduler(label).preemptive
    problem = periodic_problem(line_tasks, SLOT_S, rounds=2, segmented=segmented)
    report = check(problem, to_schedule(found, rounds=2, segmented=segmented))
    assert report.ok, report.violations


def test_checker_finds_a_moved_window(line_tasks) -> None:
    found = schedule(line_tasks, "rcpsp-np-edf", SLOT_S)
    problem = periodic_problem(line_tasks, SLOT_S)
    good = to_schedule(found)
    first = good.placements[0]
    wrong = type(good)([(p.task, p.mode, p.start + 1, p.end + 1) if p == first else tuple(p) for p in good])
    assert not check(problem, wrong).ok


def test_figures_of_the_line(line_tasks) -> None:
    found = figures(schedule(line_tasks, "rcpsp-np-edf", SLOT_S))
    assert found.wcrt_s == pytest.approx(0.10)  # A ends in slot 10
    assert found.jitter_s2 == 0.0  # one distance within the hyperperiod
    assert found.utilisation["1-C0"] == pytest.approx(4 / 20 + 5 / 10)


def test_pieces_that_are_interrupted_need_a_segmented_problem(line_tasks) -> None:
    found = schedule(line_tasks, "rcpsp-pb", SLOT_S)
    with pytest.raises(InputError, match="A is interrupted"):
        to_schedule(found)


def test_unknown_scheduler_and_bad_tasks_are_refused() -> None:
    with pytest.raises(UnknownNameError, match="did you mean"):
        get_scheduler("rcpsp-np-edff")
    with pytest.raises(InputError, match="0 slots every 4"):
        PeriodicTask(0, "t", 0, 4, {})
    with pytest.raises(InputError, match="occupied beyond"):
        PeriodicTask(0, "t", 2, 4, {"q": 0b100})
    with pytest.raises(InputError, match="budget of -1"):
        task(0, 1, 2, budget=-1)


def test_large_hyperperiods_are_refused_with_the_numbers() -> None:
    with pytest.raises(InputError, match=r"999, 1000, 1001 is 999999000 slots, more than 1048576"):
        schedule([task(0, 1, 999), task(1, 1, 1000), task(2, 1, 1001)], "rcpsp-np-edf", SLOT_S)
    assert hyperperiod([4, 6]) == 12


def test_bounds_on_jitter_and_latency_make_a_miss() -> None:
    found = attempt([task(0, 2, 4), task(1, 2, 8, latency_max=3)], "rcpsp-np-edf", SLOT_S)
    assert isinstance(found, Miss)
    assert "a latency of 4 slots is above the bound 3" in str(found)
    jittery = [task(0, 3, 8), task(1, 1, 4, jitter_max=0.5)]
    assert (
        isinstance(attempt(jittery, "rcpsp-np-edf", SLOT_S), Miss)
        or figures(schedule(jittery, "rcpsp-np-edf", SLOT_S)).jitter_s <= 0.5 * SLOT_S
    )


masks = st.integers(0, (1 << 40) - 1)


@given(masks, st.integers(1, 12))
def test_spread_marks_every_start_that_meets_a_bit(mask: int, length: int) -> None:
    assert [spread(mask, length) >> t & 1 for t in range(40)] == [
        int(any(mask >> (t + k) & 1 for k in range(length))) for t in range(40)
    ]


@given(masks, st.integers(0, 45))
def test_first_clear_bit(mask: int, start: int) -> None:
    assert first_clear(mask, start) == next(t for t in range(start, 100) if not mask >> t & 1)


@given(masks)
def test_intervals_cover_exactly_the_bits(mask: int) -> None:
    assert sum(((1 << (b - a)) - 1) << a for a, b in intervals_of(mask)) == mask


@given(masks, st.sampled_from([(40, 10), (40, 5), (40, 8), (24, 3), (36, 12)]))
def test_fold_gathers_bits_modulo_the_period(mask: int, sizes: tuple[int, int]) -> None:
    cycle, period = sizes
    expected = 0
    for t in range(cycle):
        expected |= (mask >> t & 1) << (t % period)
    assert fold(mask, period, cycle) == expected


@st.composite
def task_sets(draw) -> list[PeriodicTask]:
    made = []
    for i in range(draw(st.integers(1, 5))):
        period = draw(st.sampled_from([4, 8, 16, 32]))
        slots = draw(st.integers(1, max(1, period // 2)))
        qubits = draw(st.sets(st.sampled_from("abcdef"), min_size=1, max_size=3))
        patterns = {q: draw(st.integers(1, (1 << slots) - 1)) for q in sorted(qubits)}
        cut = draw(st.integers(0, slots - 1))
        both = frozenset(q for q, m in patterns.items() if cut and m >> (cut - 1) & 1 and m >> cut & 1)
        rest = frozenset(q for q, m in patterns.items() if m >> cut)
        segments = () if cut == 0 else (
            TaskSegment(0, cut, both, frozenset(patterns)), TaskSegment(cut, slots, frozenset(), rest),
        )  # fmt: skip
        made.append(PeriodicTask(i, f"t{i}", slots, period, patterns, segments, draw(st.integers(0, 6))))
    return made


@pytest.mark.parametrize("label", SCHEDULERS)
@given(tasks=task_sets())
@settings(max_examples=25)
def test_every_schedule_is_valid(label: str, tasks: list[PeriodicTask]) -> None:
    """No two uses of a qubit overlap, every window is served once within its period, and budgets are kept."""
    found = attempt(tasks, label, SLOT_S)
    if isinstance(found, Miss):
        return
    taken: dict[str, int] = {}
    cycle = found.hyperperiod
    for run in found.unrolled(cycle):
        t = found.tasks[run.task]
        assert run.instance * t.period <= run.start
        assert run.end <= (run.instance + 1) * t.period
        assert sum(p.slots for p in run.pieces) == t.slots
        assert run.end - run.start <= t.slots + (t.budget if get_scheduler(label).preemptive else 0)
        for a, b, qubits in found.occupation(run):
            for q in qubits:
                bits = ((1 << (b - a)) - 1) << a
                assert not taken.get(q, 0) & bits
                taken[q] = taken.get(q, 0) | bits
    if get_scheduler(label).whole_network:
        slots = sorted((p.start, p.start + p.slots) for run in found.unrolled(cycle) for p in run.pieces)
        assert all(b <= c for (_, b), (c, _) in itertools.pairwise(slots))


@given(tasks=task_sets())
@settings(max_examples=25)
def test_components_share_no_qubit(tasks: list[PeriodicTask]) -> None:
    groups = [frozenset().union(*(t.qubits for t in group)) for group in components(tasks)]
    assert sum(len(g) for g in groups) == len(frozenset().union(*groups))


def test_occupancy_knows_ends_and_free_stretches() -> None:
    occupancy = Occupancy()
    occupancy.take(((0, 3, ("q",)),), 4)
    assert occupancy.end_of("q") == 7
    assert occupancy.earliest(((0, 2, ("q",)),), 3) == 7
    assert occupancy.earliest(((0, 2, ("q",)),), 2) == 2
    assert len(PUBLISHED) == 9
