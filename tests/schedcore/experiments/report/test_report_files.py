"""The files of a report, runs from stores, and schedules in the page."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest
from support.made_runs import a_record, a_run, a_trial, stored, table_run

from schedcore.errors import InputError
from schedcore.experiments.report import RunData, analyses_of, read_run, render, write_report
from schedcore.experiments.report.from_store import command_text
from schedcore.experiments.store import Store
from schedcore.experiments.trial import load_instance


def solved_run() -> RunData:
    """A run with a real schedule of ft06."""
    from schedcore.model import schedule_to_dict
    from schedcore.solvers import Limits, get_solver

    problem = load_instance("jssp", "ft06").problem
    schedule = get_solver("mwkr").solve(problem, limits=Limits(1.0), seed=0).schedule
    trial = a_trial("ft06", "mwkr")
    data = schedule_to_dict(schedule, problem)
    record = a_record(trial, schedule.makespan, schedule=data, upper=55, makespan=schedule.makespan)
    return a_run([(trial, record)], gantt=None)


def test_files_are_written_once(tmp_path: Path) -> None:
    run = table_run({"a": {"x": 5.0}})
    first = write_report(run, tmp_path)
    assert first.fresh
    assert sorted(p.name for p in tmp_path.iterdir()) == ["report.html", "results.csv", "results.json", "results.md"]
    assert not write_report(run, tmp_path).fresh
    assert write_report(run, tmp_path, force=True).fresh
    (tmp_path / "results.md").unlink()
    assert write_report(run, tmp_path).fresh
    (tmp_path / "results.json").write_text("[]", encoding="utf-8")
    assert write_report(run, tmp_path).fresh
    assert write_report(table_run({"a": {"x": 6.0}}), tmp_path).fresh


def test_stores_have_their_own_folder(tmp_path: Path) -> None:
    folder = stored(table_run({"a": {"x": 5.0}}, {"x": 5}), tmp_path / "demo", experiment={"title": "A demo"})
    with Store.read(folder) as store:
        written = write_report(store)
    assert written.files["html"] == folder / "report.html"
    assert "A demo" in (folder / "report.html").read_text(encoding="utf-8")
    with pytest.raises(InputError, match="no folder to write to"):
        write_report(written.run)


def test_stored_runs_come_back_whole(tmp_path: Path) -> None:
    made = table_run({"a": {"x": [5.0, 6.0]}, "b": {"x": [7.0, None]}}, {"x": 5})
    run = read_run(stored(made, tmp_path / "demo"))
    assert run.command == "sched sweep jssp solver=cpsat,lns"
    assert [t.key for t in run.trials] == [t.key for t in made.trials]
    assert render(run, analyses_of(run), "csv") == render(made, analyses_of(made), "csv")


def test_logs_and_schedules_are_read_from_their_files(tmp_path: Path) -> None:
    made = solved_run()
    (key,) = made.records
    record = dataclasses.replace(made.records[key], log="it spoke\n")
    run = read_run(stored(dataclasses.replace(made, records={key: record}), tmp_path / "demo"))
    assert run.records[key].schedule is None
    assert run.log(key) == "it spoke\n"
    assert run.schedule(key)["schema"].startswith("sched.schedule/")
    assert (run.schedule("0" * 24), run.log("0" * 24)) == (None, "")


def test_schedules_are_drawn_in_the_page() -> None:
    run = solved_run()
    analyses = analyses_of(run)
    (key,) = run.records
    for chosen in (None, ("ft06",), (key[:8],)):
        page = render(run, analyses, "html", chosen)
        assert '<h2 id="schedules">Schedules</h2>' in page
        assert page.count("<iframe") == 1
    assert "<iframe" not in render(run, analyses, "html", ())
    assert "<iframe" not in render(run, analyses, "html", ("la01",))
    assert "<iframe" in render(dataclasses.replace(run, gantt=("ft06",)), analyses, "html")


def test_schedules_that_cannot_be_drawn_say_why() -> None:
    run = solved_run()
    (key,) = run.records
    record = run.records[key]
    changed = dataclasses.replace(record, schedule={**record.schedule, "problem": "0" * 32})
    page = render(dataclasses.replace(run, records={key: changed}), analyses_of(run), "html")
    assert "The instance has changed since this run" in page
    gone = dataclasses.replace(run, trials=tuple(dataclasses.replace(t, instance="gone") for t in run.trials))
    page = render(gone, analyses_of(gone), "html", ("gone",))
    assert "The schedule is not drawn: " in page


def test_commands_are_quoted() -> None:
    assert command_text(()) == ""
    assert command_text(("/usr/bin/sched", "sweep", "seed=range(0,3)")) == "sched sweep 'seed=range(0,3)'"
    assert command_text(("sweep", "jssp")) == "sched sweep jssp"


def test_results_json_says_what_it_shows(tmp_path: Path) -> None:
    write_report(table_run({"a": {"x": 5.0}}), tmp_path)
    data = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))
    assert data["trials"] == {"planned": 1, "finished": 1}
    assert len(data["digest"]) == 24
