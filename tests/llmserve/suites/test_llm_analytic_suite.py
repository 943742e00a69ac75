"""The suites of the planner."""

from __future__ import annotations

import pytest

from llmserve.suites import analytic, h200, search
from schedcore.bench import SuiteOptions
from schedcore.errors import UnknownNameError


def test_all_figures_of_the_cost_model_agree() -> None:
    rows = list(analytic.rows(SuiteOptions()))
    assert [row for row in rows if row.within is False] == []
    counts = {key: sum(row.id == key for row in rows) for key in ("A5", "A6")}
    assert counts == {"A5": 78, "A6": 30}
    assert {row.id for row in rows} == {f"A{k}" for k in range(1, 12)}


def test_bounds_of_the_h200_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(h200, "EFFORT", h200.Effort(20, 1, 20, 0.1))
    rows = list(h200.rows(SuiteOptions()))
    assert [row for row in rows if row.within is False] == []
    sequential = {row.id: row.ours for row in rows if row.quantity == "sequential, predicted"}
    # Section 14 of the notes on the paper: 31.6 k and 25.3 k tokens/s.
    assert sequential["1024-512"] == pytest.approx(31_600, rel=0.01)
    assert sequential["512-1024"] == pytest.approx(25_300, rel=0.01)


def test_the_closed_form_is_the_published_throughput() -> None:
    deployment_rows = [
        search._closed_form(table, 0.2, network, "", lambda s: 2048 / (80 * s + 0.0192) / 8)
        for table, network in ((search.PAPER, 0.1), (search.REPOSITORY, 0.2))
    ]
    assert deployment_rows[0].ours == pytest.approx(1277, abs=1)
    assert deployment_rows[1].ours == pytest.approx(1316, abs=1)


@pytest.mark.parametrize("suite", [analytic, h200, search])
def test_unknown_words_are_refused(suite) -> None:
    with pytest.raises(UnknownNameError, match="unknown override 'x'"):
        list(suite.rows(SuiteOptions(overrides={"x": "1"})))
