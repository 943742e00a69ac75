"""``ReportPage``: one self-contained HTML page of text, tables and figures, for screen and paper.

>>> page = ReportPage("Two runs", subtitle="what they found")
>>> page = page.section("Results").table(["run", "makespan"], [["a", 55], ["b", 60]])
>>> "<td" in page.html
True
"""

from __future__ import annotations

import base64
import contextlib
import html
import math
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from schedcore.errors import InputError
from schedcore.io.atomic import atomic_write_text, check_writable
from schedcore.plot.interactive import InteractiveGantt, asset
from schedcore.plot.output import inline_svg, to_png

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Tone: TypeAlias = Literal["", "good", "bad", "warn", "muted", "best"]
_TONES = ("", "good", "bad", "warn", "muted", "best")
TALL_ROWS: int = 30
"""A table with more rows scrolls inside its frame."""
MAX_SVG_BYTES: int = 1_500_000
"""A figure whose drawing is larger than this is embedded as a picture."""
MOST_LINKS = 12
"""Sections that are linked one by one at the top of a page."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A table cell with more than its value.

    Parameters
    ----------
    value
        Text or number; ``None`` is shown as a dash.
    tone
        ``"best"`` is bold on green, the others colour the text.
    title
        Shown when the pointer rests on the cell.
    link
        Address, relative to the page.
    note
        A second, smaller line.
    sort
        What the column is sorted by, where the value is a text; the column is then one of numbers.
    """

    value: Any
    tone: Tone = ""
    title: str = ""
    link: str = ""
    note: str = ""
    sort: float | None = None


class ReportPage:
    """Collects the parts of a page, in order; every method returns the page, so that calls can be chained.

    Texts are plain, with four marks: ``**bold**``, ``` `code` ```, ``[words](address)``, and an empty line
    between paragraphs.  Everything is escaped.  The page needs no network and carries no date: equal
    parts give equal bytes.

    Parameters
    ----------
    title, subtitle
        Heading of the page.
    footer
        Small print at the end: versions, machine, command.
    """

    def __init__(self, title: str, *, subtitle: str = "", footer: str = "") -> None:
        self.title = title
        self.subtitle = subtitle
        self.footer = footer
        self._parts: list[str] = []
        self._sections: list[tuple[str, str]] = []
        self._figures = 0

    def section(self, title: str) -> ReportPage:
        """A heading; with three or more of them the page gets a list of links at its top.

        Where there are many, those that begin alike (``jssp: Methods``, ``jssp: Instances``) share one link.
        """
        base = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-") or "section"
        taken = {anchor for anchor, _ in self._sections}
        anchor = next(a for k in range(len(taken) + 1) if (a := base if k == 0 else f"{base}-{k + 1}") not in taken)
        self._sections.append((anchor, title))
        return self._add(f'<h2 id="{anchor}">{html.escape(title)}</h2>')

    def subsection(self, title: str) -> ReportPage:
        """A smaller heading."""
        return self._add(f"<h3>{html.escape(title)}</h3>")

    def text(self, text: str) -> ReportPage:
        """Paragraphs."""
        return self._add(_paragraphs(text))

    def lead(self, text: str) -> ReportPage:
        """A paragraph in larger type: what the page found."""
        return self._add(f'<p class="lead">{_inline(text)}</p>')

    def note(self, text: str, tone: Literal["info", "good", "warn", "bad"] = "info") -> ReportPage:
        """Paragraphs that stand out."""
        if tone not in ("info", "good", "warn", "bad"):
            raise InputError(f"unknown tone {tone!r}", where="note", remedy="use 'info', 'good', 'warn' or 'bad'")
        return self._add(f'<div class="note {tone}">{_paragraphs(text)}</div>')

    def items(self, texts: Iterable[str]) -> ReportPage:
        """A list with bullets."""
        return self._add("<ul>" + "".join(f"<li>{_inline(text)}</li>" for text in texts) + "</ul>")

    def code(self, text: str) -> ReportPage:
        """Lines in a fixed-width font, such as a command."""
        return self._add(f"<pre>{html.escape(text.strip())}</pre>")

    def facts(self, facts: Mapping[str, Any]) -> ReportPage:
        """Key figures side by side."""
        cells = "".join(
            f"<div><dt>{html.escape(name)}</dt><dd>{html.escape(_shown(value, None))}</dd></div>"
            for name, value in facts.items()
        )
        return self._add(f'<dl class="facts">{cells}</dl>')

    def terms(self, terms: Mapping[str, Any]) -> ReportPage:
        """Names with what they stand for, a line each."""
        lines = "".join(
            f"<dt>{html.escape(name)}</dt><dd>{_inline(_shown(value, None))}</dd>" for name, value in terms.items()
        )
        return self._add(f'<dl class="terms">{lines}</dl>')

    @contextlib.contextmanager
    def folded(self, title: str, hint: str = "", *, is_open: bool = False) -> Iterator[None]:
        """What is added inside the block is hidden until a click on ``title``; ``hint`` stands small beside it."""
        small = f" <small>{_inline(hint)}</small>" if hint else ""
        self._add(f"<details{' open' if is_open else ''}><summary>{_inline(title)}{small}</summary>")
        yield
        self._add("</details>")

    def drawing(self, markup: str, caption: str = "") -> ReportPage:
        """A chart that takes its colours from the page: ready HTML, which must have escaped its texts itself."""
        under = f"<figcaption>{_inline(caption)}</figcaption>" if caption else ""
        return self._add(f'<figure><div class="card own">{markup}</div>{under}</figure>')

    def table(
        self,
        headers: Sequence[str],
        rows: Iterable[Sequence[Any]],
        *,
        formats: Mapping[str, str] | None = None,
        caption: str = "",
        total: Sequence[Any] | None = None,
        sortable: bool = True,
    ) -> ReportPage:
        """A table; columns of numbers are aligned to the right, headings sort by a click.

        Parameters
        ----------
        rows
            Per row as many values as ``headers``: texts, numbers, ``None`` (a dash), or :class:`Cell`.
        formats
            Format of the numbers by column, such as ``{"gap": ".2%"}``.  Default: thousands separated,
            four significant digits.
        caption
            Line under the table.
        total
            A last row that stays last, in bold.

        Raises
        ------
        InputError
            If a row has another length, a format names no column or does not fit its number.
        """
        formats = dict(formats or {})
        for name in formats:
            if name not in headers:
                raise InputError(f"format for {name!r}", where="table", remedy=f"columns: {', '.join(headers)}")
        lines = [[_cell(value) for value in row] for row in rows]
        if total is not None:
            lines.append([_cell(value) for value in total])
        for index, line in enumerate(lines):
            if len(line) != len(headers):
                raise InputError(
                    f"row {index} has {len(line)} values, the table has {len(headers)} columns",
                    where="table",
                    remedy="give None for what is missing",
                )
        numeric = [_is_numeric(line[k] for line in lines) for k in range(len(headers))]
        head = "".join(_heading(name, number, sortable) for name, number in zip(headers, numeric, strict=True))
        body = []
        for index, line in enumerate(lines):
            last = total is not None and index == len(lines) - 1
            cells = "".join(
                _cell_html(cell, formats.get(name), number)
                for name, number, cell in zip(headers, numeric, line, strict=True)
            )
            body.append(f'<tr class="total">{cells}</tr>' if last else f"<tr>{cells}</tr>")
        kind = ' class="sortable"' if sortable else ""
        tall = " tall" if len(lines) > TALL_ROWS else ""
        under = f'<p class="caption">{_inline(caption)}</p>' if caption else ""
        return self._add(
            f'<div class="table{tall}"><table{kind}><thead><tr>{head}</tr></thead>\n<tbody>\n'
            + "\n".join(body)
            + f"\n</tbody></table></div>{under}"
        )

    def figure(
        self,
        plot: Figure | InteractiveGantt,
        caption: str = "",
        *,
        height_px: int = 480,
        alt: str = "",
        still: str = "",
    ) -> ReportPage:
        """A figure as a drawing (as a picture if that is large), or an interactive chart in a frame.

        Parameters
        ----------
        height_px
            Height of the frame of an interactive chart.
        alt
            What is to be seen, for readers who cannot; default: the caption.
        still
            Ready HTML that is printed in place of an interactive chart, which paper cannot show.
        """
        self._figures += 1
        label = html.escape(alt or caption or f"figure {self._figures}", quote=True)
        if isinstance(plot, InteractiveGantt):
            source = html.escape(plot.html, quote=True)
            inside = (
                f'<div class="card frame"><iframe sandbox="allow-scripts" title="{label}" '
                f'style="height:{int(height_px)}px" srcdoc="{source}"></iframe></div>'
            ) + (f'<div class="card still">{still}</div>' if still else "")
        else:
            svg = inline_svg(plot, prefix=f"f{self._figures}-")
            if len(svg) > MAX_SVG_BYTES:
                data = base64.b64encode(to_png(plot)).decode("ascii")
                inside = f'<div class="card"><img alt="{label}" src="data:image/png;base64,{data}"></div>'
            else:
                inside = f'<div class="card"><svg role="img" aria-label="{label}"{svg[len("<svg") :]}</div>'
        under = f"<figcaption>{_inline(caption)}</figcaption>" if caption else ""
        return self._add(f"<figure>{inside}{under}</figure>")

    def _links(self) -> list[tuple[str, str]]:
        """Sections for the list of links; in a long one ``a: x``, ``a: y`` are one link ``a``."""
        if len(self._sections) <= MOST_LINKS:
            return self._sections
        found: dict[str, str] = {}
        for anchor, title in self._sections:
            found.setdefault(title.partition(": ")[0], anchor)
        return [(anchor, title) for title, anchor in found.items()]

    @property
    def html(self) -> str:
        """The page as it stands."""
        links = "".join(f'<a href="#{anchor}">{html.escape(title)}</a>' for anchor, title in self._links())
        nav = f"<nav>{links}</nav>" if len(self._sections) >= 3 else ""
        subtitle = f'<p class="subtitle">{_inline(self.subtitle)}</p>' if self.subtitle else ""
        footer = f"<footer>{_inline(self.footer)}</footer>" if self.footer else ""
        body = "\n".join(self._parts)
        script = f"<script>\n{asset('report.js')}</script>\n" if 'class="sortable"' in body else ""
        return (
            '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
            f"<title>{html.escape(self.title)}</title>\n<style>\n{asset('report.css')}</style>\n</head>\n<body>\n"
            f"<header><h1>{html.escape(self.title)}</h1>{subtitle}</header>\n"
            f'<div class="layout">{nav}\n<main>\n{body}\n</main>\n</div>\n{footer}\n{script}</body>\n</html>\n'
        )

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the page to ``path``, whole or not at all; returns the path.

        Raises
        ------
        InputError
            If the suffix is not ``.html`` or nothing can be written there.
        """
        target = check_writable(path)
        if target.suffix.lower() not in (".html", ".htm"):
            raise InputError(
                f"a report page cannot be written as {target.suffix or 'a file without suffix'}",
                where=str(target),
                remedy="use .html",
            )
        atomic_write_text(target, self.html)
        return target

    def _add(self, part: str) -> ReportPage:
        self._parts.append(part)
        return self


def _paragraphs(text: str) -> str:
    return "\n".join(f"<p>{_inline(p.strip())}</p>" for p in re.split(r"\n\s*\n", text.strip()) if p.strip())


def _inline(text: str) -> str:
    """Escape ``text`` and turn its marks into elements; marks inside code stay as they are."""
    pieces = re.split(r"`([^`\n]+)`", text)
    return "".join(f"<code>{html.escape(p)}</code>" if k % 2 else _words(p) for k, p in enumerate(pieces))


def _words(text: str) -> str:
    text = html.escape(text)
    text = re.sub(r"\*\*(.+?)\*\*", r"<strong>\1</strong>", text, flags=re.DOTALL)
    return re.sub(r"\[([^\]]+)\]\(([^)\s]+)\)", lambda m: f'<a href="{_address(m[2])}">{m[1]}</a>', text)


def _address(link: str) -> str:
    """``link`` unless it could run code."""
    return "#" if re.match(r"\s*(javascript|data|vbscript):", link, re.IGNORECASE) else link


def _cell(value: Any) -> Cell:
    cell = value if isinstance(value, Cell) else Cell(value)
    if cell.tone not in _TONES:
        raise InputError(f"unknown tone {cell.tone!r}", where="table", remedy=f"use one of {', '.join(_TONES[1:])}")
    return cell


def _number(value: Any) -> float | None:
    """The value as a number, ``None`` for texts; numpy's numbers count too."""
    if isinstance(value, bool | str | bytes) or value is None:
        return None
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


def _key(cell: Cell) -> float | None:
    """What the cell is sorted by."""
    return _number(cell.value) if cell.sort is None else float(cell.sort)


def _is_numeric(cells: Iterable[Cell]) -> bool:
    given = [cell for cell in cells if cell.value is not None]
    if any(cell.sort is not None for cell in given):
        return True
    return bool(given) and all(_number(cell.value) is not None for cell in given)


def _shown(value: Any, number_format: str | None) -> str:
    number = _number(value)
    if value is None or (number is not None and math.isnan(number)):
        return "–"
    if number is None:
        return str(value)
    if math.isinf(number):
        return "∞" if number > 0 else "-∞"
    if number_format is None:
        number_format = ",d" if isinstance(value, int) or number == int(number) else ",.4g"
    try:
        return format(int(number) if number_format.endswith("d") else number, number_format)
    except ValueError as error:
        raise InputError(
            f"format {number_format!r} for {value!r}: {error}",
            where="table",
            remedy="use one such as ',d', '.2f', '.1%'",
        ) from None


def _heading(name: str, numeric: bool, sortable: bool) -> str:
    label = html.escape(name)
    kind = ' class="number"' if numeric else ""
    if not sortable:
        return f"<th{kind}>{label}</th>"
    return f'<th{kind} aria-sort="none"><button type="button">{label}</button></th>'


def _cell_html(cell: Cell, number_format: str | None, numeric: bool) -> str:
    shown = html.escape(_shown(cell.value, number_format))
    classes = [c for c in (cell.tone, "number" if numeric else "", "wrap" if len(shown) > 60 else "") if c]
    attributes = f' class="{" ".join(classes)}"' if classes else ""
    number = _key(cell)
    if numeric:
        attributes += f' data-value="{"" if number is None or math.isnan(number) else repr(number)}"'
    if cell.title:
        attributes += f' title="{html.escape(cell.title, quote=True)}"'
    if cell.link:
        shown = f'<a href="{html.escape(_address(cell.link), quote=True)}">{shown}</a>'
    small = f"<small>{html.escape(cell.note)}</small>" if cell.note else ""
    return f"<td{attributes}>{shown}{small}</td>"
