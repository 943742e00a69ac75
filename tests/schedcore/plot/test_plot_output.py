from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from support.command import environment
from support.plot_cases import everything, job_shop

from schedcore.errors import InputError
from schedcore.model import Schedule
from schedcore.plot import (
    KINDS,
    distribution,
    gantt_by_resource,
    inline_svg,
    interactive_gantt,
    plot_schedule,
    save,
    to_trace_events,
)

BEGINS = {".png": b"\x89PNG", ".svg": b"<?xml", ".html": b"<!DOCTYPE html>", ".json": b'{"displayTimeUnit"'}


@pytest.mark.parametrize("suffix", BEGINS)
@pytest.mark.parametrize("kind", KINDS)
def test_suffix_chooses_the_format(tmp_path: Path, kind: str, suffix: str) -> None:
    problem, schedule = everything()
    path = tmp_path / f"plot{suffix}"
    if suffix == ".json" and kind != "gantt":
        with pytest.raises(InputError, match=f"a trace file has no kind '{kind}'"):
            plot_schedule(problem, schedule, path, kind)
        assert list(tmp_path.iterdir()) == []
        return
    assert plot_schedule(problem, schedule, path, kind) == path
    assert path.read_bytes().startswith(BEGINS[suffix])
    assert [p.name for p in tmp_path.iterdir()] == [path.name]
    if suffix == ".json":
        json.loads(path.read_text())


def test_upper_case_suffixes_are_fine(tmp_path: Path) -> None:
    problem, schedule = job_shop()
    assert plot_schedule(problem, schedule, tmp_path / "A.SVG").read_bytes().startswith(b"<?xml")


@pytest.mark.parametrize("suffix", BEGINS)
def test_empty_schedules_are_written_too(tmp_path: Path, suffix: str) -> None:
    problem, _ = job_shop()
    path = plot_schedule(problem, Schedule(), tmp_path / f"plot{suffix}")
    assert path.read_bytes().startswith(BEGINS[suffix])
    if suffix in (".svg", ".html"):
        assert "The schedule is empty" in path.read_text()


def test_equal_input_gives_equal_bytes_in_fresh_processes(tmp_path: Path) -> None:
    code = (
        "import sys; from support.plot_cases import everything; from schedcore.plot import plot_schedule\n"
        "for s in ('png', 'svg', 'html', 'json'): plot_schedule(*everything(), f'{sys.argv[1]}.{s}')"
    )
    env = environment()
    env["PYTHONPATH"] = f"{env.get('PYTHONPATH', '')}:{Path(__file__).parents[2]}"
    for name, seed in (("a", "1"), ("b", "2")):
        command = [sys.executable, "-c", code, str(tmp_path / name)]
        subprocess.run(command, check=True, env=env | {"PYTHONHASHSEED": seed}, timeout=60)
    for suffix in BEGINS:
        assert (tmp_path / f"a{suffix}").read_bytes() == (tmp_path / f"b{suffix}").read_bytes()


def test_bad_requests_are_refused_before_anything_is_written(tmp_path: Path) -> None:
    problem, schedule = job_shop()
    with pytest.raises(InputError, match=r"a plot cannot be written as \.pdf \(use \.png, \.svg, \.html, \.json\)"):
        plot_schedule(problem, schedule, tmp_path / "plot.pdf")
    with pytest.raises(InputError, match="a plot cannot be written as a file without suffix"):
        plot_schedule(problem, schedule, tmp_path / "plot")
    with pytest.raises(InputError, match="kind: unknown kind of plot 'gant' \\(did you mean 'gantt'"):
        plot_schedule(problem, schedule, tmp_path / "plot.png", "gant")
    with pytest.raises(InputError, match="does not exist"):
        plot_schedule(problem, schedule, tmp_path / "none" / "plot.png")
    with pytest.raises(InputError, match="is a folder"):
        plot_schedule(problem, schedule, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_things_are_saved_only_in_their_formats(tmp_path: Path) -> None:
    problem, schedule = job_shop()
    figure = gantt_by_resource(problem, schedule)
    cases: list[tuple[Any, str, str]] = [
        (figure, ".json", "a figure cannot be written as .json"),
        (interactive_gantt(problem, schedule), ".png", "an interactive chart cannot be written as .png"),
        (to_trace_events(problem, schedule), ".svg", "a trace cannot be written as .svg"),
    ]
    for plot, suffix, message in cases:
        with pytest.raises(InputError, match=message):
            save(plot, tmp_path / f"x{suffix}")
    assert list(tmp_path.iterdir()) == []


def test_a_failed_write_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    problem, schedule = job_shop()
    path = tmp_path / "plot.png"
    path.write_bytes(b"old")
    figure = gantt_by_resource(problem, schedule)

    def fail(*_: object, **__: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(figure, "savefig", fail)
    with pytest.raises(OSError, match="disk full"):
        save(figure, path)
    assert path.read_bytes() == b"old"


def test_figures_become_pages_with_their_title(tmp_path: Path) -> None:
    page = save(distribution({"plan": [1.0, 2.0]}, title="A & B"), tmp_path / "d.html").read_text()
    assert "<title>A &amp; B</title>" in page
    assert page.count("<svg") == 1
    assert "http://www.w3.org/2000/svg" in page


def test_inline_figures_do_not_share_ids() -> None:
    problem, schedule = job_shop()
    figure = gantt_by_resource(problem, schedule)
    svg = inline_svg(figure, prefix="f1-")
    assert svg.startswith("<svg")
    assert 'id="f1-bars"' in svg
    assert 'id="bars"' not in svg
    assert "url(#f1-p" in svg
    assert "url(#p" not in svg
