"""``sched convert`` and ``sched info``, and the topics of ``sched list`` that name parts of the core."""

from __future__ import annotations

import pytest
from support import files


def test_instance_becomes_a_file_and_comes_back(sched, tmp_path) -> None:
    out, back = tmp_path / "ft06.jsp", tmp_path / "ft06.json"
    ran = sched("convert", "jssp", "ft06", str(out), "--json")
    assert ran.code == 0, ran.err
    assert ran.json()["data"] == {
        "written": [str(out)],
        "problem": "ft06",
        "tasks": 36,
        "bytes": out.stat().st_size,
    }
    assert out.read_text(encoding="utf-8").startswith("6 6\n2 1 0 3 1 6 3 7 5 3 4 6\n")
    assert sched("convert", str(out), str(back)).code == 0
    assert sched("info", str(back), "--json").json()["data"]["sizes"]["tasks"] == 36


def test_formats_can_be_named(sched, tmp_path) -> None:
    source, out = tmp_path / "shop", tmp_path / "out.txt"
    source.write_text(files.SMALL_SHOP, encoding="utf-8")
    assert sched("convert", str(source), str(out), "--from", "jsplib", "--to", "fjsplib").code == 0
    assert out.read_text(encoding="utf-8").split()[:2] == ["2", "2"]


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (("out.xyz",), "stands for no format"),
        (("out.jsp", "--to", "jsp"), "unknown format 'jsp'"),
        (("gone/out.jsp",), "does not exist"),
        (("out.jsp",), "renewable"),
    ],
)
def test_what_cannot_be_converted(sched, tmp_path, monkeypatch, words, what) -> None:
    monkeypatch.chdir(tmp_path)
    ran = sched("convert", "jssp", "progen:6x2:1", *words)
    assert ran.code == 2
    assert what in ran.err
    assert list(tmp_path.iterdir()) == []


def test_output_must_be_named(sched) -> None:
    ran = sched("convert", "jssp", "ft06")
    assert ran.code == 2


def test_instance_is_described(sched) -> None:
    data = sched("info", "jssp", "ft06", "--json").json()["data"]
    assert data["sizes"] == {
        "tasks": 36,
        "modes": 36,
        "jobs": 6,
        "resources": 6,
        "unary": 6,
        "lags": 30,
        "selections": 0,
        "mode_links": 0,
        "shortest_duration": 1,
        "longest_duration": 10,
    }
    assert data["features"] == ["objective:makespan", "precedence", "unary"]
    assert data["best_known"]["upper"] == 55
    assert data["auto"]["solver"] in ("cpsat", "lns")
    assert data["conflicts"] == []
    text = sched("info", "jssp", "ft06").out
    assert "  optimum         55 (optimal); " in text
    assert "  durations       1 to 10 ticks\n" in text
    assert "features\n  objective:makespan  " in text


def test_conflicts_are_told(sched, tmp_path) -> None:
    ran = sched("info", str(files.infeasible_file(tmp_path)))
    assert ran.code == 0
    assert "no schedule exists\n  't0', 't1', 't2' must run between tick 0 and tick 10" in ran.out


def test_problem_without_objective_and_tasks(sched, tmp_path) -> None:
    path = tmp_path / "empty.json"
    path.write_text('{"schema": "sched.problem/1", "name": "empty", "tasks": []}', encoding="utf-8")
    text = sched("info", str(path)).out
    assert "nothing: any feasible schedule" in text
    assert "durations" not in text


@pytest.mark.parametrize(
    ("topic", "name"),
    [
        ("solvers", "cpsat"),
        ("solvers", "nondelay-spt"),
        ("policies", "spt"),
        ("formats", "psplib"),
        ("metrics", "makespan"),
        ("features", "max_lag"),
        ("instances", "ta80"),
        ("suites", "rules"),
        ("domains", "jssp"),
        ("experiments", "quickstart"),
    ],
)
def test_lists_name_it(sched, topic, name) -> None:
    ran = sched("list", topic, "--json")
    assert ran.code == 0, ran.err
    assert ran.json()["warnings"] == []
    items = ran.json()["data"]["items"]
    assert name in [item["name"] for item in items]
    assert name in sched("list", topic).out
    assert all(item.get("summary", "x") for item in items)


def test_summaries_of_solvers_tell_them_apart(sched) -> None:
    items = sched("list", "solvers", "--json").json()["data"]["items"]
    assert len({item["summary"] for item in items}) == len(items)
    assert not any("_" in item["summary"] for item in items)


def test_bounds_of_generated_instances_and_counts_of_one(sched) -> None:
    text = sched("info", "jssp", "taillard:1x1:1").out
    assert "at least 64; trivial lower bound" in text
    assert "1 task," in text


def test_sources_say_nothing_of_columns(sched) -> None:
    assert "lower_by" not in sched("info", "jssp", "ft06").out


def test_huge_generated_instances_are_refused(sched) -> None:
    for words in ("taillard:999999x999:1", "brandimarte:999999x3:1", "progen:999999x9:1"):
        ran = sched("info", "jssp", words)
        assert (ran.code, "2,000,000 is the most" in ran.err) == (2, True)


def test_solvers_say_what_they_understand(sched) -> None:
    items = {item["name"]: item for item in sched("list", "solvers", "--json").json()["data"]["items"]}
    assert "cyclic" in items["cpsat"]["features"]
    assert items["nondelay-spt"]["features"] == ["objective:makespan", "precedence", "unary"]
    assert items["nondelay-spt"]["domain"] == "jssp"
