"""The page over ten seeds is made of a run, not by hand."""

from __future__ import annotations

import dataclasses
import importlib.util
from pathlib import Path
from types import ModuleType

import pytest
from support.made_runs import a_trial, each, table_run

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("results_page", ROOT / "scripts" / "results_page.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def small_run(**more):
    values = {
        "lns": {"ft10": [930, 937, 930], "la29": [1152, 1160, 1156]},
        "tabu": {"ft10": [951, 962, 944], "la29": [1170, 1171, 1178]},
    }
    run = table_run(values, {"ft10": 930, "la29": 1152}, **more)
    trials = tuple(dataclasses.replace(trial, deterministic_limit=2.0) for trial in run.trials)
    run = dataclasses.replace(run, trials=trials)
    return each(run, lambda record: dataclasses.replace(record, load=3.0, cpu_s=1.5))


def test_methods_instances_and_what_was_not_reached(script: ModuleType) -> None:
    text = script.results_text(small_run())
    assert "12 runs: 2 methods, 2 instances, 3 seeds, one thread each" in text.replace("\n", " ")
    # (1.00250 * 1.00347)^(1/2): the mean over seeds of the logarithms first, then over instances.
    assert "| `lns` | 2 | 1.5 s | +0.30% |" in text
    assert "| ft10 | <= 930 | 932.333 (930–937) | 952.333 (944–962) |" in text
    assert "reached by some run" in text
    worse = each(small_run(), lambda r: dataclasses.replace(r, objective=tuple(v + 1 for v in r.objective)))
    assert "On 2 of 2 instances no run of any method reached the best known value: ft10 (931 against 930, 0.11 %" in (
        script.results_text(worse)
    )


def test_an_unfinished_run_makes_no_page(script: ModuleType) -> None:
    run = small_run()
    left = dataclasses.replace(run, trials=(*run.trials, a_trial("ft10", "lns", 9)))
    with pytest.raises(ValueError, match="1 of 13 trials have not finished"):
        script.results_text(left)


def test_only_what_stands_between_the_marks_is_replaced(script: ModuleType, tmp_path: Path) -> None:
    page = f"before\n{script.BEGIN}\nold\n{script.END}\nafter\n"
    new = script.replaced(page, "word " * 40)
    assert new.startswith("before\n")
    assert new.endswith("\nafter\n")
    assert "old" not in new
    assert max(map(len, new.splitlines())) <= 118
    with pytest.raises(ValueError, match="lacks the marks"):
        script.replaced("nothing", "x")


def test_the_page_of_the_documentation_is_filled(script: ModuleType) -> None:
    text = script.PAGE.read_text(encoding="utf-8")
    inside = text.partition(script.BEGIN)[2].partition(script.END)[0]
    assert "### What we do not beat" in inside
    assert "10 seeds" in inside.replace("\n", " ")
