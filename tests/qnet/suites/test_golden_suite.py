"""The suites ``golden`` and the region part of ``physical``: every row with a reference holds, refusals."""

import sys
from pathlib import Path

import pytest

from qnet.suites.golden import MAPPINGS, PROTOCOLS, SLOT_SIZES, find_golden, golden_rows
from qnet.suites.physical import rows as physical_rows
from qnet.suites.region import decoherence_rows, seed_terms_rows
from schedcore.bench import SuiteOptions
from schedcore.errors import InputError

sys.path.insert(0, str(Path(__file__).parents[1] / "protocol"))
from golden_data import FOLDER, needs_data


@needs_data
def test_every_row_holds(tmp_path: Path) -> None:
    # The first rows of each file: the tests of the compiler go through all of them.
    for name, lines in ((PROTOCOLS, 21), (SLOT_SIZES, 17)):
        text = (FOLDER / name).read_text(encoding="utf-8").splitlines(keepends=True)
        (tmp_path / name).write_text("".join(text[:lines]), encoding="utf-8")
    (tmp_path / MAPPINGS).write_text((FOLDER / MAPPINGS).read_text(encoding="utf-8"), encoding="utf-8")
    rows = list(golden_rows(SuiteOptions(data_dirs=(tmp_path,), time_limit_s=5)))
    # Times depend on the machine; everything else is exact.
    wrong = [row for row in rows if row.within is False and row.quantity != "compile time"]
    assert not wrong
    assert sum(row.quantity == "latency" for row in rows) == 35
    assert sum(row.quantity == "exact latency" for row in rows) == 4


@needs_data
def test_the_before_picture_and_the_seeds_terms() -> None:
    options = SuiteOptions(data_dirs=(FOLDER,))
    before = list(decoherence_rows(options))
    assert sum(bool(row.within) for row in before) >= 24
    assert all(row.within for row in seed_terms_rows(options))


def test_refusals(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match="unknown key 'fast'"):
        list(golden_rows(SuiteOptions(overrides={"fast": "1"})))
    with pytest.raises(InputError, match="exact=maybe"):
        list(golden_rows(SuiteOptions(overrides={"exact": "maybe"})))
    monkeypatch.setattr("qnet.suites.golden.__file__", str(tmp_path / "a.py"))
    monkeypatch.delenv("SCHED_SHARED_DATA", raising=False)
    with pytest.raises(InputError, match="is not here"):
        find_golden((tmp_path,))


def test_parts_of_the_physical_suite() -> None:
    with pytest.raises(InputError, match="unknown key 'x'"):
        list(physical_rows(SuiteOptions(overrides={"x": "1"})))
    with pytest.raises(InputError, match="part"):
        list(physical_rows(SuiteOptions(overrides={"parts": "regoin"})))
