"""``sched validate``: every violation, by name."""

from __future__ import annotations

import json

import pytest
from support import files


def test_good_document(sched, tmp_path) -> None:
    ran = sched("validate", str(files.document_file(tmp_path)))
    assert ran.code == 0, ran.err
    assert "small: 4 placements, all rules kept\n" in ran.out
    assert "makespan" in ran.out
    data = sched("validate", str(files.document_file(tmp_path)), "--json").json()["data"]
    assert (data["ok"], data["count"], data["violations"]) == (True, 0, [])
    assert data["metrics"]["makespan"] == 6


def test_every_violation_is_named(sched, tmp_path) -> None:
    path = files.document_file(tmp_path, files.BAD)
    ran = sched("validate", str(path), "--json")
    assert ran.code == 4
    data = ran.json()["data"]
    assert data["counts"] == {"OVERLAP": 1, "LAG_MIN": 1}
    overlap = next(v for v in data["violations"] if v["code"] == "OVERLAP")
    assert (overlap["tasks"], overlap["resource"], overlap["at"], overlap["amount"]) == (["a0", "b1"], "m0", 2, 1)
    assert data["metrics"] is None
    assert ran.err.startswith("error: the schedule breaks 2 rules\n")


def test_violations_are_lines_for_people(sched, tmp_path) -> None:
    path = files.document_file(tmp_path, files.BAD)
    ran = sched("validate", str(path))
    assert ran.code == 4
    assert "2 violations (OVERLAP 1, LAG_MIN 1)\n  OVERLAP: " in ran.out
    assert "  ... and 1 more" in sched("validate", str(path), "--limit", "1").out
    assert "more" not in sched("validate", str(path), "--limit", "0").out


@pytest.mark.parametrize("suffix", [".png", ".html"])
def test_violations_are_drawn(sched, tmp_path, suffix) -> None:
    picture = tmp_path / f"a{suffix}"
    ran = sched("validate", str(files.document_file(tmp_path, files.BAD)), "--plot", str(picture), "--json")
    assert ran.code == 4
    assert ran.json()["data"]["written"] == [str(picture)]
    assert picture.stat().st_size > 1000
    if suffix == ".html":
        assert "OVERLAP" in picture.read_text(encoding="utf-8")


def test_schedule_with_its_problem(sched, tmp_path) -> None:
    schedule, problem = files.schedule_file(tmp_path), files.problem_file(tmp_path)
    assert sched("validate", str(schedule), str(problem)).code == 0
    ran = sched("validate", str(schedule))
    assert ran.code == 2
    assert "the file holds a schedule alone" in ran.err
    assert f"sched validate {schedule} PROBLEM" in ran.err


def test_schedule_of_an_instance_by_name(sched, tmp_path) -> None:
    out = tmp_path / "a.json"
    assert sched("solve", "jssp", "ft06", "--solver", "nondelay-spt", "--out", str(out)).code == 0
    alone = tmp_path / "b.json"
    alone.write_text(json.dumps(json.loads(out.read_text(encoding="utf-8"))["schedule"]), encoding="utf-8")
    assert sched("validate", str(alone), "jssp", "ft06").code == 0
    ran = sched("validate", str(alone), "jssp", "ft10")
    assert ran.code == 2
    assert "was made for the problem with fingerprint" in ran.err


def test_files_without_a_schedule(sched, tmp_path) -> None:
    problem = files.problem_file(tmp_path)
    ran = sched("validate", str(problem))
    assert (ran.code, "the file holds a problem without a schedule" in ran.err) == (2, True)
    shop = tmp_path / "shop.txt"
    shop.write_text(files.SMALL_SHOP, encoding="utf-8")
    ran = sched("validate", str(shop))
    assert (ran.code, "the file holds a problem without a schedule" in ran.err) == (2, True)
    ran = sched("validate", str(problem), str(problem))
    assert (ran.code, "error: a problem, a schedule is needed" in ran.err) == (2, True)
    ran = sched("validate", str(files.document_file(tmp_path, None)))
    assert (ran.code, "the document holds no schedule" in ran.err) == (2, True)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "the file is empty"),
        ('{"schema": "sched.document/1", "prob', "JSON"),
        ('{"schema": "sched.document/2"}', "sched.document/2"),
        ('{"schema": "sched.something/1"}', "sched.something/1"),
        ("[]", ""),
        ("2 2\n0 3 1 2\n1 4 0 2\n", ""),
    ],
)
def test_broken_files(sched, tmp_path, text, what) -> None:
    path = tmp_path / "a.json"
    path.write_text(text, encoding="utf-8")
    ran = sched("validate", str(path))
    assert ran.code == 2
    assert what in ran.err
    assert str(path) in ran.err


def test_document_whose_schedule_was_edited_is_checked_not_trusted(sched, tmp_path) -> None:
    path = files.document_file(tmp_path)
    data = json.loads(path.read_text(encoding="utf-8"))
    data["schedule"]["placements"][0] = [0, 0, 0, 2]
    path.write_text(json.dumps(data), encoding="utf-8")
    ran = sched("validate", str(path), "--json")
    assert ran.code == 4
    assert ran.json()["data"]["counts"] == {"DURATION": 1}


def test_document_with_another_problem_is_refused(sched, tmp_path) -> None:
    path = files.document_file(tmp_path)
    data = json.loads(path.read_text(encoding="utf-8"))
    data["problem"]["horizon"] = 1000
    path.write_text(json.dumps(data), encoding="utf-8")
    ran = sched("validate", str(path))
    assert ran.code == 2
    assert "fingerprint" in ran.err


def test_missing_file(sched, tmp_path) -> None:
    ran = sched("validate", str(tmp_path / "gone.json"))
    assert ran.code == 2
    assert "there is no file" in ran.err
    assert sched("validate").code == 2
