from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from support.plot_cases import big_job_shop, job_shop

from schedcore.errors import InputError
from schedcore.plot import Cell, ReportPage, comparison_bars, gantt_by_resource, interactive_gantt


class Balanced(HTMLParser):
    """Checks that tags nest, and that no id occurs twice."""

    VOID = frozenset(("meta", "input", "br", "img", "path", "use", "image", "rect", "g"))

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.ids += [value or "" for name, value in attrs if name == "id"]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.ids += [value or "" for name, value in attrs if name == "id"]

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            assert self.open.pop() == tag


def cells(page: ReportPage) -> list[str]:
    return [re.sub("<.*?>", "", c) for c in re.findall(r"<td[^>]*>.*?</td>", page.html)]


def test_a_page_has_its_parts_in_order_and_needs_no_network(tmp_path: Path) -> None:
    problem, schedule = job_shop()
    page = (
        ReportPage("Title & more", subtitle="sub", footer="small print")
        .facts({"instances": 20, "gap": 0.0132})
        .section("One")
        .text("first\n\nsecond **bold** `co*de` [link](a.html)")
        .table(["a", "b"], [["x", 1]])
        .section("Two")
        .subsection("Inside")
        .figure(gantt_by_resource(problem, schedule), "a `caption`")
        .figure(gantt_by_resource(problem, schedule))
        .figure(interactive_gantt(problem, schedule), "hover", height_px=300)
        .section("Three")
        .note("done", "good")
        .items(["one", "two"])
        .code("sched run <x>")
    )
    text = page.save(tmp_path / "report.html").read_text(encoding="utf-8")
    assert text == page.html
    parser = Balanced()
    parser.feed(text)
    assert parser.open == []
    assert len(parser.ids) == len(set(parser.ids))
    assert not re.findall(r'(?:src|href)="https?:', text)
    assert "@import" not in text
    places = [
        text.index(x) for x in ("Title &amp; more", "<nav>", ">20<", ">One</h2>", "<td>x", ">Inside<", "f1-", "done")
    ]
    assert places == sorted(places)
    assert '<strong>bold</strong> <code>co*de</code> <a href="a.html">link</a>' in text
    assert "sched run &lt;x&gt;" in text
    assert text.count("<svg role") == 2
    assert 'height:300px" srcdoc="&lt;!DOCTYPE html&gt;' in text
    assert "<figcaption>a <code>caption</code></figcaption>" in text
    assert "small print" in text


def test_links_to_sections_come_with_the_third_one() -> None:
    page = ReportPage("t").section("A b").section("A b")
    assert "<nav>" not in page.html
    page.section("A b")
    assert re.findall(r'<a href="#([^"]+)"', page.html) == ["a-b", "a-b-2", "a-b-3"]


def test_numbers_are_formatted_and_aligned() -> None:
    page = ReportPage("t").table(
        ["name", "int", "float", "share", "mixed"],
        [
            ["a", 1234567, 3.14159, 0.0123, "x"],
            ["b", np.int64(2), np.float64(1e-7), None, 5],
            ["c", None, float("nan"), float("inf"), True],
        ],
        formats={"share": ".1%"},
        total=["all", 7, None, 0.5, None],
    )
    assert cells(page) == [
        *("a", "1,234,567", "3.142", "1.2%", "x"),
        *("b", "2", "1e-07", "–", "5"),
        *("c", "–", "–", "∞", "True"),
        *("all", "7", "–", "50.0%", "–"),
    ]
    assert page.html.count('<th class="number"') == 3
    assert '<tr class="total">' in page.html
    assert 'data-value="0.0123"' in page.html


def test_cells_carry_tone_title_and_link() -> None:
    page = ReportPage("t").table(["v"], [[Cell(55, "best", title='say "why"', link="ft06.html")]], sortable=False)
    assert (
        '<td class="best number" data-value="55.0" title="say &quot;why&quot;"><a href="ft06.html">55</a></td>'
        in page.html
    )
    assert "<script>" not in page.html


def test_nothing_breaks_out_of_the_page() -> None:
    bad = '<script>alert(1)</script>"'
    page = (
        ReportPage(bad, subtitle=bad, footer=bad)
        .section(bad)
        .text(f"{bad} [x](javascript:alert(1)) `{bad}`")
        .facts({bad: bad})
        .table([bad], [[Cell(bad, title=bad, link="javascript:alert(2)")]], caption=bad, sortable=False)
        .items([bad])
        .figure(comparison_bars({"g": {"m": 1.0}}), bad)
    )
    assert "<script>" not in page.html
    assert "javascript:" not in page.html


def test_large_drawings_become_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("schedcore.plot.report_page.MAX_SVG_BYTES", 10_000)
    page = ReportPage("t").figure(gantt_by_resource(*big_job_shop(5, 5)), "many")
    assert '<img alt="many" src="data:image/png;base64,' in page.html
    assert "<svg" not in page.html


def test_equal_parts_give_equal_bytes() -> None:
    pages = [ReportPage("t").figure(gantt_by_resource(*job_shop())).table(["a"], [[1]]).html for _ in range(2)]
    assert pages[0] == pages[1]


def test_wrong_use_is_told(tmp_path: Path) -> None:
    page = ReportPage("t")
    with pytest.raises(InputError, match="row 1 has 1 values, the table has 2 columns"):
        page.table(["a", "b"], [[1, 2], [3]])
    with pytest.raises(InputError, match="format for 'c' \\(columns: a\\)"):
        page.table(["a"], [[1]], formats={"c": ".2f"})
    with pytest.raises(InputError, match="format '.2q' for 1"):
        page.table(["a"], [[1]], formats={"a": ".2q"})
    with pytest.raises(InputError, match="unknown tone 'great' \\(use one of good, bad"):
        page.table(["a"], [[Cell(1, "great")]])  # type: ignore[arg-type]
    with pytest.raises(InputError, match="unknown tone 'loud'"):
        page.note("x", "loud")  # type: ignore[arg-type]
    with pytest.raises(InputError, match=r"a report page cannot be written as \.pdf \(use \.html\)"):
        page.save(tmp_path / "r.pdf")
    with pytest.raises(InputError, match="does not exist"):
        page.save(tmp_path / "no" / "r.html")
    assert list(tmp_path.iterdir()) == []


def test_folded_parts_terms_lead_and_drawings() -> None:
    page = ReportPage("t").lead("one `two`").terms({"a <b>": "c", "n": 12345, "none": None})
    with page.folded("Title <x>", "3 rows", is_open=True):
        page.text("inside")
    page.drawing("<svg></svg>", "a **caption**")
    text = page.html
    assert '<p class="lead">one <code>two</code></p>' in text
    assert "<dt>a &lt;b&gt;</dt><dd>c</dd><dt>n</dt><dd>12,345</dd><dt>none</dt><dd>–</dd>" in text
    assert "<details open><summary>Title &lt;x&gt; <small>3 rows</small></summary>\n<p>inside</p>\n</details>" in text
    assert '<div class="card own"><svg></svg></div><figcaption>a <strong>caption</strong></figcaption>' in text


def test_cells_have_a_second_line_and_a_key_to_sort_by() -> None:
    page = ReportPage("t").table(["a", "b"], [["x", Cell("3 of 4", note="<all>", sort=3)], ["y", Cell("none")]])
    assert '<td class="number" data-value="3.0">3 of 4<small>&lt;all&gt;</small></td>' in page.html
    assert '<td class="number" data-value="">none</td>' in page.html


def test_long_tables_scroll_in_their_frame() -> None:
    assert '<div class="table tall">' in ReportPage("t").table(["a"], [[k] for k in range(31)]).html
    assert '<div class="table">' in ReportPage("t").table(["a"], [[k] for k in range(30)]).html


def test_still_pictures_stand_beside_interactive_charts() -> None:
    problem, schedule = job_shop()
    page = ReportPage("t").figure(interactive_gantt(problem, schedule), still="<svg></svg>")
    assert '<div class="card still"><svg></svg></div>' in page.html
    assert "card still" not in ReportPage("t").figure(interactive_gantt(problem, schedule)).html.split("</style>", 1)[1]


def test_many_sections_share_links() -> None:
    """A report of several domains would begin with a screen of links."""
    page = ReportPage("All")
    for name in ("Methods", "Instances", "Metrics", "Profile", "Curves"):
        for domain in ("a", "b b"):
            page.section(f"{domain}: {name}")
    page.section("What ran")
    assert page.html.count('<a href="#') == 11
    page.section("How to read this")
    page.section("How to reproduce")
    links = page.html.partition("<nav>")[2].partition("</nav>")[0]
    assert links == (
        '<a href="#a-methods">a</a><a href="#b-b-methods">b b</a><a href="#what-ran">What ran</a>'
        '<a href="#how-to-read-this">How to read this</a><a href="#how-to-reproduce">How to reproduce</a>'
    )
