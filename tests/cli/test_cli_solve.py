"""``sched solve``: from an instance or a file to a checked schedule."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from support import files
from support.command import environment

from schedcore.check import check
from schedcore.io import read_document
from schedcore.model import schedule_from_dict

MINE = "support.my_solvers"


def solved(ran) -> dict:
    assert ran.code == 0, ran.err
    return ran.json()["data"]


def test_ft06_is_solved_to_its_optimum(sched) -> None:
    data = solved(sched("solve", "jssp", "ft06", "--solver", "cpsat", "--json"))
    assert (data["status"], data["objective"], data["value"], data["makespan"]) == ("OPTIMAL", [55], 55, 55)
    assert data["bound"] == 55
    assert data["gap"] == 0
    assert data["best_known"]["upper"] == 55
    assert data["best_known"]["gap"] == 0
    assert data["best_known"]["source"]
    assert data["stages"] == [{"makespan": 1}]
    assert (data["solver"], data["seed"], data["instance"], data["domain"]) == ("cpsat", 0, "ft06", "jssp")
    from jssp.adapter import to_problem
    from jssp.standard import standard_instance

    problem = to_problem(standard_instance("ft06"))
    assert data["problem"]["fingerprint"] == problem.fingerprint()
    assert check(problem, schedule_from_dict(data["schedule"])).ok


def test_figures_are_shown_to_people(sched) -> None:
    ran = sched("solve", "jssp", "ft06", "--solver", "cpsat")
    assert "  status      OPTIMAL\n  makespan    55\n  bound       55  gap 0.00 %\n" in ran.out
    assert "  best known  55, optimal  gap 0.00 %" in ran.out
    assert "36 placements, all rules kept" in ran.out
    assert ran.err == ""


def test_auto_says_whom_it_chose_and_why(sched) -> None:
    data = solved(sched("solve", "jssp", "ft06", "--json"))
    assert data["message"].startswith("auto chose ")
    assert data["status"] == "OPTIMAL"


def test_plain_file_needs_no_domain(sched, tmp_path) -> None:
    path = tmp_path / "shop.jsp"
    path.write_text(files.SMALL_SHOP, encoding="utf-8")
    data = solved(sched("solve", str(path), "--solver", "cpsat", "--json"))
    assert data["domain"] is None
    assert data["instance"] == "shop"
    assert data["best_known"] is None
    assert data["value"] == 6
    assert solved(sched("solve", "jssp", str(path), "--solver", "cpsat", "--json"))["value"] == 6


def test_file_is_found_in_the_data_directories(sched, tmp_path) -> None:
    (tmp_path / "shop.jsp").write_text(files.SMALL_SHOP, encoding="utf-8")
    assert solved(sched("solve", "shop.jsp", "--data-dir", str(tmp_path), "--solver", "cpsat", "--json"))["value"] == 6
    words = ("solve", "jssp", "shop", "--data-dir", str(tmp_path), "--solver", "cpsat", "--json")
    assert solved(sched(*words))["value"] == 6


def test_format_can_be_named(sched, tmp_path) -> None:
    path = tmp_path / "shop.txt"
    path.write_text(files.SMALL_SHOP, encoding="utf-8")
    assert solved(sched("solve", str(path), "--format", "jsplib", "--solver", "cpsat", "--json"))["value"] == 6
    ran = sched("solve", str(path), "--format", "jsplb")
    assert ran.code == 2
    assert "did you mean 'jsplib'" in ran.err
    words = ("solve", "jssp", str(path), "--solver", "cpsat", "--json")
    assert solved(sched(*words, "--format", "jsplib"))["value"] == 6
    ran = sched(*words, "--format", "patterson")
    assert ran.code == 2
    assert f"{path}:" in ran.err
    ran = sched("solve", "jssp", "ft06", "--format", "jsplib")
    assert ran.code == 2
    assert "ft06 is no file, so it has no format" in ran.err


def test_format_is_refused_by_a_domain_that_takes_none(sched, toy_domain) -> None:
    ran = sched("solve", "toy", "anything", "--format", "jsplib")
    assert ran.code == 2
    assert "domain toy recognises the formats of its files itself" in ran.err


def test_generated_instance(sched) -> None:
    data = solved(sched("solve", "jssp", "taillard:4x3:7", "--solver", "cpsat", "--json"))
    assert data["status"] == "OPTIMAL"
    assert data["best_known"]["upper"] is None
    assert data["best_known"]["gap"] is None


def test_parameters_of_the_solver_are_words(sched) -> None:
    data = solved(sched("solve", "jssp", "ft06", "warm_start=false", "--solver", "cpsat", "--json"))
    assert data["value"] == 55
    ran = sched("solve", "jssp", "ft06", "--solver", "cpsat", "warm_strat=false")
    assert ran.code == 2
    assert "unknown parameter 'warm_strat'" in ran.err
    assert "did you mean 'warm_start'?" in ran.err
    ran = sched("solve", "jssp", "ft06", "--solver", "cpsat", "warm_start=maybe")
    assert ran.err == "error: warm_start is 'maybe'\n  where: method cpsat\n  do:    use true or false\n"
    assert "is given twice" in sched("solve", "jssp", "ft06", "a=1", "a=2").err


def test_generator_expression_may_hold_an_equals_sign(sched) -> None:
    expression = "progen:8x2:1:resource_strength=0.5"
    assert solved(sched("solve", "jssp", expression, "--solver", "cpsat", "--json"))["instance"] == expression


def test_own_solver_by_reference(sched) -> None:
    data = solved(sched("solve", "jssp", "ft06", "--solver", f"{MINE}:Serial", "factor=2", "--json"))
    assert data["solver"] == "serial"
    assert data["status"] == "FEASIBLE"
    assert data["value"] == 197
    assert data["best_known"]["gap"] == pytest.approx((197 - 55) / 55)


def test_own_policy_is_a_solver_too(sched) -> None:
    data = solved(sched("solve", "jssp", "ft06", "--solver", f"{MINE}:LowestTask", "--json"))
    assert data["solver"] == "lowest-task"
    assert data["value"] >= 55


def test_solver_of_a_domain_works_on_files_too(sched, tmp_path) -> None:
    path = files.problem_file(tmp_path)
    assert solved(sched("solve", str(path), "--solver", "nondelay-spt", "--json"))["solver"] == "nondelay-spt"


@pytest.mark.parametrize(
    ("words", "what", "remedy"),
    [
        (("ft06",), "there is no file 'ft06'", "put the domain before it:  jssp ft06"),
        (("jssp",), "which instance of jssp?", "sched list instances jssp"),
        (("jsp", "ft06"), "unknown domain 'jsp'", "did you mean 'jssp'?"),
        (("jssp", "ft66"), "unknown instance 'ft66'", "did you mean 'ta66' or 'ft06'?"),
        (("jssp", "ft06", "--solver", "cpsta"), "unknown solver 'cpsta'", "did you mean 'cpsat'"),
        (("jssp", "ft06", "--solver", "no.such:Thing"), "no module named 'no'", "PYTHONPATH"),
        (("jssp", "ft06", "--solver", f"{MINE}:Sreial"), "has no attribute 'Sreial'", "did you mean 'Serial'?"),
        (("jssp", "ft06", "--solver", f"{MINE}:NoSolver"), "neither a solver nor a policy", "decide()"),
        (("jssp", "ft06", "--solver", f"{MINE}:Needy"), "cannot be made without arguments", "defaults"),
        (("jssp", "ft06", "spam"), "unexpected word 'spam'", ""),
        (("jssp", "ft06", "--time-limit", "-1"), "-1.0 is not in the range", ""),
        (("jssp", "ft06", "--time-limit", "nan"), "", ""),
        (("jssp", "ft06", "--deterministic-limit", "0"), "0.0 is not in the range", ""),
        (("jssp", "ft06", "--out", "x.txt"), "cannot write a document as .txt", "end the name in .json"),
        (("jssp", "ft06", "--plot", "x.pdf"), "cannot draw a picture as .pdf", ".png, .svg, .html"),
        (("jssp", "ft06", "--hint", "gone.json"), "there is no file 'gone.json'", ""),
    ],
)
def test_wrong_words_are_refused(sched, words, what, remedy) -> None:
    ran = sched("solve", *words)
    assert ran.code == 2, ran
    assert what in ran.err
    assert remedy in ran.err
    assert ran.out == ""


def test_file_with_a_near_miss_is_suggested(sched, tmp_path) -> None:
    files.problem_file(tmp_path, "problem.json")
    assert "did you mean 'problem.json'?" in sched("solve", str(tmp_path / "probelm.json")).err


@pytest.mark.parametrize("domain", [(), ("jssp",)])
@pytest.mark.parametrize(
    ("name", "text", "what"),
    [
        ("a.jsp", "2 2\n0 3 1 2\n1 4\n", ":3"),
        ("a.jsp", "2 2\n0 3 1 2\n", ""),
        ("a.jsp", "2 2\n0 3 1 2\n1 4 0 2\n5 5 5 5\n", ":4"),
        ("a.jsp", "2 2\n0 3 1 2\n1 -4 0 2\n", ":3"),
        ("a.jsp", "2 2\n0 3 1 2\n1 nan 0 2\n", ":3"),
        ("a.jsp", "2 2\n0 3 1 2\n1 99999999999999999999999 0 2\n", ""),
        ("a.jsp", "2 2\n0 3 9 2\n1 4 0 2\n", ":2"),
        ("a.jsp", "0 0\n", ""),
        ("a.jsp", "", "the file is empty"),
        ("a.json", '{"schema": "sched.problem/1", "name": "x", "tas', ""),
        ("a.json", '{"schema": "sched.problem/9", "name": "x", "tasks": []}', "sched.problem/9"),
        ("a.json", '{"schema": "sched.problem/1", "name": "x", "tasks": NaN}', "NaN"),
        ("a.json", "{}", "schema"),
        ("a.rcp", "3 1\n4\n", ""),
        ("a.fjs", "1 2\n1 1 3 5\n", ""),
    ],
)
def test_bad_files_are_refused_with_their_place(sched, tmp_path, domain, name, text, what) -> None:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    out = tmp_path / "out.json"
    ran = sched("solve", *domain, str(path), "--out", str(out), "--time-limit", "5")
    assert ran.code == 2, ran
    assert what in ran.err
    assert str(path) in ran.err
    assert "  do:    " in ran.err
    assert sorted(p.name for p in tmp_path.iterdir()) == [name]


def test_problem_without_tasks_has_an_empty_schedule(sched, tmp_path) -> None:
    path = tmp_path / "empty.json"
    path.write_text('{"schema": "sched.problem/1", "name": "empty", "tasks": []}', encoding="utf-8")
    data = solved(sched("solve", str(path), "--json"))
    assert data["schedule"]["placements"] == []
    assert data["makespan"] == 0


def test_folder_and_binary_file_are_refused(sched, tmp_path) -> None:
    ran = sched("solve", str(tmp_path))
    assert (ran.code, "is a folder" in ran.err) == (2, True)
    path = tmp_path / "a.jsp"
    path.write_bytes(b"\x00\x01\x02")
    assert "a binary file" in sched("solve", str(path)).err


def test_infeasible_problem_is_explained(sched, tmp_path) -> None:
    path = files.infeasible_file(tmp_path)
    ran = sched("solve", str(path), "--solver", "cpsat", "--json", "--out", str(tmp_path / "out.json"))
    assert ran.code == 3
    data = ran.json()["data"]
    assert data["status"] == "INFEASIBLE"
    assert data["schedule"] is None
    assert data["conflicts"][0]["kind"] == "CAPACITY"
    assert "need at least 12" in data["error"]["what"]
    assert not (tmp_path / "out.json").exists()
    assert "no feasible schedule exists: 't0', 't1', 't2' must run between tick 0 and tick 10" in ran.err


def test_nothing_found_is_not_nothing_there(sched) -> None:
    ran = sched("solve", "jssp", "ft06", "--solver", f"{MINE}:Nothing", "--json")
    assert ran.code == 3
    assert ran.json()["data"]["status"] == "UNKNOWN"
    assert "nothing found no schedule" in ran.err
    assert "one may exist" in ran.err


def test_wrong_schedule_of_a_solver_is_not_passed_on(sched, tmp_path) -> None:
    out = tmp_path / "out.json"
    ran = sched("solve", "jssp", "ft06", "--solver", f"{MINE}:Wrong", "--json", "--out", str(out))
    assert ran.code == 4
    data = ran.json()["data"]
    assert data["schedule"] is None
    assert data["violations"]["count"] > 0
    assert "the schedule of solver 'wrong' breaks the problem's rules" in ran.err
    assert not out.exists()


def test_method_that_does_not_fit_is_refused_by_feature(sched) -> None:
    ran = sched("solve", "jssp", "progen:8x2:1", "--solver", "nondelay-spt")
    assert ran.code == 2
    assert "nondelay-spt does not support: renewable" in ran.err


def test_document_and_plot_are_written(sched, tmp_path) -> None:
    out, picture = tmp_path / "a.json", tmp_path / "a.png"
    words = ("solve", "jssp", "ft06", "--solver", "cpsat", "--out", str(out), "--plot", str(picture), "--json")
    data = solved(sched(*words))
    assert data["written"] == [str(out), str(picture)]
    document = read_document(out)
    assert document.schedule == schedule_from_dict(data["schedule"])
    assert document.result["solver"] == "cpsat"
    assert document.result["objective"] == [55]
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_hint_is_used(sched, tmp_path) -> None:
    first = tmp_path / "a.json"
    solved(sched("solve", "jssp", "ft06", "--solver", "cpsat", "--out", str(first), "--json"))
    words = ("solve", "jssp", "ft06", "--solver", "cpsat", "--hint", str(first), "--json")
    assert solved(sched(*words))["trace"][0][1] == 55
    ran = sched("solve", "jssp", "ft10", "--hint", str(first))
    assert ran.code == 2
    assert "was made for the problem with fingerprint" in ran.err


def test_deterministic_limit_repeats_itself(sched) -> None:
    words = ("solve", "jssp", "la16", "--solver", "cpsat", "--deterministic-limit", "0.05", "--seed", "3", "--json")
    first, second = (solved(sched(*words)) for _ in range(2))
    assert first["schedule"] == second["schedule"]
    assert first["deterministic_limit"] == 0.05
    assert first["time_limit_s"] is None


def test_incumbents_are_streamed(sched) -> None:
    ran = sched("solve", "jssp", "ft06", "--solver", "cpsat", "warm_start=false", "--jsonl")
    lines = [json.loads(line) for line in ran.out.splitlines()]
    incumbents = [line for line in lines if line["event"] == "incumbent"]
    assert incumbents[-1]["objective"] == [55]
    assert lines[-1]["event"] == "result"
    assert lines[-1]["data"]["value"] == 55
    values = [line["objective"][0] for line in incumbents]
    assert values == sorted(values, reverse=True)


def test_incumbents_are_lines_with_verbose(sched) -> None:
    ran = sched("solve", "jssp", "ft06", "--solver", "cpsat", "-v")
    assert "ft06: 36 tasks, 6 resources\n" in ran.err
    assert " s  " in ran.err


def test_value_below_the_known_bound_is_doubted(sched, monkeypatch) -> None:
    import dataclasses

    import schedcore.registry as registry
    from jssp.domain import domain

    def load(instance, data_dirs):
        return dataclasses.replace(domain.load(instance, data_dirs), lower_bound=60, upper_bound=60)

    monkeypatch.setattr(registry, "get_domain", lambda name: dataclasses.replace(domain, load=load))
    ran = sched("solve", "jssp", "ft06", "--solver", "cpsat", "--json")
    assert "below the lower bound 60" in ran.json()["warnings"][0]


def _start(*words: str) -> subprocess.Popen[str]:
    child = subprocess.Popen(
        [sys.executable, "-m", "schedcore", "solve", "jssp", "ft06", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment() | {"PYTHONPATH": _path()},
    )
    assert child.stderr is not None
    assert child.stderr.readline() == "waiting\n"
    return child


def _path() -> str:
    return environment()["PYTHONPATH"] + ":" + str(Path(__file__).resolve().parents[1])


@pytest.mark.parametrize(("number", "word"), [(signal.SIGINT, "interrupted"), (signal.SIGTERM, "terminated")])
def test_signal_returns_the_best_schedule(tmp_path, number, word) -> None:
    out = tmp_path / "a.json"
    child = _start("--solver", f"{MINE}:Patient", "--json", "--out", str(out))
    child.send_signal(number)
    text, err = child.communicate(timeout=60)
    assert child.returncode == 0, err
    answer = json.loads(text)
    assert answer["data"]["value"] == 197
    assert answer["warnings"] == [f"{word}; this is the best schedule found until then"]
    assert read_document(out).schedule is not None


def test_signal_without_a_schedule_is_130() -> None:
    child = _start("--solver", f"{MINE}:Silent", "--json")
    child.send_signal(signal.SIGTERM)
    text, _ = child.communicate(timeout=60)
    assert child.returncode == 130
    assert json.loads(text)["data"]["error"]["what"] == "terminated before a schedule was found"


def test_second_signal_ends_a_solver_that_does_not_listen() -> None:
    child = _start("--solver", f"{MINE}:Deaf", "--json")
    child.send_signal(signal.SIGINT)
    assert child.stderr is not None
    assert "stopping" in child.stderr.readline()
    child.send_signal(signal.SIGINT)
    text, err = child.communicate(timeout=60)
    assert child.returncode == 0, err
    assert json.loads(text)["data"]["value"] == 197


def test_a_lying_solver_is_found_out(sched) -> None:
    ran = sched("solve", "jssp", "ft06", "--solver", "support.bad_solvers:Liar")
    assert ran.code == 1
    assert "error: solver 'liar' reports the objective (1,), its schedule has (197,)" in ran.err
    data = solved(sched("solve", "jssp", "ft06", "--solver", "support.bad_solvers:OverSure", "--json"))
    assert (data["status"], data["objective"]) == ("FEASIBLE", [197])
    assert "55 is known to be possible" in data["message"]


def test_a_crash_of_an_outside_solver_is_no_bug_of_ours(sched) -> None:
    ran = sched("solve", "jssp", "ft06", "--solver", "support.bad_solvers:Dividing")
    assert ran.code == 1
    assert "error: solver support.bad_solvers:Dividing failed at bad_solvers.py:" in ran.err
    assert "ZeroDivisionError" in ran.err
    assert "report it" not in ran.err


@pytest.mark.parametrize("solver", ["auto", "sgs"])
def test_durations_beyond_the_largest_time_are_named(sched, tmp_path, solver) -> None:
    path = tmp_path / "huge.txt"
    path.write_text("2 2\n0 4000000000000 1 4000000000000\n1 4000000000000 0 2\n", encoding="utf-8")
    ran = sched("solve", "jssp", str(path), "--solver", solver)
    assert ran.code == 2
    assert ran.err.startswith("error: the durations are too large: ")
    assert "use a coarser unit" in ran.err


def test_a_policy_that_returns_no_decision_exits_1(sched) -> None:
    ran = sched("simulate", "jssp", "ft06", "--policy", "support.bad_solvers:NumberPolicy")
    assert ran.code == 1
    assert "the policy returned 42, which is no decision" in ran.err
