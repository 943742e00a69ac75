import csv
from pathlib import Path

import pytest

from jssp import bounds, gap, standard_instance, standard_names
from jssp.bounds import (
    ENGINES,
    bounded_names,
    engine_bounds,
    engine_source,
    find_bounds,
    rule_reference,
    rule_reference_source,
)
from schedcore.errors import InputError, UnknownNameError


def test_182_of_the_242_job_shops_are_closed() -> None:
    assert sum(bounds(name).closed for name in standard_names()) == 182
    open_names = [name for name in standard_names() if not bounds(name).closed]
    assert {f: sum(n.startswith(f) for n in open_names) for f in ("ta", "dmu", "swv")} == {
        "ta": 12,
        "dmu": 45,
        "swv": 3,
    }


def test_bounds_state_their_source_and_date() -> None:
    for name in ("ft06", "mk01"):
        assert "ScheduleOpt benchmarks at 79f0edc, 19 Aug 2026" in bounds(name).source
    assert "PSPLIB j30" in bounds("j30_1_1").source
    assert "CP-SAT 9.15.6755" in engine_source()
    assert "independent implementation" in rule_reference_source()


def test_known_optima() -> None:
    assert (bounds("ft06").upper, bounds("FT10").upper, bounds("abz8").upper) == (55, 930, 667)
    assert bounds("mk01").lower == bounds("MK01").upper == 40
    assert bounds("j30_1_1").upper == 43
    assert len(bounded_names()) == 242 + 15 + 48


def test_our_trivial_bound_never_exceeds_the_table() -> None:
    assert all(standard_instance(name).lower_bound() <= bounds(name).lower for name in standard_names())


def test_gap_is_in_per_cent_of_the_upper_bound() -> None:
    assert gap(55, "ft06") == 0
    assert gap(66, "ft06") == pytest.approx(20.0)
    with pytest.raises(InputError, match="give a makespan > 0"):
        gap(0, "ft06")


def test_unknown_instances_are_refused() -> None:
    assert find_bounds("mk99") is None
    with pytest.raises(UnknownNameError, match="mk09"):
        bounds("mk99")
    with pytest.raises(UnknownNameError, match="did you mean 'cpsat'"):
        engine_bounds("ft06", "cpsta")
    with pytest.raises(UnknownNameError, match="unknown rule 'sptt'"):
        rule_reference("ft06", "sptt")


def test_tables_are_consistent() -> None:
    for name in standard_names():
        known = bounds(name)
        assert 0 < known.lower <= known.upper
        for engine in ENGINES:
            lower, upper = engine_bounds(name, engine)
            assert lower is None or lower <= known.upper
            assert upper is None or upper >= known.lower


def test_tables_equal_the_reference_files(shared_data: Path) -> None:
    def rows(path: str) -> list[dict[str, str]]:
        with (shared_data / path).open() as file:
            return list(csv.DictReader(file))

    for path in ("jssp/best_known.csv", "fjsp/best_known.csv"):
        for row in rows(path):
            known = bounds(row["instance"])
            assert (known.lower, known.upper) == (int(row["lower_bound"]), int(row["upper_bound"]))
    for row in rows("rcpsp/optimal.csv"):
        assert bounds(row["instance"]).upper == int(row["optimal_makespan"])
    for row in rows("jssp/engine_600s.csv"):
        assert engine_bounds(row["instance"], "cpsat")[1] == int(row["cpsat_9_15_ub"])
        assert engine_bounds(row["instance"], "optalcp")[0] == int(row["optalcp_2026_4_lb"])
