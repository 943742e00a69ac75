"""Suites: rows come with sources, keys are checked, and statistics hold in the small."""

from __future__ import annotations

import pytest

from qnet.domain import domain
from qnet.suites import packets, paper
from schedcore.bench import SuiteOptions
from schedcore.errors import InputError, UnknownNameError


def test_star_gains_nothing_from_qubits_as_resources() -> None:
    found = {
        row.id: row
        for row in paper.rows(SuiteOptions(overrides={"only": "ratios", "workloads": "6"}))
        if row.id.startswith("star")
    }
    assert len(found) == 8
    assert all(row.within for row in found.values())


def test_ours_never_accepts_less() -> None:
    rows = list(paper.rows(SuiteOptions(overrides={"only": "admission", "workloads": "4"})))
    assert all(row.within for row in rows)
    assert any("ours" in row.quantity for row in rows)


def test_formulas_of_packets_are_exact() -> None:
    rows = list(packets._formulas())
    assert len(rows) == 45 + 10 + 16
    assert all(row.within for row in rows)


@pytest.mark.parametrize(
    ("name", "overrides", "match"),
    [
        ("paper", {"sets": "3"}, "unknown key"),
        ("paper", {"only": "best"}, "unknown part"),
        ("paper", {"workloads": "1"}, "give two or more"),
        ("packets", {"sets": "3"}, "unknown key"),
        ("packets", {"seeds": "0"}, "give one or more"),
    ],
)
def test_unknown_keys_are_refused(name: str, overrides, match: str) -> None:
    with pytest.raises((InputError, UnknownNameError), match=match):
        list(domain.suites[name].run(SuiteOptions(overrides=overrides)))


def test_four_suites_are_there() -> None:
    assert {"golden", "paper", "packets", "physical"} <= set(domain.suites)
