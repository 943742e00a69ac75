"""The line that says why the first solve takes longer."""

from __future__ import annotations

from schedcore.cli.kernels import about_to_compile


def test_an_empty_cache_is_told(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    assert about_to_compile("sgs")
    assert about_to_compile("tabu")
    assert not about_to_compile("exhaustive")
    folder = tmp_path / "sgs_0123"
    folder.mkdir()
    (folder / "serial.serial-1.py311.nbi").touch()
    assert not about_to_compile("sgs")
    assert about_to_compile("tabu")


def test_a_solve_says_so_on_stderr(sched, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("schedcore.cli.kernels.about_to_compile", lambda name: True)
    ran = sched("solve", "jssp", "ft06", "--solver", "nondelay-spt")
    assert "compiling kernels (once" in ran.err
    assert "compiling" not in ran.out
    assert "compiling" not in sched("solve", "jssp", "ft06", "--solver", "nondelay-spt", "--quiet").err
