"""The suites with few days: rows, taking up again, statistics by hand, and refusals."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from schedcore.bench import BenchRow, SuiteOptions
from schedcore.errors import FormatError, InputError, UnknownNameError
from uam.generate import generate
from uam.suites.methods import KNOWN, method
from uam.suites.records import Records
from uam.suites.registry import SUITES
from uam.suites.statistics import paired, spread
from uam.suites.worst_case import hardest_seeds

FEW = {"methods": "greedy-rate,prices", "bound": "dual-coarse", "map": "random-4-1"}


def rows(suite: str, **words: str) -> list[BenchRow]:
    return list(SUITES[suite].run(SuiteOptions(overrides={**FEW, **words})))


def test_headline_can_be_taken_up_again(tmp_path: Path) -> None:
    store = tmp_path / "days.jsonl"
    first = rows("headline", scenarios="2", scales="1", store=str(store))
    assert len(store.read_text().splitlines()) == 4
    again = rows("headline", scenarios="2", scales="1", store=str(store))
    assert [(row.id, row.quantity, row.ours) for row in again] == [(row.id, row.quantity, row.ours) for row in first]
    assert len(store.read_text().splitlines()) == 4
    found = {(row.id, row.quantity): row for row in first}
    assert found["scale 1/all", "days above the bound"].ours == 0
    assert found["scale 1/prices - greedy-rate", "paired difference"].ours > 0
    share = found["scale 1/prices", "share of the bound"]
    assert 0.5 < share.ours < 1
    assert share.reference == 0.74
    store.write_text("nonsense\n")
    with pytest.raises(FormatError, match=r"days.jsonl:1.*not a record"):
        rows("headline", store=str(store))


def test_slow_methods_run_on_fewer_days() -> None:
    assert KNOWN["genetic"].slow
    assert not method("some.module:Policy").slow
    got = rows("headline", scenarios="3", slow_scenarios="1", methods="greedy,rolling-milp", scales="1", bound="none")
    notes = {row.id: row.note for row in got if row.quantity == "mean profit"}
    assert notes["scale 1/greedy"].startswith("3 days")
    assert notes["scale 1/rolling-milp"].startswith("1 days")


def test_information_tells_the_value_of_seeing() -> None:
    got = {(row.id, row.quantity): row.ours for row in rows("information", scenarios="3", methods="greedy-rate")}
    seen, blind = (got["scale 1/greedy-rate", f"mean profit, {q}"] for q in ("passengers in sight", "forecast only"))
    assert seen > blind
    assert got["scale 1/greedy-rate", "value of seeing them"] == pytest.approx(seen - blind)


def test_worst_case_has_hard_days_and_stress() -> None:
    got = rows("worst-case", scenarios="2", pool="20", methods="greedy-rate", bound="none")
    means = {row.id: row.ours for row in got if row.quantity == "mean profit"}
    assert set(means) == {"hardest, scale 1/greedy-rate", "stress, scale 1/greedy-rate"}
    assert means["stress, scale 1/greedy-rate"] < means["hardest, scale 1/greedy-rate"]
    assert len(hardest_seeds("random-4-1", 1, 20)) == 2


@pytest.mark.parametrize(
    ("words", "error", "text"),
    [
        ({"scenario": "3"}, UnknownNameError, "scenario"),
        ({"scenarios": "101"}, InputError, "scenarios is '101'"),
        ({"scales": "0"}, InputError, "scales is '0'"),
        ({"scales": "x"}, InputError, "scales is 'x'"),
        ({"bound": "exact"}, UnknownNameError, "exact"),
        ({"methods": "greedy,greedy"}, InputError, "names one twice"),
        ({"methods": "gredy"}, UnknownNameError, "gredy"),
    ],
)
def test_words_that_make_no_sense_are_refused(words: dict[str, str], error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        rows("headline", **words)


def test_a_pool_must_hold_a_decile() -> None:
    with pytest.raises(InputError, match="pool is '9'"):
        rows("worst-case", pool="9")


def test_spread_by_hand() -> None:
    s = spread([4.0, 1.0, 3.0, 2.0])
    assert (s.days, s.mean, s.minimum, s.cvar10) == (4, 2.5, 1.0, 1.0)
    assert s.sd == pytest.approx(np.sqrt(5 / 3))
    with pytest.raises(InputError, match="no day"):
        spread([])


def test_paired_by_hand() -> None:
    result = paired([3.0, 5.0, 4.0, 8.0], [1.0, 4.0, 4.5, 5.0])
    assert result.mean == pytest.approx(5.5 / 4)
    assert result.better == 3
    assert 0 < result.t_p < 0.2
    assert paired([1.0, 2.0, 3.0], [1.0, 2.0, 3.0]).t_p == 1.0
    with pytest.raises(InputError, match="2 days beside 1"):
        paired([1.0, 2.0], [1.0])


def test_seeing_or_not_are_different_records() -> None:
    scenario = generate("six:aircraft=5:0")
    records = Records()
    seen = records.get(scenario, method("greedy"))
    blind = records.get(scenario, method("greedy"), sees_remaining=False)
    assert records.played == 2
    assert records.get(scenario, method("greedy")) is seen
    assert blind.sees_remaining is False
