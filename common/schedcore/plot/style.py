"""Figures without pyplot: fixed style, fixed fonts, measured text.

Everything runs under matplotlib's default settings plus the few of :data:`STYLE`, whatever the
user's own ``matplotlibrc`` says, so that equal input gives equal bytes.  The settings are put in place
only while a function of this package runs, and restored.
"""

from __future__ import annotations

import contextlib
import functools
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

P = ParamSpec("P")
R = TypeVar("R")

STYLE: dict[str, Any] = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans", "Verdana", "Arial", "sans-serif"],
    "font.size": 9.0,
    "axes.titlesize": 11.0,
    "axes.labelsize": 9.0,
    "xtick.labelsize": 8.0,
    "ytick.labelsize": 8.0,
    "legend.fontsize": 8.0,
    "axes.edgecolor": "#8c959f",
    "axes.labelcolor": "#1f2328",
    "xtick.color": "#57606a",
    "ytick.color": "#57606a",
    "text.color": "#1f2328",
    "axes.linewidth": 0.8,
    "hatch.linewidth": 0.6,
    "svg.fonttype": "none",
    "svg.hashsalt": "sched",
    "savefig.dpi": 150.0,
    "figure.dpi": 150.0,
    "path.simplify": True,
    "text.parse_math": False,
}


@contextlib.contextmanager
def styled() -> Iterator[None]:
    """Put the style in place inside the block."""
    import matplotlib

    with matplotlib.rc_context(), warnings.catch_warnings():
        # Names in scripts that the bundled font lacks are drawn as boxes; the SVG and HTML show them right.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(STYLE)  # type: ignore[arg-type]
        yield


def with_style(function: Callable[P, R]) -> Callable[P, R]:
    """Run ``function`` inside :func:`styled`."""

    @functools.wraps(function)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        with styled():
            return function(*args, **kwargs)

    return wrapper


def new_figure(width_in: float, height_in: float) -> Figure:
    """An empty figure on the Agg canvas, unknown to pyplot."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width_in, height_in), facecolor="white")
    FigureCanvasAgg(figure)
    return figure


def add_axes(figure: Figure, left: float, bottom: float, width: float, height: float, **options: Any) -> Axes:
    """Axes at a place given in inches from the lower left corner."""
    w, h = figure.get_size_inches()
    axes: Axes = figure.add_axes((left / w, bottom / h, width / w, height / h), **options)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    axes.set_axisbelow(True)
    return axes


def heading(figure: Figure, title: str, subtitle: str = "", *, left_in: float = 0.15, subtitle_color: str = "") -> None:
    """Title and second line at the top left; both are shortened to the width of the figure."""
    from schedcore.plot.palette import MUTED

    w, h = figure.get_size_inches()
    room = w - left_in - 0.15
    figure.text(left_in / w, 1 - 0.13 / h, shorten(title, room, 12, bold=True), size=12, weight="bold", va="top")
    if subtitle:
        text = shorten(subtitle, room, 9)
        figure.text(left_in / w, 1 - 0.38 / h, text, size=9, color=subtitle_color or MUTED, va="top")


def message_figure(title: str, message: str, *, width_in: float = 8.0) -> Figure:
    """A picture that says why there is nothing to draw."""
    figure = new_figure(width_in, 2.2)
    heading(figure, title)
    figure.text(0.5, 0.42, message, size=12, ha="center", va="center", color="#57606a")
    return figure


@functools.lru_cache(maxsize=8192)
def _char_width(char: str, bold: bool) -> float:
    """Advance of one character at size 1, in points."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    with styled():
        font = FontProperties(family="sans-serif", size=100, weight="bold" if bold else "normal")
        # Spaces have no ink: measure between two bars.
        both = text_to_path.get_text_width_height_descent(f"|{char}|", font, ismath=False)[0]
        bars = text_to_path.get_text_width_height_descent("||", font, ismath=False)[0]
    return float(both - bars) / 100


def text_width(text: str, size: float, *, bold: bool = False) -> float:
    """Width of one line of ``text`` in inches at font size ``size`` (points)."""
    return sum(_char_width(c, bold) for c in text) * size / 72


def shorten(text: str, width_in: float, size: float, *, bold: bool = False) -> str:
    """``text``, with an ellipsis in its middle if it is wider than ``width_in``."""
    text = " ".join(text.split())
    if text_width(text, size, bold=bold) <= width_in:
        return text
    low, high = 0, len(text)
    while low < high:
        keep = (low + high + 1) // 2
        if text_width(_cut(text, keep), size, bold=bold) <= width_in:
            low = keep
        else:
            high = keep - 1
    return _cut(text, low)


def _cut(text: str, keep: int) -> str:
    head = (keep + 1) // 2
    tail = keep - head
    return text[:head].rstrip() + "…" + (text[-tail:].lstrip() if tail else "")


def widest(labels: Sequence[str], size: float, limit_in: float, *, bold: bool = False) -> float:
    """Width in inches of the widest label, at most ``limit_in``."""
    return min(limit_in, max((text_width(label, size, bold=bold) for label in labels), default=0.0))


def plural(count: int, noun: str) -> str:
    """``"1 task"``, ``"2 tasks"``, ``"12,345 tasks"``."""
    return f"{count:,} {noun}" + ("" if count == 1 else "s")


def time_label(unit_label: str) -> str:
    """Label of a time axis."""
    return f"time [{'ticks' if unit_label == 'tick' else unit_label}]"


def length_text(ticks: int, unit_label: str) -> str:
    """A length of time with its unit: ``"55 ticks"``, ``"8 slots"``, ``"12 ms"``, ``"3 × 15 min"``."""
    if unit_label[:1].isdigit():
        return f"{ticks:,} × {unit_label}"
    is_word = unit_label.isalpha() and len(unit_label) > 3 and not unit_label.endswith("s")
    return plural(ticks, unit_label) if is_word else f"{ticks:,} {unit_label}"
