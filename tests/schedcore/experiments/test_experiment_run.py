"""Plans, trials, the folder of a run, and what comes out of it."""

from __future__ import annotations

import csv
import dataclasses
import io
import json

import pytest
from support.experiment import SMALL, config_folder

from schedcore.configdir import find_config_dir
from schedcore.errors import InputError, UnknownNameError
from schedcore.experiments.backend import InlineBackend, get_backend
from schedcore.experiments.driver import run_plan
from schedcore.experiments.expand import expand
from schedcore.experiments.outputs import Results, file_stem, is_current, write_outputs
from schedcore.experiments.plan import Plan, make_plan
from schedcore.experiments.results import rows_of
from schedcore.experiments.run_trial import run_trial
from schedcore.experiments.store import RunFolder
from schedcore.experiments.tables import csv_text, markdown, percent, summary_table
from schedcore.experiments.trial import TrialRecord, TrialStatus


def small_plan(folder, *words, text=SMALL) -> Plan:
    return make_plan(expand(find_config_dir(config_folder(folder, text)), "small", words))


def run(plan, folder, *, stop_after=None, log=None):
    ended = []

    def should_stop() -> bool:
        return stop_after is not None and len(ended) >= stop_after

    return run_plan(
        plan,
        folder,
        InlineBackend(),
        begun=lambda done, total, trial: None if log is None else log.append(trial.label),
        ended=lambda done, total, trial, record: ended.append(record),
        should_stop=should_stop,
        warming=lambda name: None if log is None else log.append(f"warm {name}"),
    )


def test_order_and_keys_are_fixed(tmp_path) -> None:
    plan = small_plan(tmp_path, "seeds=[0,1]")
    labels = [(t.instance, t.method, t.seed) for t in plan.trials]
    assert labels == [(i, m, s) for i in ("ft06", "taillard:4x3:1") for m in ("spt", "serial") for s in (0, 1)]
    assert len({t.key for t in plan.trials}) == 8
    assert [t.key for t in small_plan(tmp_path, "seeds=[0,1]").trials] == [t.key for t in plan.trials]


@pytest.mark.parametrize(
    ("word", "changed"),
    [
        ("time_limit_s=2", True),
        ("workers=2", True),
        ("seeds=[5]", True),
        ("methods.serial.parameters.factor=3.0", True),
        ("title=Other", False),
        ("gantt=[]", False),
        ("groups.shops.title=Other", False),
    ],
)
def test_key_holds_what_decides_and_nothing_else(tmp_path, word, changed) -> None:
    before = [t.key for t in small_plan(tmp_path).trials]
    after = [t.key for t in small_plan(tmp_path, word).trials]
    assert (before != after) is changed


def test_summary_compares_only_what_is_comparable(tmp_path) -> None:
    # The generated shop has no best known value; method spt is the best of the run there.
    plan = small_plan(tmp_path, "methods.serial.groups=[shops]")
    outcome = run(plan, RunFolder(tmp_path / "runs"))
    by_method = {item.method: item for item in Results(plan, outcome.records).summaries}
    spt = by_method["spt"]
    assert (spt.at_reference, spt.with_reference, spt.gaps, spt.partial) == (0, 1, 2, False)
    # Without one record of serial its mean is over another set.
    left = {t.key: outcome.records[t.key] for t in plan.trials if (t.method, t.instance) != ("serial", "ft06")}
    results = Results(plan, left)
    serial = next(item for item in results.summaries if item.method == "serial")
    assert (serial.gaps, serial.partial) == (1, True)
    _, body = summary_table(results.summaries)
    assert body[1][2].endswith(" (of 1)")
    assert [line[4] for line in body] == ["0 of 1", "-"]
    assert any(note.startswith("(of N)") for note in results.notes())


def test_words_of_cells_are_explained(tmp_path) -> None:
    plan = small_plan(tmp_path, "+methods.none.solver=support.my_solvers:Nothing")
    results = Results(plan, run(plan, RunFolder(tmp_path / "runs")).records)
    assert "none: no schedule was found within the limits." in results.notes()
    assert not any(note.startswith("failed:") for note in results.notes())


def test_code_is_part_of_the_key(tmp_path, monkeypatch) -> None:
    import schedcore.experiments.plan as plan_module

    before = [t.key for t in small_plan(tmp_path).trials]
    monkeypatch.setattr(plan_module, "code_version", lambda package: f"other {package}")
    assert not set(before) & {t.key for t in small_plan(tmp_path).trials}


@pytest.mark.parametrize(
    ("word", "what"),
    [
        ("methods.spt.solver=nondelay-stp", "unknown solver 'nondelay-stp'"),
        ("groups.shops.domain=jsp", "unknown domain 'jsp'"),
        ("groups.shops.instances=[ft06,ft66]", "unknown instance 'ft66'"),
        ("groups.shops.instances=[ft06,ft06]", "instance 'ft06' occurs twice"),
        ("methods.serial.parameters.fcator=1", "unknown parameter 'fcator'"),
    ],
)
def test_names_are_looked_up_before_anything_runs(tmp_path, word, what) -> None:
    with pytest.raises(InputError, match=what):
        small_plan(tmp_path, *(["gantt=[]"] if "instances" in word else []), word)


def test_methods_may_be_kept_to_some_groups(tmp_path) -> None:
    text = SMALL.replace("methods:", "  more:\n    domain: jssp\n    instances: [la01]\nmethods:")
    plan = small_plan(tmp_path, "methods.spt.groups=[more]", text=text)
    assert [(t.instance, t.method) for t in plan.trials if t.method == "spt"] == [("la01", "spt")]


def test_records_are_stored_and_not_run_again(tmp_path) -> None:
    plan, folder = small_plan(tmp_path), RunFolder(tmp_path / "run")
    log: list[str] = []
    first = run(plan, folder, log=log)
    assert (first.ran, first.stopped, len(first.records)) == (4, False, 4)
    assert log == ["ft06 spt", "ft06 serial", "taillard:4x3:1 spt", "taillard:4x3:1 serial"]
    again = run(plan, folder, log=log)
    assert (again.ran, len(log)) == (0, 4)
    assert again.records == first.records


def test_interrupted_run_continues_where_it_was(tmp_path) -> None:
    plan, folder = small_plan(tmp_path), RunFolder(tmp_path / "run")
    first = run(plan, folder, stop_after=3)
    assert (first.ran, first.stopped) == (3, True)
    assert len(list(folder.trials.iterdir())) == 3
    second = run(plan, folder)
    assert (second.ran, second.stopped) == (1, False)
    other = run(plan, RunFolder(tmp_path / "other"))
    assert _plain(second.records) == _plain(other.records)


def _plain(records):
    """Records without the times."""
    return {key: dataclasses.replace(r, wall_s=0, trace=()) for key, r in records.items()}


def test_record_that_a_stop_cut_short_is_not_stored(tmp_path) -> None:
    plan, folder = small_plan(tmp_path), RunFolder(tmp_path / "run")
    asked = []

    def should_stop() -> bool:
        asked.append(True)
        return len(asked) > 1  # the request comes while the first trial runs

    outcome = run_plan(
        plan,
        folder,
        InlineBackend(),
        begun=lambda *a: None,
        ended=lambda *a: None,
        should_stop=should_stop,
        warming=lambda name: None,
    )
    assert (outcome.ran, outcome.stopped, list(folder.trials.iterdir())) == (0, True, [])


@pytest.mark.parametrize("text", ["", "{", "[]", '{"schema": "sched.trial/0"}', '{"schema": "sched.trial/1"}'])
def test_damaged_record_is_made_again(tmp_path, text) -> None:
    plan, folder = small_plan(tmp_path), RunFolder(tmp_path / "run")
    run(plan, folder)
    folder.file_of(plan.trials[1]).write_text(text, encoding="utf-8")
    assert run(plan, folder).ran == 1


def test_failed_trials_are_repeated_and_refused_ones_are_not(tmp_path) -> None:
    plan = small_plan(
        tmp_path,
        "groups.shops.instances=[progen:8x2:1]",
        "gantt=[]",
        "methods.serial.solver=support.my_solvers:Crashing",
        "~methods.serial.parameters",
    )
    folder = RunFolder(tmp_path / "run")
    first = run(plan, folder)
    spt, crashed = (first.records[t.key] for t in plan.trials)
    assert (spt.status, spt.message) == (TrialStatus.REFUSED, "nondelay-spt does not support: renewable")
    assert crashed.status is TrialStatus.FAILED
    assert "ZeroDivisionError: the solver divides by nothing" in crashed.message
    assert first.failed == (crashed,)
    assert run(plan, folder).ran == 1


@pytest.mark.parametrize(("solver", "status"), [("Wrong", "FAILED"), ("Nothing", "UNKNOWN")])
def test_schedules_are_checked(tmp_path, solver, status) -> None:
    words = (f"methods.serial.solver=support.my_solvers:{solver}", "~methods.serial.parameters")
    plan = small_plan(tmp_path, *words)
    record = run_trial(plan.trials[1])
    assert (record.status, record.value, record.schedule) == (TrialStatus(status), None, None)


def test_record_round_trip_and_independence_of_the_process(tmp_path) -> None:
    trial = small_plan(tmp_path).trials[0]
    record = run_trial(trial)
    assert (record.value, record.makespan, record.lower, record.upper, record.tasks) == (88, 88, 55, 55, 36)
    data = json.loads(json.dumps(record.as_dict()))
    assert TrialRecord.from_dict(data, "x").as_dict() == record.as_dict()


def test_warm_up_runs_every_method_once(tmp_path) -> None:
    log: list[str] = []
    plan, folder = small_plan(tmp_path, "warm_up=true"), RunFolder(tmp_path / "run")
    run(plan, folder, log=log)
    assert log[:2] == ["warm spt", "warm serial"]
    run(plan, folder, log=log)
    assert log.count("warm spt") == 1


def test_rows_and_summaries(tmp_path) -> None:
    plan, folder = small_plan(tmp_path), RunFolder(tmp_path / "run")
    results = Results(plan, run(plan, folder).records)
    first, second = results.rows
    assert first.cells["serial"].value == 197
    assert first.cells["serial"].gap == pytest.approx((197 - 55) / 55)
    assert (first.reference, first.own, first.known_text) == (55, False, "55")
    best = min(cell.value for cell in second.cells.values())
    assert (second.reference, second.own) == (best, True)
    assert second.known_text.startswith(">= ")
    serial = results.summaries[1]
    assert (serial.method, serial.instances, serial.solved, serial.proven) == ("serial", 2, 2, 0)
    gaps = [row.cells["serial"].gap for row in results.rows]
    assert serial.mean_gap == pytest.approx(sum(gaps) / 2)
    assert serial.worst_gap == max(gaps)
    assert any("No best known value: taillard:4x3:1" in note for note in results.notes())


def test_rows_without_records(tmp_path) -> None:
    plan = small_plan(tmp_path)
    rows = rows_of(plan, {})
    assert [(row.instance, dict(row.cells), row.best) for row in rows] == [
        ("ft06", {}, None),
        ("taillard:4x3:1", {}, None),
    ]
    assert Results(plan, {}).summaries[0].mean_gap is None


def test_seeds_are_averaged_and_the_worst_status_counts(tmp_path) -> None:
    plan, folder = small_plan(tmp_path, "seeds=[0,1]"), RunFolder(tmp_path / "run")
    records = dict(run(plan, folder).records)
    key = plan.trials[0].key
    records[key] = dataclasses.replace(records[key], objective=(90,), status=TrialStatus.OPTIMAL)
    cell = rows_of(plan, records)[0].cells["spt"]
    assert (cell.value, cell.runs, cell.optimal, cell.status) == (89.0, 2, False, TrialStatus.FEASIBLE)
    records[key] = dataclasses.replace(records[key], objective=(), status=TrialStatus.UNKNOWN, message="why")
    cell = rows_of(plan, records)[0].cells["spt"]
    assert (cell.value, cell.status, cell.message) == (None, TrialStatus.UNKNOWN, "why")


def test_files_of_a_run(tmp_path) -> None:
    plan, folder = small_plan(tmp_path), RunFolder(tmp_path / "run")
    results = Results(plan, run(plan, folder).records)
    assert not is_current(results, folder)
    said: list[str] = []
    write_outputs(results, folder, {"processor": "a & b"}, said.append)
    assert is_current(results, folder)
    files = sorted(p.relative_to(folder.path).as_posix() for p in folder.path.rglob("*") if p.is_file())
    assert [f for f in files if not f.startswith("trials/")] == [
        "gantt/ft06.html",
        "gantt/ft06.png",
        "report.html",
        "results.csv",
        "results.json",
        "results.md",
    ]
    data = json.loads((folder.path / "results.json").read_text(encoding="utf-8"))
    assert data["schema"] == "sched.results/1"
    assert data["rows"][0]["methods"]["spt"]["value"] == 88
    assert data["machine"] == {"processor": "a & b"}
    assert "schedule" not in data["trials"][0]
    report = (folder.path / "report.html").read_text(encoding="utf-8")
    assert "a &amp; b" in report
    assert "http" not in report.replace("http://www.w3.org", "").replace("https://scheduleopt", "")
    assert "| ft06 | 36 | 55 | 88 +60.0% |" in (folder.path / "results.md").read_text(encoding="utf-8")
    (folder.path / "gantt" / "ft06.png").unlink()
    assert not is_current(results, folder)


def test_csv_has_a_line_per_trial(tmp_path) -> None:
    plan, folder = small_plan(tmp_path), RunFolder(tmp_path / "run")
    lines = list(csv.DictReader(io.StringIO(csv_text(plan, run(plan, folder, stop_after=3).records))))
    assert [(line["instance"], line["method"]) for line in lines] == [
        ("ft06", "spt"),
        ("ft06", "serial"),
        ("taillard:4x3:1", "spt"),
    ]
    assert (lines[0]["value"], lines[0]["gap"], lines[2]["gap"]) == ("88", "0.600000", "")


def test_small_pieces() -> None:
    assert [percent(gap) for gap in (0.0, 0.0001, -0.0001, 0.016, -0.5)] == ["0.0%", "0.0%", "0.0%", "+1.6%", "-50.0%"]
    assert file_stem("progen:30x4:1") == "progen-30x4-1"
    assert file_stem("../../etc/passwd") == "passwd"
    assert file_stem("::") == "instance"
    assert markdown((["a", "b|c"], [["1", "2"]])) == "| a | b\\|c |\n| --- | ---: |\n| 1 | 2 |"


def test_unknown_backend_is_suggested() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'inline'"):
        get_backend("inlien")


def test_folder_that_cannot_be_made(tmp_path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InputError) as caught:
        RunFolder(tmp_path / "file" / "run")
    assert caught.value.remedy == "choose another --runs-dir"
