"""The cache of compiled functions notices changes in any compiled file."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numba
import pytest

from schedcore.executor.sgs import compiled as module
from schedcore.executor.sgs import tables


def test_cached_functions_carry_the_stamp_of_all_files() -> None:
    from schedcore.executor.sgs.serial import serial_pass

    stamp = serial_pass._cache._cache_file._source_stamp
    assert stamp.endswith(module._stamp().encode()) if isinstance(stamp, bytes) else stamp[-1] == module._stamp()


def test_without_a_known_cache_functions_are_compiled_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    real = numba.njit

    def njit(*function: Any, **options: Any) -> Any:
        if options.get("cache"):
            return lambda f: SimpleNamespace(_cache=SimpleNamespace())
        return real(*function, **options)

    monkeypatch.setattr(numba, "njit", njit)

    def double(x: int) -> int:
        return 2 * x

    assert module.compiled(double)(4) == 8


def test_positions_in_packed_tables_follow_the_fields() -> None:
    for place, name in enumerate(tables.Tables._fields):
        assert getattr(tables, name.upper()) == place
    assert len(tables.Tables._fields) == tables.NUM_FIELDS
