import csv
import runpy
import sys
from pathlib import Path

import pytest


def run(script: Path, *words: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> str:
    monkeypatch.setattr(sys, "argv", [script.name, *words])
    runpy.run_path(str(script), run_name="__main__")
    return capsys.readouterr().out


def read(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_the_comparison_continues_where_it_stopped(
    project_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    script, out = project_root / "benchmarks" / "jssp_lns.py", tmp_path / "new" / "runs.csv"
    words = ("--time-limit", "0.5", "--seeds", "1", "--workers", "1", "--instances", "la01", "--out", str(out))
    first = run(script, *words, monkeypatch=monkeypatch, capsys=capsys)
    assert "best known 666" in first
    assert "bar 1.5 %: not judged, other conditions" in first
    rows = read(out)
    assert [row["method"] for row in rows] == ["cpsat", "lns"]
    assert all(int(row["makespan"]) >= 666 for row in rows)
    run(script, *words, monkeypatch=monkeypatch, capsys=capsys)
    assert read(out) == rows


def test_the_anytime_comparison_continues_where_it_stopped(
    project_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    script, out = project_root / "benchmarks" / "jssp_anytime.py", tmp_path / "runs.csv"
    words = ("--time-limit", "1", "--workers", "1", "--instances", "la02", "--out", str(out))
    first = run(script, *words, monkeypatch=monkeypatch, capsys=capsys)
    assert "mean gap to best known" in first
    assert "not judged, other conditions" in first
    rows = read(out)
    assert [row["method"] for row in rows] == ["cpsat", "cpsat+mwkr", "hybrid"]
    assert min(int(row["makespan"]) for row in rows) >= 655
    run(script, *words, monkeypatch=monkeypatch, capsys=capsys)
    assert read(out) == rows
