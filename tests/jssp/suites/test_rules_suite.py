import pytest

from jssp.domain import domain
from jssp.rules import RULES
from schedcore.bench import SuiteOptions
from schedcore.errors import UnknownNameError


def test_every_row_is_within_its_tolerance_of_zero() -> None:
    seen = []
    options = SuiteOptions(progress=lambda done, total, label: seen.append((done, total, label)))
    rows = list(domain.suites["rules"].run(options))
    assert len(rows) == 242 * 5 + 1
    assert all(row.within for row in rows)
    assert all(row.tolerance == 0 and row.source for row in rows)
    golden = [row for row in rows if row.note == "golden table"]
    assert len(golden) == 100
    assert rows[:100] == golden
    assert {row.id: row.ours for row in golden}["ta01/spt"] == 1462
    assert rows[100].quantity == "violations"
    assert {row.id.split("/")[1] for row in rows[101:]} == set(RULES)
    assert seen[-1][:2] == (242, 242)


def test_it_takes_no_words() -> None:
    with pytest.raises(UnknownNameError, match="suite rules: unknown key 'per_class'"):
        list(domain.suites["rules"].run(SuiteOptions(overrides={"per_class": "2"})))
