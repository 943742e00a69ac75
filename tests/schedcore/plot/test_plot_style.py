from __future__ import annotations

import pytest
from support.plot_cases import job_shop

from schedcore.plot import gantt_by_resource
from schedcore.plot.style import length_text, plural, shorten, styled, text_width


def test_text_is_measured_in_inches() -> None:
    assert text_width("mm", 10) == pytest.approx(2 * text_width("m", 10))
    assert text_width("m", 20) == pytest.approx(2 * text_width("m", 10))
    assert text_width("m", 10, bold=True) > text_width("m", 10) > text_width("i", 10) > text_width("", 10) == 0


def test_long_text_is_cut_in_its_middle() -> None:
    assert shorten("short", 2.0, 9) == "short"
    cut = shorten("the name of a task that nobody would want to read in full", 1.5, 9)
    assert cut.startswith("the name")
    assert cut.endswith("full")
    assert "…" in cut
    assert text_width(cut, 9) <= 1.5
    assert shorten("two\nlines", 2.0, 9) == "two lines"


def test_words_for_counts_and_lengths() -> None:
    assert [plural(n, "task") for n in (0, 1, 12345)] == ["0 tasks", "1 task", "12,345 tasks"]
    assert length_text(55, "tick") == "55 ticks"
    assert length_text(1, "slot") == "1 slot"
    assert length_text(8, "slot") == "8 slots"
    assert length_text(12, "ms") == "12 ms"
    assert length_text(3, "15 min") == "3 × 15 min"


def test_settings_of_the_user_neither_change_nor_matter() -> None:
    import matplotlib

    from schedcore.plot import to_svg

    problem, schedule = job_shop()
    plain = to_svg(gantt_by_resource(problem, schedule))
    with matplotlib.rc_context({"font.size": 25, "axes.grid": True, "lines.linewidth": 9, "svg.fonttype": "path"}):
        before = dict(matplotlib.rcParams)
        assert to_svg(gantt_by_resource(problem, schedule)) == plain
        assert dict(matplotlib.rcParams) == before


def test_style_is_taken_back_after_an_error() -> None:
    import matplotlib

    before = dict(matplotlib.rcParams)
    with pytest.raises(RuntimeError, match="stop"), styled():
        raise RuntimeError("stop")
    assert dict(matplotlib.rcParams) == before
