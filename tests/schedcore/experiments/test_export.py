"""Flat tables of a run, as CSV and Parquet."""

from __future__ import annotations

import csv
import io
import math
import sys
from pathlib import Path

import pytest
from support.made_runs import a_failure, a_record, a_run, a_trial, table_run

from schedcore.errors import InputError, MissingExtraError
from schedcore.experiments.export import csv_text, frames_of, write_frames


def made_run():
    a = a_trial("ft06", "a x=1", 3, factors=(("solver", "a"), ("x", 1)), parameters=(("depth", 2),))
    b = a_trial("ft06", "b")
    c = a_trial("ft10", "b")
    record = a_record(
        a,
        60,
        upper=55,
        objective=(60, 7),
        trace=((0.5, 70.0, None), (1.0, 60.0, 50.0)),
        metrics={"flow": 12.5, "makespan": 60},
        units={"flow": "ticks"},
        message='says "so", and\nmore',
    )
    return a_run([(a, record), (b, a_failure(b, "crash", "signal 11")), (c, None)])


def lines(frame) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(csv_text(frame))))


def test_trials_have_a_row_each_finished_or_not() -> None:
    trials, _, _ = frames_of(made_run())
    first, second, third = lines(trials)
    assert (first["instance"], first["seed"], first["status"], first["value"]) == ("ft06", "3", "FEASIBLE", "60")
    assert (first["factor.solver"], first["factor.x"], second["factor.x"]) == ("a", "1", "")
    assert (first["parameters"], first["objective"]) == ('{"depth": 2}', "[60, 7]")
    assert first["message"] == 'says "so", and\nmore'
    assert (first["reference"], float(first["gap"])) == ("55", pytest.approx(60 / 55 - 1))
    assert (second["status"], second["error_type"], second["value"], second["gap"]) == ("FAILED", "crash", "", "")
    assert (third["status"], third["wall_s"]) == ("PLANNED", "")


def test_metrics_and_traces_are_long() -> None:
    _, metrics, traces = frames_of(made_run())
    assert [(x["name"], x["value"], x["unit"]) for x in lines(metrics)] == [
        ("flow", "12.5", "ticks"),
        ("makespan", "60.0", ""),
    ]
    assert [(x["number"], x["t_s"], x["objective"], x["bound"]) for x in lines(traces)] == [
        ("0", "0.5", "70.0", ""),
        ("1", "1.0", "60.0", "50.0"),
    ]


def test_csv_files(tmp_path: Path) -> None:
    files = write_frames(frames_of(made_run()), tmp_path / "new" / "folder", "csv")
    assert [file.name for file in files] == ["trials.csv", "metrics.csv", "traces.csv"]
    assert len(list(csv.reader(io.StringIO(files[0].read_text(encoding="utf-8"))))) == 4


def test_parquet_files_hold_the_same(tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    files = write_frames(frames_of(made_run()), tmp_path, "parquet")
    table = parquet.read_table(files[0])
    rows = table.to_pylist()
    assert (rows[0]["value"], rows[0]["makespan"], rows[0]["seed"]) == (60.0, None, 3)
    assert rows[1]["value"] is None
    assert str(table.schema.field("seed").type) == "int64"
    assert str(table.schema.field("gap").type) == "double"
    assert parquet.read_table(files[2]).num_rows == 2


def test_empty_runs_have_tables_with_columns(tmp_path: Path) -> None:
    files = write_frames(frames_of(a_run([])), tmp_path, "csv")
    assert files[0].read_text(encoding="utf-8").startswith("key,domain,runner")
    pytest.importorskip("pyarrow")
    write_frames(frames_of(a_run([])), tmp_path, "parquet")


def test_maximisation_has_positive_gaps_for_what_is_worse() -> None:
    trials, _, _ = frames_of(table_run({"a": {"x": 40.0}}, {"x": 50}, "max"))
    assert math.isclose(float(lines(trials)[0]["gap"]), 0.25)


def test_parquet_without_pyarrow_names_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingExtraError, match=r"sched-research\[parquet\]"):
        write_frames(frames_of(a_run([])), tmp_path / "out", "parquet")
    assert not (tmp_path / "out").exists()


def test_bad_places_and_formats(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="unknown format 'xls'"):
        write_frames([], tmp_path, "xls")
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="cannot make the folder"):
        write_frames([], tmp_path / "file" / "x", "csv")
