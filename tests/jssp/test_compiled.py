"""The cache of compiled functions that contain those of other files."""

from __future__ import annotations

import types

from jssp._compiled import compiled_with


def test_the_stamp_follows_the_other_files(tmp_path) -> None:
    file = tmp_path / "other.py"
    other = types.ModuleType("other")
    other.__file__ = str(file)

    def stamp() -> object:
        def double(x):
            return 2 * x

        made = compiled_with(other)(double)
        assert made(3) == 6
        return made._cache._cache_file._source_stamp

    file.write_text("A = 1\n")
    first = stamp()
    assert stamp() == first
    file.write_text("A = 2\n")
    assert stamp() != first
