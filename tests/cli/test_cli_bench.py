"""``sched bench``."""

from __future__ import annotations

import csv
import json
import os

import pytest


def test_rows_stand_beside_their_references(sched, toy_domain) -> None:
    data = sched("bench", "toy", "--suite", "figures", "--seed", "7", "--json").json()["data"]
    assert (data["domain"], data["suite"], data["seed"], data["workers"], data["time_limit_s"]) == (
        "toy",
        "figures",
        7,
        1,
        10.0,
    )
    assert (data["compared"], data["out_of_tolerance"]) == (2, 1)
    first, second, third = data["rows"]
    assert list(first) == [
        "id",
        "quantity",
        "ours",
        "reference",
        "unit",
        "source",
        "tolerance",
        "within",
        "sense",
        "note",
    ]
    assert (first["within"], second["within"], third["within"]) == (True, False, None)


def test_table_for_people(sched, toy_domain) -> None:
    ran = sched("bench", "toy", "--suite", "figures")
    assert ran.code == 0
    assert "2 of 3 figures have a reference; 1 out of tolerance" in ran.out


def test_unknown_suite_is_suggested(sched, toy_domain) -> None:
    ran = sched("bench", "toy", "--suite", "figrues")
    assert ran.code == 2
    assert "error: unknown suite 'figrues'\n  where: domain toy\n  do:    did you mean 'figures'?" in ran.err


def test_suite_refuses_unknown_keys(sched, toy_domain) -> None:
    assert sched("bench", "toy", "--suite", "figures", "size=3").code == 0
    ran = sched("bench", "toy", "--suite", "figures", "sice=3")
    assert ran.code == 2
    assert "unknown key 'sice'" in ran.err


@pytest.mark.parametrize("word", ["size", "=3", "3=a b"])
def test_trailing_word_must_be_an_override(sched, toy_domain, word) -> None:
    ran = sched("bench", "toy", "--suite", "figures", word)
    assert ran.code == 2
    assert f"unexpected word {word!r}: trailing words have the form key=value" in ran.err


def test_key_given_twice_is_refused(sched, toy_domain) -> None:
    assert "'size' is given twice" in sched("bench", "toy", "--suite", "figures", "size=1", "size=2").err


def test_rows_are_stored_as_json_and_csv(sched, toy_domain, tmp_path) -> None:
    assert sched("bench", "toy", "--suite", "figures", "--out", str(tmp_path / "a.json")).code == 0
    assert [row["id"] for row in json.loads((tmp_path / "a.json").read_text())] == ["one", "two", "two"]
    assert sched("bench", "toy", "--suite", "figures", "--out", str(tmp_path / "a.csv")).code == 0
    with (tmp_path / "a.csv").open() as file:
        assert [row["within"] for row in csv.DictReader(file)] == ["True", "False", ""]
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_file()) == ["a.csv", "a.json"]


def test_unwritable_place_is_found_before_work_begins(sched, toy_domain, tmp_path) -> None:
    ran = sched("bench", "toy", "--suite", "sleepy", "--out", str(tmp_path / "missing" / "a.json"))
    assert ran.code == 2
    assert "error: folder" in ran.err
    assert "  where: --out\n" in ran.err
    assert "mkdir -p" in ran.err


def test_format_that_is_not_known_is_found_before_work_begins(sched, toy_domain, tmp_path) -> None:
    ran = sched("bench", "toy", "--suite", "sleepy", "--out", str(tmp_path / "a.xlsx"))
    assert ran.code == 2
    assert "cannot tell the format of 'a.xlsx'" in ran.err


def test_interrupted_run_leaves_no_file(sched, toy_domain, tmp_path) -> None:
    sched("bench", "toy", "--suite", "sleepy", "--out", str(tmp_path / "a.json"), "--timeout", "0.1")
    assert [path for path in tmp_path.iterdir() if path.is_file()] == []


def test_option_comes_from_its_variable(sched, toy_domain, monkeypatch) -> None:
    monkeypatch.setenv("SCHED_BENCH_SEED", "9")
    assert sched("bench", "toy", "--suite", "figures", "--json").json()["data"]["seed"] == 9


def test_data_directory_must_exist(sched, toy_domain, tmp_path) -> None:
    ran = sched("bench", "toy", "--suite", "figures", "--data-dir", str(tmp_path / "nowhere"))
    assert ran.code == 2
    assert "nowhere" in ran.err


def test_several_data_directories_come_from_the_variable(toy_domain, tmp_path, monkeypatch) -> None:
    import click

    from schedcore.cli.bench import bench

    monkeypatch.setenv("SCHED_DATA_DIR", f"{tmp_path}{os.pathsep}{toy_domain}")
    context = click.Context(bench)
    option = next(parameter for parameter in bench.params if parameter.name == "data_dirs")
    assert option.process_value(context, option.value_from_envvar(context)) == (tmp_path, toy_domain)


def test_verbose_shows_progress_as_lines(sched, toy_domain) -> None:
    ran = sched("bench", "toy", "--suite", "figures", "-v")
    assert "[0/2] one\n[1/2] two\n" in ran.err
    assert sched("bench", "toy", "--suite", "figures").err == ""
