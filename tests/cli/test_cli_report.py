"""``sched report``, ``sched export`` and ``sched runs``."""

from __future__ import annotations

import csv
import json
import shutil
import sqlite3
from pathlib import Path

import pytest
from support.made_runs import a_failure, a_record, a_run, a_trial, stored, table_run

KNOWN = {"ft06": 55, "ft10": 930, "la01": 666}
VALUES = {
    "cpsat": {"ft06": [55, 55, 55], "ft10": [930, 935, 941], "la01": [666, 666, 666]},
    "lns": {"ft06": [55, 57, 55], "ft10": [951, 962, 944], "la01": [666, 668, 666]},
    "mwkr": {"ft06": [61, 61, 61], "ft10": [1108, 1108, 1108], "la01": [735, 735, 735]},
}


@pytest.fixture
def demo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the run ``demo``: three solvers, three instances, three seeds."""
    monkeypatch.chdir(tmp_path)
    return stored(table_run(VALUES, KNOWN, name="demo"), tmp_path / "runs" / "demo")


def test_report_writes_the_page_into_the_run(sched, demo: Path) -> None:
    ran = sched("report", "runs/demo")
    assert ran.code == 0, ran.err
    assert ran.out.startswith("cpsat comes out best: 0.19% above the best known value")
    assert "runs/demo/report.html  (" in ran.out
    page = (demo / "report.html").read_text(encoding="utf-8")
    assert page.startswith("<!DOCTYPE html>")
    assert sched("report", "demo", "--json").json()["data"]["trials"] == 27


def test_other_formats_go_to_standard_output(sched, demo: Path) -> None:
    assert "## Methods" in sched("report", "demo", "--format", "md").out
    assert len(list(csv.reader(sched("report", "demo", "--format", "csv").out.splitlines()))) == 10
    data = json.loads(sched("report", "demo", "--format", "json").out)
    assert data["arenas"][0]["ranking"][0] == "cpsat"
    assert "## Methods" in sched("report", "demo", "--format", "md", "--json").json()["data"]["text"]
    assert not (demo / "report.html").exists()


def test_out_says_the_format(sched, demo: Path, tmp_path: Path) -> None:
    for suffix, start in ((".md", "# demo"), (".csv", "domain,"), (".json", "{"), (".html", "<!DOCTYPE")):
        file = tmp_path / f"x{suffix}"
        assert sched("report", "demo", "--out", str(file)).code == 0
        assert file.read_text(encoding="utf-8").startswith(start)
    assert sched("report", "demo", "--format", "md", "--out", "notes.txt").code == 0


@pytest.mark.parametrize(
    ("words", "what", "remedy"),
    [
        (("dmeo",), "there is no run 'dmeo'", "did you mean 'demo'?"),
        (("demo", "--out", "x.pdf"), "no format of a report ends in .pdf", "use .html"),
        (("demo", "--out", "x.md", "--format", "csv"), "x.md is not a name for csv", "end it in .csv"),
        (("demo", "--gantt", "ft60"), "'ft60' is no instance and no key", "or 'ft06'?"),
        (("demo", "--gantt", "ft06", "--no-gantt"), "--gantt and --no-gantt exclude each other", "give one"),
        (("demo", "--out", "nowhere/x.html"), "", ""),
    ],
)
def test_report_says_what_is_wrong(sched, demo: Path, words: tuple[str, ...], what: str, remedy: str) -> None:
    ran = sched("report", *words)
    assert ran.code == 2
    assert what in ran.err
    assert remedy in ran.err


def test_unfinished_and_failed_runs_are_reported(sched, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    a, b, c = (a_trial(n, "a") for n in ("ft06", "ft10", "la01"))
    stored(a_run([(a, a_record(a, 60)), (b, a_failure(b, log="bang\n")), (c, None)]), tmp_path / "runs" / "part")
    ran = sched("report", "part")
    assert ran.code == 0
    assert "warning: 1 of 3 trials have not finished" in ran.err
    page = (tmp_path / "runs" / "part" / "report.html").read_text(encoding="utf-8")
    assert "Not finished." in page
    assert "bang" in page
    stored(a_run([]), tmp_path / "runs" / "empty")
    assert sched("report", "empty").code == 0
    stored(a_run([(a, a_failure(a))]), tmp_path / "runs" / "bad")
    assert "No run ended with a value" in sched("report", "bad").out


def test_damaged_runs_are_refused(sched, demo: Path) -> None:
    database = demo / "results.sqlite"
    whole = database.read_bytes()
    database.write_bytes(b"not a database" * 300)
    ran = sched("report", "demo")
    assert ran.code == 2
    assert "results.sqlite" in ran.err
    database.write_bytes(whole)
    with sqlite3.connect(database) as connection:
        connection.execute("PRAGMA user_version=99")
    connection.close()
    assert "version 99" in sched("report", "demo").err
    shutil.rmtree(demo)
    (demo).mkdir()
    assert "there is no run in this folder" in sched("report", "runs/demo").err


def test_statistics_of_the_demo_are_those_of_scipy(sched, demo: Path) -> None:
    stats = pytest.importorskip("scipy.stats")
    import numpy as np

    (arena,) = json.loads(sched("report", "demo", "--format", "json").out)["arenas"]
    assert sum(item["finished"] for item in arena["methods"]) == 27
    cells = {
        method: [float(stats.gmean([v / KNOWN[name] for v in seeds])) for name, seeds in own.items()]
        for method, own in VALUES.items()
    }
    for item in arena["methods"]:
        assert item["overall"]["gap"] == pytest.approx(stats.gmean(cells[item["method"]]) - 1, abs=1e-12)
    p_values = []
    for pair in arena["pairs"]:
        logs = np.round(np.log(cells[pair["first"]]) - np.log(cells[pair["second"]]), 12)
        every_sign = stats.PermutationMethod(n_resamples=np.inf)
        p = stats.wilcoxon(logs, zero_method="pratt", method=every_sign).pvalue
        assert pair["p_value"] == pytest.approx(p, abs=1e-12)
        p_values.append(pair["p_value"])
    # Three pairs of three instances: the smallest possible p is 1/4, and Holm makes it 3/4.
    assert [pair["corrected"] for pair in arena["pairs"]] == pytest.approx(
        [max(min(1.0, 3 * min(p_values)), min(1.0, p * (3 - sorted(p_values).index(p)))) for p in p_values]
    )


def test_export_writes_tables(sched, demo: Path, tmp_path: Path) -> None:
    data = sched("export", "demo", "--json").json()["data"]
    assert data["rows"] == {"trials": 27, "metrics": 0, "traces": 0}
    assert (demo / "export" / "trials.csv").is_file()
    ran = sched("export", "demo", "--out", str(tmp_path / "out"))
    assert f"{tmp_path / 'out' / 'trials.csv'}  (27 rows)" in ran.out
    pytest.importorskip("pyarrow")
    assert sched("export", "demo", "--format", "parquet").code == 0
    assert (demo / "export" / "traces.parquet").is_file()


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (("nodemo",), "there is no run 'nodemo'"),
        (("demo", "--uri", "x"), "--uri and --dir belong to a tracker"),
        (("demo", "--to", "mlflow"), "mlflow needs a place to write to"),
        (("demo", "--to", "tensorboard"), "tensorboard needs a place to write to"),
        (("demo", "--to", "mlflow", "--dir", "x"), "mlflow takes --uri alone"),
        (("demo", "--to", "tensorboard", "--uri", "x"), "tensorboard takes --dir alone"),
        (("demo", "--to", "mlflow", "--uri", "x", "--format", "csv"), "--format and --out are for files"),
    ],
)
def test_export_says_what_is_wrong(sched, demo: Path, words: tuple[str, ...], what: str) -> None:
    ran = sched("export", *words)
    assert ran.code == 2
    assert what in ran.err


def test_export_to_a_tracker(sched, demo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from schedcore.experiments import sinks

    sent = []

    class Fake:
        name = "tensorboard"

        def start(self, run_name, about) -> None:
            sent.append(run_name)

        def trial(self, trial, record) -> None:
            sent.append(trial.label)

        def close(self) -> None:
            sent.append("close")

    monkeypatch.setattr(sinks, "get_sink", lambda name, place: Fake())
    ran = sched("export", "demo", "--to", "tensorboard", "--dir", str(tmp_path / "board"))
    assert ran.code == 0
    assert f"27 trials sent to {tmp_path / 'board'}" in ran.out
    assert (len(sent), sent[0], sent[-1]) == (29, "demo", "close")


def test_runs_list_and_prune(sched, demo: Path) -> None:
    out = sched("runs", "list").out
    assert out.splitlines()[2].split()[0] == "demo"
    assert sched("runs", "list", "--runs-dir", "elsewhere").out == "no runs in elsewhere\n"
    assert sched("runs", "list", "--json").json()["data"]["runs"][0]["done"] == 27
    assert "0 of 1 runs removed" in sched("runs", "prune", "--keep", "1").out
    assert "0 of 1 runs would be removed" in sched("runs", "prune", "--older-than", "7d", "--dry-run").out
    ran = sched("runs", "prune", "--keep", "0", "--dry-run")
    assert "1 of 1 runs would be removed" in ran.out
    assert demo.is_dir()
    assert "1 of 1 runs removed" in sched("runs", "prune", "--keep", "0").out
    assert not demo.exists()


def test_locked_runs_are_not_pruned(sched, demo: Path) -> None:
    from schedcore.experiments.store import Store

    with Store.open(demo):
        assert "running" in sched("runs", "list").out
        ran = sched("runs", "prune", "--keep", "0")
    assert "warning: demo stays: a driver works on it" in ran.err
    assert demo.is_dir()


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (("prune",), "nothing says which runs may go"),
        (("list", "--keep", "3"), "belong to prune"),
        (("prune", "--older-than", "soon"), "'soon' is no length of time"),
        (("remove",), "remove"),
    ],
)
def test_runs_says_what_is_wrong(sched, demo: Path, words: tuple[str, ...], what: str) -> None:
    ran = sched("runs", *words)
    assert ran.code == 2
    assert what in ran.err


def test_damaged_runs_are_listed(sched, demo: Path) -> None:
    (demo / "results.sqlite").write_bytes(b"x" * 5000)
    ran = sched("runs", "list")
    assert "damaged" in ran.out
    assert "warning: demo: " in ran.err


def test_names_of_runs_complete(demo: Path) -> None:
    from schedcore.cli.runs import Age, RunName

    assert [item.value for item in RunName().shell_complete(None, None, "de")] == ["demo"]  # type: ignore[arg-type]
    assert Age().convert(5.0, None, None) == 5.0
