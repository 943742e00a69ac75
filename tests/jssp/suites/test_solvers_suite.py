import pytest

from jssp.bounds import engine_bounds, gap, rule_reference
from jssp.domain import domain
from jssp.suites import solvers
from jssp.suites.solvers import METHODS, SuitePlan
from schedcore.bench import BenchRow, SuiteOptions
from schedcore.errors import InputError, UnknownNameError
from schedcore.model import Problem, Schedule
from schedcore.solvers.protocol import SolveResult, Status


def run(**overrides: str) -> dict[tuple[str, str], BenchRow]:
    rows = domain.suites["solvers"].run(SuiteOptions(time_limit_s=1, overrides=overrides))
    return {(row.id, row.quantity): row for row in rows}


def test_the_default_plan_takes_one_instance_of_each_class() -> None:
    plan = SuitePlan.of({})
    assert plan.methods == METHODS
    assert len(plan.instances) == 34 + 8  # 34 classes, and the harder half in eight of them
    assert {"ft06", "la01", "ta71", "dmu36", "dmu76"} <= set(plan.instances)
    two = SuitePlan.of({"per_class": "2", "families": "ta,orb", "methods": "cpsat"})
    assert len(two.instances) == 18
    assert two.methods == ("cpsat",)
    assert len(SuitePlan.of({"per_class": "all"}).instances) == 242
    assert SuitePlan.of({"instances": "TA1, ft6"}).instances == ("ta01", "ft06")


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"perclass": "2"}, "did you mean 'per_class'"),
        ({"per_class": "0"}, "per_class is '0'"),
        ({"per_class": "x"}, "give a number >= 1, or 'all'"),
        ({"families": "tai"}, "unknown family 'tai'"),
        ({"families": ""}, "families is empty"),
        ({"instances": "ta99"}, "unknown standard job shop 'ta99'"),
        ({"instances": "ft06", "per_class": "2"}, "both instances and per_class are given"),
        ({"instances": "ft06", "methods": "cpsta"}, "cpsta"),
    ],
)
def test_bad_words_are_refused(overrides: dict[str, str], message: str) -> None:
    with pytest.raises(InputError, match=message):
        run(**overrides)


def test_rules_have_their_exact_reference() -> None:
    rows = run(instances="ft06,ft10,la01", methods="nondelay-mwkr,nondelay-spt")
    assert len(rows) == 3 * 2 + 2 * 2 + 1
    assert all(row.within for row in rows.values())
    assert rows["ft 10x10/nondelay-spt", "mean gap"].ours == pytest.approx(gap(1074, "ft10"))
    # la01: 735 / 666, ft06: 61 / 55, ft10: 1108 / 930
    expected = (735 / 666 * 61 / 55 * 1108 / 930) ** (1 / 3)
    mean = rows["all/nondelay-mwkr", "geometric mean of makespan / upper bound"]
    assert mean.ours == pytest.approx(expected)
    assert rows["all schedules", "violations"].ours == 0


def test_solvers_stand_beside_cp_sat_after_600_s() -> None:
    rows = run(instances="ft06,ta01", methods="cpsat")
    ft06 = rows["ft 6x6/cpsat", "mean gap"]
    assert ft06.ours == ft06.reference == 0
    ta01 = rows["ta 15x15/cpsat", "mean gap"]
    assert ta01.reference == gap(engine_bounds("ta01", "cpsat")[1] or 0, "ta01")
    assert "OptalCP 0.00" in ta01.source
    assert "600 s" in ta01.source


def test_list_scheduling_is_one_of_the_methods() -> None:
    rows = run(instances="ft06,ft10", methods="sgs")
    assert rows["ft 6x6/sgs", "mean gap"].ours < 40
    assert rows["all schedules", "violations"].within


class Nothing:
    name = "nothing"
    features: frozenset[str] = frozenset()

    def solve(self, problem: Problem, **_: object) -> SolveResult:
        return SolveResult(Status.UNKNOWN, None, (), None, 0.0, self.name, 0)


def test_no_schedule_is_scored_as_mwkr_and_said_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(solvers, "_solver", lambda name: Nothing())
    rows = run(instances="ft06", methods="nothing")
    assert rows["ft 6x6/nothing", "mean gap"].ours == pytest.approx(gap(rule_reference("ft06", "mwkr"), "ft06"))
    assert (
        "1 without a schedule, scored as mwkr" in rows["all/nothing", "geometric mean of makespan / lower bound"].note
    )


class Overlapping:
    """Claims a schedule in which everything happens at once."""

    name = "overlapping"
    features: frozenset[str] = frozenset()

    def solve(self, problem: Problem, **_: object) -> SolveResult:
        schedule = Schedule([(t, 0, 0, task.modes[0].duration) for t, task in enumerate(problem.tasks)])
        return SolveResult(Status.FEASIBLE, schedule, (schedule.makespan,), None, 0.0, self.name, 0)


def test_a_schedule_that_breaks_rules_wins_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(solvers, "_solver", lambda name: Overlapping())
    rows = run(instances="ft06", methods="overlapping")
    assert rows["ft 6x6/overlapping", "mean gap"].ours == pytest.approx(gap(rule_reference("ft06", "mwkr"), "ft06"))
    assert not rows["all schedules", "violations"].within


def test_rules_accept_no_reference_of_others() -> None:
    assert rule_reference("ft06", "spt") == 88
    with pytest.raises(UnknownNameError):
        rule_reference("ft06", "cpsat")
