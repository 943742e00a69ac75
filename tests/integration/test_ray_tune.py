"""A search on a real Ray, interrupted and continued."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.command import run_process

from schedcore.experiments.store import Store

pytestmark = [pytest.mark.ray, pytest.mark.slow, pytest.mark.timeout(400)]

WORDS = (
    "tune",
    "jssp",
    "solver=sgs",
    "solver.parameters.parameters.noise=interval(0.1,1)",
    "solver.parameters.parameters.max_passes=1,50",
    "instance=ft06,la01",
    "seed=range(0,3)",
    "time_limit_s=0.2",
    "--samples",
    "3",
    "--slots",
    "2",
)


def test_a_search_is_stored_like_a_sweep_and_goes_on(tmp_path: Path) -> None:
    pytest.importorskip("optuna", reason="needs the extra tune")
    out = tmp_path / "run"
    answer = run_process(*WORDS, "--out", str(out), "--json", timeout=200)
    assert answer.code == 0, answer.err
    data = answer.json()["data"]
    assert data["objective"] == "gap"
    assert len(data["candidates"]) == 4
    assert {row["candidate"] for row in data["candidates"]} == {"defaults", "#1", "#2", "#3"}
    best = data["best"]
    assert best["evaluated"] == best["of"] == 6
    complete = [row["gap"] for row in data["candidates"] if row["evaluated"] == 6]
    assert best["gap"] == min(complete)
    with Store.read(out) as store:
        trials, records = store.trials(), store.records()
        asked = store.manifest.asked
    assert len(trials) == len(records) == sum(row["evaluated"] for row in data["candidates"])
    assert [item["ended"] for item in asked["candidates"]] == [True] * 4
    # The mean gap is that of the stored records.
    names = {f"sgs {row['candidate']}": row for row in data["candidates"]}
    for name, row in names.items():
        mine = [records[trial.key] for trial in trials if trial.method == name]
        gaps = [(record.value - record.upper) / record.upper for record in mine]
        assert row["gap"] == pytest.approx(sum(gaps) / len(gaps))
    # As if it had been killed while a candidate ran: that one is finished first, and the search is extended.
    manifest = json.loads((out / "sweep.json").read_text(encoding="utf-8"))
    manifest["asked"]["candidates"][-1]["ended"] = False
    (out / "sweep.json").write_text(json.dumps(manifest), encoding="utf-8")
    answer = run_process("tune", "--resume", str(out), "--samples", "4", "--json", timeout=200)
    assert answer.code == 0, answer.err
    again = {row["candidate"]: row for row in answer.json()["data"]["candidates"]}
    assert set(again) == {"defaults", "#1", "#2", "#3", "#4"}
    for row in data["candidates"]:
        assert again[row["candidate"]]["values"] == row["values"]
    with Store.read(out) as store:
        assert {key: record.started for key, record in records.items()}.items() <= {
            key: record.started for key, record in store.records().items()
        }.items(), "nothing is run twice"
