"""``Canvas``: pieces of an SVG drawing, and the two drawings of a chart."""

from __future__ import annotations

import html
from collections.abc import Callable, Sequence

WIDE: float = 900.0
NARROW: float = 372.0
SERIES: int = 8
"""Colours before they repeat, with another dash."""
_DASHES = ("", "6 3", "2 2.5", "8 3 2 3")
_CHAR = 6.6  # mean advance of a character at 12 px, in px


class Canvas:
    """Collects elements; coordinates are pixels from the upper left corner."""

    def __init__(self, width: float, height: float) -> None:
        self.width = width
        self.height = height
        self._parts: list[str] = []

    def add(self, element: str) -> None:
        """An element as it stands."""
        self._parts.append(element)

    def text(self, x: float, y: float, text: str, *, kind: str = "", anchor: str = "", title: str = "") -> None:
        """A line of text; ``kind`` is a class of the page's style."""
        classes = f' class="{kind}"' if kind else ""
        anchored = f' text-anchor="{anchor}"' if anchor else ""
        tip = f"<title>{html.escape(title)}</title>" if title else ""
        self.add(f'<text x="{n(x)}" y="{n(y)}"{classes}{anchored}>{tip}{html.escape(text)}</text>')

    def line(self, x1: float, y1: float, x2: float, y2: float, kind: str = "grid") -> None:
        """A straight line."""
        self.add(f'<line x1="{n(x1)}" y1="{n(y1)}" x2="{n(x2)}" y2="{n(y2)}" class="{kind}"/>')

    def path(self, points: Sequence[tuple[float, float]], kind: str, style: str = "", title: str = "") -> None:
        """A line through ``points``."""
        if not points:
            return
        moves = "M" + "L".join(f"{n(x)} {n(y)}" for x, y in points)
        tip = f"<title>{html.escape(title)}</title>" if title else ""
        self.add(f'<path d="{moves}" class="{kind}"{style}>{tip}</path>')

    def rect(self, x: float, y: float, width: float, height: float, kind: str, title: str = "") -> None:
        """A rectangle."""
        tip = f"<title>{html.escape(title)}</title>" if title else ""
        self.add(f'<rect x="{n(x)}" y="{n(y)}" width="{n(width)}" height="{n(height)}" class="{kind}">{tip}</rect>')

    def circle(self, x: float, y: float, radius: float, kind: str, title: str = "") -> None:
        """A disc."""
        tip = f"<title>{html.escape(title)}</title>" if title else ""
        self.add(f'<circle cx="{n(x)}" cy="{n(y)}" r="{n(radius)}" class="{kind}">{tip}</circle>')

    def svg(self, kind: str) -> str:
        """The drawing."""
        inside = "".join(self._parts)
        return f'<svg class="{kind}" viewBox="0 0 {n(self.width)} {n(self.height)}" aria-hidden="true">{inside}</svg>'


def n(value: float) -> str:
    """A coordinate with one decimal at most."""
    return f"{value:.1f}".removesuffix(".0")


def chart(draw: Callable[[float], Canvas], label: str) -> str:
    """The chart as HTML: one drawing for wide and one for narrow screens.

    ``label`` says what is to be seen, for readers who cannot.
    """
    drawings = draw(WIDE).svg("wide") + draw(NARROW).svg("narrow")
    return f'<div class="chart" role="img" aria-label="{html.escape(label, quote=True)}">{drawings}</div>'


def is_narrow(width: float) -> bool:
    """Whether the drawing is for narrow screens."""
    return width < 600


def series(index: int) -> str:
    """Class of the colour of series number ``index``."""
    return f"s{index % SERIES}"


def dash(index: int) -> str:
    """Attribute that tells series of one colour apart."""
    pattern = _DASHES[(index // SERIES) % len(_DASHES)]
    return f' stroke-dasharray="{pattern}"' if pattern else ""


def legend(names: Sequence[tuple[str, int]]) -> str:
    """The names of series with their colours, as HTML above a chart."""
    items = "".join(
        f'<li><svg viewBox="0 0 22 10" aria-hidden="true"><path d="M1 5L21 5" class="curve {series(k)}"{dash(k)}/>'
        f"</svg>{html.escape(name)}</li>"
        for name, k in names
    )
    return f'<ul class="legend">{items}</ul>'


def fitting(text: str, width: float) -> str:
    """``text``, with an ellipsis in its middle if it is wider than ``width`` pixels at 12 px."""
    room = max(3, int(width / _CHAR))
    if len(text) <= room:
        return text
    head = room // 2
    return f"{text[:head].rstrip()}…{text[len(text) - (room - head - 1) :].lstrip()}"


def text_px(text: str) -> float:
    """About how wide ``text`` is at 12 px."""
    return _CHAR * len(text)
