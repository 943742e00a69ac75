"""``sched simulate``: schedules and policies under uncertainty."""

from __future__ import annotations

import json

import pytest
from support import files

from schedcore.cli.laws import parse_law
from schedcore.errors import InputError
from schedcore.io import Document, write_document
from schedcore.model import ProblemBuilder, Schedule
from schedcore.replay import Empirical, Geometric, LogNormal, Uniform


def data_of(ran) -> dict:
    assert ran.code == 0, ran.err
    return ran.json()["data"]


def test_without_uncertainty_the_plan_is_what_happens(sched, tmp_path) -> None:
    path = files.document_file(tmp_path)
    data = data_of(sched("simulate", str(path), "--scenarios", "5", "--json"))
    (result,) = data["results"].values()
    assert result["metrics"]["makespan"]["mean"] == 6
    assert result["metrics"]["makespan"]["std"] == 0
    assert data["planned"] == {"small.json": 6}


def test_factors_on_durations(sched, tmp_path) -> None:
    path = files.document_file(tmp_path)
    data = data_of(sched("simulate", str(path), "--scenarios", "20", "--law", "fixed:2", "--json"))
    assert data["results"]["small.json"]["metrics"]["makespan"]["mean"] == 12


def test_methods_see_the_same_noise(sched, tmp_path) -> None:
    path = files.document_file(tmp_path)
    words = ("--law", "uniform:0.5,1.5", "--scenarios", "50", "--schedule", str(path), "--solver", "nondelay-spt")
    data = data_of(sched("simulate", str(path), *words, "--json"))
    assert list(data["results"]) == ["small.json", "nondelay-spt"]
    assert data["compared_with"] == "small.json"
    # Both are the same schedule, so they differ nowhere.
    difference = data["differences"]["nondelay-spt"]
    assert (difference["better"], difference["equal"], difference["worse"]) == (0, 50, 0)
    text = sched("simulate", str(path), *words).out
    assert "makespan in 50 scenarios, seed 0\n" in text
    assert "nondelay-spt against small.json: +0.0 [" in text


def test_seed_repeats_and_changes(sched, tmp_path) -> None:
    path = files.document_file(tmp_path)
    words = ("simulate", str(path), "--law", "lognormal:1,0.5", "--scenarios", "30", "--json", "--seed")
    first, again, other = (data_of(sched(*words, seed))["results"] for seed in ("1", "1", "2"))
    assert first == again
    assert first != other


def test_breakdowns(sched, tmp_path) -> None:
    path = files.document_file(tmp_path)
    data = data_of(sched("simulate", str(path), "--breakdown", "*:5:5", "--scenarios", "50", "--json"))
    assert [b["resource"] for b in data["uncertainty"]["breakdowns"]] == ["m0", "m1"]
    assert data["results"]["small.json"]["metrics"]["makespan"]["mean"] > 6


def test_policies_decide_anew(sched, tmp_path) -> None:
    path = files.problem_file(tmp_path)
    words = ("--policy", "spt", "--policy", "mwkr", "--law", "uniform:0.5,1.5", "--scenarios", "10")
    data = data_of(sched("simulate", str(path), *words, "--json"))
    assert list(data["results"]) == ["policy spt", "policy mwkr"]
    ran = sched("simulate", str(path), "--policy", "mwrk")
    assert (ran.code, "did you mean 'mwkr'" in ran.err) == (2, True)


def test_uncertainty_from_a_file(sched, tmp_path) -> None:
    path, file = files.document_file(tmp_path), tmp_path / "u.json"
    words = ("simulate", str(path), "--law", "uniform:1,2", "--breakdown", "m0:9:3", "--scenarios", "20", "--json")
    direct = data_of(sched(*words))
    file.write_text(json.dumps(direct["uncertainty"]), encoding="utf-8")
    words = ("simulate", str(path), "--uncertainty", str(file), "--scenarios", "20")
    assert data_of(sched(*words, "--json"))["results"] == direct["results"]
    ran = sched(*words, "--law", "fixed:1")
    assert (ran.code, "a file says all there is to say" in ran.err) == (2, True)
    file.write_text('{"schema": "sched.uncertainty/1", "defalt": {}}', encoding="utf-8")
    ran = sched(*words)
    assert ran.code == 2
    assert str(file) in ran.err
    assert "'default'" in ran.err


def test_distributions_are_drawn(sched, tmp_path) -> None:
    path, out = files.document_file(tmp_path), tmp_path / "a.svg"
    ran = sched("simulate", str(path), "--law", "gamma:1,0.3", "--scenarios", "20", "--plot", str(out))
    assert ran.code == 0
    assert "<svg" in out.read_text(encoding="utf-8")
    ran = sched("simulate", str(path), "--plot", str(tmp_path / "a.json"))
    assert (ran.code, "cannot draw a picture as .json" in ran.err) == (2, True)


def test_other_metrics(sched, tmp_path) -> None:
    path = files.document_file(tmp_path)
    assert "retries in 5 scenarios" in sched("simulate", str(path), "--metric", "retries", "--scenarios", "5").out
    ran = sched("simulate", str(path), "--metric", "makespn", "--scenarios", "5")
    assert (ran.code, "did you mean 'makespan'?" in ran.err) == (2, True)


def test_planned_is_the_plan_in_the_metric_that_is_shown(sched, tmp_path) -> None:
    builder = ProblemBuilder("due")
    machine = builder.unary("m")
    for name, length in (("a", 3), ("b", 4)):
        builder.task(name, length, on=machine, due=2)
    builder.minimise(total_tardiness=1)
    path = tmp_path / "due.json"
    write_document(Document(builder.build(), Schedule([(0, 0, 0, 3), (1, 0, 3, 7)]), {}), path)
    words = ("simulate", str(path), "--scenarios", "3")
    # The tasks end at 3 and 7, each due at 2.
    assert data_of(sched(*words, "--metric", "total_tardiness", "--json"))["planned"] == {"due.json": 6}
    assert data_of(sched(*words, "--metric", "retries", "--json"))["planned"] == {"due.json": 0}
    ran = sched(*words, "--rounds", "5")
    assert (ran.code, "the problem has no cycle" in ran.err) == (2, True)


def test_cyclic_schedules_are_judged_by_the_length_of_a_round(sched, tmp_path) -> None:
    builder = ProblemBuilder("cycle")
    machine = builder.unary("m")
    builder.chain(builder.task("a", 3, on=machine), builder.task("b", 4, on=machine))
    builder.cycle(1, 10)
    builder.minimise(period=1)
    path = tmp_path / "cycle.json"
    write_document(Document(builder.build(), Schedule([(0, 0, 0, 3), (1, 0, 3, 7)], cycle=7), {}), path)
    words = ("simulate", str(path), "--scenarios", "3")
    assert "round_ticks in 3 scenarios, seed 0, 10 rounds each\n" in sched(*words).out
    data = data_of(sched(*words, "--rounds", "4", "--json"))
    assert (data["metric"], data["rounds"], data["planned"]) == ("round_ticks", 4, {"cycle.json": 7})
    assert data["results"]["cycle.json"]["metrics"]["round_ticks"]["mean"] == 7
    data = data_of(sched(*words, "--rounds", "4", "--metric", "makespan", "--json"))
    assert data["planned"] == {"cycle.json": 28}
    assert data["results"]["cycle.json"]["metrics"]["makespan"]["mean"] == 28


def test_dead_ends_count_in_no_figure(sched, tmp_path) -> None:
    builder = ProblemBuilder("doomed")
    m, n = builder.unary("m"), builder.unary("n")
    a, b = builder.task("a", 1, on=m), builder.task("b", 1, on=n)
    builder.task("late", 5, on=n)
    builder.lag(a.end, b.start, min=0, max=1)
    builder.minimise(makespan=1)
    path = tmp_path / "doomed.json"
    # LPT starts the long task first, and b cannot follow a within a tick.
    write_document(Document(builder.build(), Schedule([(0, 0, 0, 1), (1, 0, 1, 2), (2, 0, 2, 7)]), {}), path)
    words = ("simulate", str(path), "--schedule", str(path), "--policy", "lpt", "--scenarios", "4")
    ran = sched(*words)
    assert ran.code == 0, ran.err
    row = next(line for line in ran.out.splitlines() if line.startswith("policy lpt"))
    assert row.split()[2:9] == ["-"] * 7
    assert "policy lpt against doomed.json: no scenario that both finished" in ran.out
    assert "policy lpt reached a dead end in 4 of 4 scenarios" in ran.out
    data = data_of(sched(*words, "--json"))
    assert data["results"]["policy lpt"]["metrics"]["makespan"] is None
    assert (data["results"]["policy lpt"]["finished"], data["differences"]) == (0, {})


def test_schedule_that_breaks_rules_is_not_simulated(sched, tmp_path) -> None:
    ran = sched("simulate", str(files.document_file(tmp_path, files.BAD)))
    assert ran.code == 4
    assert "the schedule breaks 2 rules" in ran.err


def test_names_must_differ(sched, tmp_path) -> None:
    path = files.document_file(tmp_path)
    ran = sched("simulate", str(path), "--schedule", str(path), "--schedule", str(path))
    assert (ran.code, "'small.json' is given twice" in ran.err) == (2, True)


def test_no_schedule_to_replay(sched, tmp_path) -> None:
    ran = sched("simulate", str(files.infeasible_file(tmp_path)), "--solver", "cpsat")
    assert (ran.code, "cpsat found no schedule" in ran.err) == (3, True)


@pytest.mark.parametrize(
    ("text", "law"),
    [
        ("uniform:0.5,1.5", Uniform(0.5, 1.5)),
        ("lognormal:cv=0.3,mean=1", LogNormal(1, 0.3)),
        ("geometric:0.5", Geometric(0.5)),
        ("geometric:0.5,slot=2", Geometric(0.5, 2)),
        ("empirical:3,1,2", Empirical((1, 2, 3))),
    ],
)
def test_laws(text, law) -> None:
    assert parse_law(text) == law


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("lognorm:1,2", "did you mean 'lognormal'?"),
        ("lognormal:1", "lacks cv"),
        ("lognormal:1,2,3", "too many values"),
        ("lognormal:1,mean=2", "mean is given twice"),
        ("lognormal:1,vc=2", "unknown parameter of lognormal 'vc'"),
        ("lognormal:1,x", "'x' is not a number"),
        ("lognormal:1,-2", "out of range"),
        ("lognormal:1,nan", "out of range"),
        ("empirical:", "no values"),
    ],
)
def test_laws_that_are_none(text, what) -> None:
    with pytest.raises(InputError, match=what.replace("?", r"\?")):
        parse_law(text)


@pytest.mark.parametrize(
    ("text", "what"),
    [("m0:5", "RESOURCE:UP:DOWN"), (":5:5", "RESOURCE:UP:DOWN"), ("m9:5:5", "unknown resource"), ("m0:x:5", "number")],
)
def test_breakdowns_that_are_none(sched, tmp_path, text, what) -> None:
    ran = sched("simulate", str(files.document_file(tmp_path)), "--breakdown", text)
    assert (ran.code, what in ran.err) == (2, True)
