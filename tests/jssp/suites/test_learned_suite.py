"""The suite ``learned`` and ``sched eval``."""

from __future__ import annotations

import pytest

from jssp.suites.learned import Plan, _matching, class_of, make_method, rows
from schedcore.bench import SuiteOptions
from schedcore.errors import InputError, UnknownNameError


def test_classes_keep_the_harder_half_apart() -> None:
    assert class_of("ta01") == "ta 15x15"
    assert class_of("dmu01") == "dmu 20x15"
    assert class_of("dmu41") == "dmu 20x15 split"
    assert class_of("taillard:8x5:3") == "taillard:8x5"
    assert class_of("mk07") == "mk"
    assert class_of("/data/j301_1") == "j"


def test_a_plan_takes_the_first_instances_of_each_class() -> None:
    plan = Plan.of({"families": "ta", "per_class": "2", "methods": "paper,nondelay-mwkr", "seeds": "3"})
    assert plan.instances[:3] == ("ta01", "ta02", "ta11")
    assert len(plan.instances) == 16
    assert (plan.methods, plan.seeds) == (("paper", "nondelay-mwkr"), 3)
    assert len(Plan.of({"per_class": "all"}).instances) == 160


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"sice": "3"}, "unknown key 'sice'"),
        ({"families": "tb"}, "unknown family 'tb'"),
        ({"families": " , "}, "families is empty"),
        ({"per_class": "0"}, "per_class is '0'"),
        ({"seeds": "two"}, "seeds is 'two'"),
        ({"instances": "ta01", "per_class": "2"}, "both instances and per_class are given"),
    ],
)
def test_words_that_cannot_be_are_refused(words, message) -> None:
    with pytest.raises(InputError, match=message):
        Plan.of(words)


def test_methods_take_parameters_behind_colons() -> None:
    method = make_method("paper:samples=4:mode=noop")
    assert (method.name, method.samples, method.mode) == ("paper", 4, "noop")
    assert make_method("jssp.learn.paper.solver:PaperSolver:samples=2").samples == 2
    with pytest.raises(UnknownNameError, match="unknown parameter 'sample'"):
        make_method("paper:sample=4")
    with pytest.raises(UnknownNameError, match="unknown solver 'papr'"):
        make_method("papr")


def test_a_method_stands_beside_the_same_approach_with_as_many_samples() -> None:
    for text, beside in (
        ("paper:mode=noop", "cprl-best32-noop"),
        ("paper:samples=0:mode=nondelay", "cprl-greedy-nondelay"),
        ("paper:samples=8:mode=noop", "cprl-best8-noop"),  # nobody has measured that
        ("cpsat", "cpsat-600s"),
        ("nondelay-mwkr", ""),
    ):
        assert _matching(make_method(text)) == beside


def options(**words: str) -> SuiteOptions:
    return SuiteOptions(time_limit_s=20.0, seed=1, overrides=words)


def test_figures_stand_beside_those_of_others() -> None:
    words = {
        "methods": "paper:mode=noop,nondelay-mwkr",
        "instances": "ta01,la01,taillard:6x5:1",
        "seeds": "2",
    }
    found = {(row.id, row.quantity): row for row in rows(options(**words))}
    ours = found["ta 15x15/paper:mode=noop", "mean gap"]
    assert ours.reference == 16.11
    assert ours.source.startswith("cprl-best32-noop: measured")
    assert "spn-greedy 13.8" in ours.source
    assert "2 seeds with deviation" in ours.note
    rule = found["ta 15x15/nondelay-mwkr", "mean gap"]
    assert rule.ours == pytest.approx(100 * (1491 / 1231 - 1))
    assert rule.reference is None
    assert ("taillard:6x5/nondelay-mwkr", "mean gap to a trivial lower bound") in found
    assert found["ta 15x15/nondelay-mwkr", "median time per instance"].unit == "s"
    assert found["all/nondelay-mwkr", "share of runs worse than MWKR"].ours == 0
    assert "training: " in found["all/paper:mode=noop", "mean gap"].note
    assert found["all schedules", "violations"].ours == 0


def test_no_schedule_scores_as_mwkr(monkeypatch) -> None:
    from schedcore.solvers import SolveResult, Status

    class Nothing:
        name = "nothing"
        features = frozenset({"unary", "precedence", "objective:makespan"})

        def solve(self, problem, *, limits, seed=0, hint=None, on_solution=None, should_stop=None):
            return SolveResult(Status.UNKNOWN, None, (), None, 0.0, "nothing", seed)

    monkeypatch.setattr("jssp.suites.learned.make_method", lambda text: Nothing())
    found = {(row.id, row.quantity): row for row in rows(options(methods="x", instances="ta01"), compare=False)}
    assert found["ta 15x15/x", "mean gap"].ours == pytest.approx(100 * (1491 / 1231 - 1))
    assert found["ta 15x15/x", "mean gap"].reference is None


def test_the_command_evaluates(sched, tmp_path) -> None:
    out = tmp_path / "rows.csv"
    ran = sched("eval", "jssp", "methods=nondelay-mwkr", "instances=ft06", "--json", "--out", str(out))
    data = ran.json()["data"]
    assert [row["quantity"] for row in data["rows"]][:2] == ["mean gap", "median time per instance"]
    assert out.read_text().startswith("id,quantity,ours")
    assert "cannot tell the format" in sched("eval", "jssp", "--out", str(tmp_path / "rows.txt")).err


def test_a_domain_without_evaluation_says_so(sched, toy_domain) -> None:
    ran = sched("eval", "toy")
    assert ran.code == 2
    assert "domain toy has nothing to evaluate" in ran.err
