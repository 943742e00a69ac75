"""``sched plot``: pictures of schedules."""

from __future__ import annotations

import json

import pytest
from support import files

from schedcore.cli import drawing


def test_kinds_and_endings_are_those_of_the_library() -> None:
    from schedcore.plot import KINDS, SUFFIXES

    assert {name: text for name, text in drawing.KINDS.items() if name != "trace"} == KINDS
    assert drawing.SUFFIXES == SUFFIXES


@pytest.mark.parametrize("kind", [kind for kind in drawing.KINDS if kind != "trace"])
def test_every_kind_as_picture(sched, tmp_path, kind) -> None:
    out = tmp_path / "a.svg"
    ran = sched("plot", str(files.document_file(tmp_path)), "--kind", kind, "--out", str(out), "--json")
    assert ran.code == 0, ran.err
    data = ran.json()["data"]
    assert (data["kind"], data["placements"], data["violations"]) == (kind, 4, 0)
    assert data["bytes"] == out.stat().st_size
    assert "<svg" in out.read_text(encoding="utf-8")


@pytest.mark.parametrize(("suffix", "begin"), [(".png", b"\x89PNG"), (".html", b"<!DOCTYPE html>"), (".json", b"{")])
def test_every_form_of_file(sched, tmp_path, suffix, begin) -> None:
    out = tmp_path / f"a{suffix}"
    assert sched("plot", str(files.document_file(tmp_path)), "--out", str(out)).code == 0
    assert out.read_bytes().startswith(begin)


def test_trace_of_a_solve(sched, tmp_path) -> None:
    out = tmp_path / "a.png"
    path = files.document_file(tmp_path, trace=[[0.1, 9, None], [0.2, 6, 5.0]], solver="cpsat")
    assert sched("plot", str(path), "--kind", "trace", "--out", str(out)).code == 0
    ran = sched("plot", str(files.document_file(tmp_path)), "--kind", "trace", "--out", str(out))
    assert (ran.code, "the file records no incumbents" in ran.err) == (2, True)
    path = files.document_file(tmp_path, trace=[[0.1, "x"]])
    ran = sched("plot", str(path), "--kind", "trace", "--out", str(out))
    assert (ran.code, "document.result.trace[0]" in ran.err) == (2, True)


def test_instance_is_solved_first(sched, tmp_path) -> None:
    out = tmp_path / "a.json"
    ran = sched("plot", "jssp", "ft06", "--solver", "nondelay-spt", "--out", str(out))
    assert ran.code == 0
    assert "no schedule given; solving with nondelay-spt" in ran.err
    assert len([e for e in json.loads(out.read_text(encoding="utf-8"))["traceEvents"] if e["ph"] == "X"]) == 36


def test_schedule_from_another_file(sched, tmp_path) -> None:
    out = tmp_path / "a.svg"
    words = (str(files.problem_file(tmp_path)), "--schedule", str(files.schedule_file(tmp_path)))
    assert sched("plot", *words, "--out", str(out)).code == 0


def test_violations_are_marked(sched, tmp_path) -> None:
    out = tmp_path / "a.svg"
    ran = sched("plot", str(files.document_file(tmp_path, files.BAD)), "--out", str(out), "--json")
    assert ran.code == 0
    assert ran.json()["warnings"] == ["the schedule breaks 2 rules; they are marked"]
    assert "OVERLAP" in out.read_text(encoding="utf-8")


def test_no_schedule_to_draw(sched, tmp_path) -> None:
    out = tmp_path / "a.svg"
    ran = sched("plot", str(files.infeasible_file(tmp_path)), "--solver", "cpsat", "--out", str(out))
    assert ran.code == 3
    assert not out.exists()


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (("--out", "a.pdf"), "cannot draw a picture as .pdf"),
        (("--out", "a"), "a file without ending"),
        (("--out", "gone/a.png"), "folder 'gone' does not exist"),
        (("--out", "a.png", "--kind", "gant"), "did you mean 'gantt'?"),
        ((), "Missing option '--out'"),
        (("--out", "a.json", "--kind", "tasks"), "a trace file has no kind 'tasks'"),
    ],
)
def test_wrong_words(sched, tmp_path, monkeypatch, words, what) -> None:
    path = files.document_file(tmp_path)
    monkeypatch.chdir(tmp_path)
    ran = sched("plot", str(path), *words)
    assert ran.code == 2
    assert what in ran.err
    assert [p.name for p in tmp_path.iterdir()] == [path.name]
