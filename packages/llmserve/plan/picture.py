"""A plan as a picture: the layer one operation after another, in nano-batches, and overlapped with shares."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmserve.cost import DECODE_ATTENTION, PREFILL_ATTENTION
from llmserve.interference.table import Stream
from llmserve.plan.plan import Plan
from llmserve.plan.structure import OPERATION, STREAM
from llmserve.profile.times import ALL_GATHER, ALL_REDUCE
from schedcore.plot.palette import INK, MUTED, color
from schedcore.plot.style import add_axes, heading, new_figure, with_style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

STREAM_COLORS = {Stream.GEMM: color(0), Stream.GEMV: color(1), Stream.NETWORK: color(2)}

_SHORT = {DECODE_ATTENTION: "Dec", PREFILL_ATTENTION: "Pre", ALL_GATHER: "AG", ALL_REDUCE: "AR"}

_LANES = (Stream.GEMM, Stream.GEMV, Stream.NETWORK)


@with_style
def plan_figure(plan: Plan, *, title: str | None = None) -> Figure:
    """Three rows on one time axis, in milliseconds per layer.

    Top: the layer without nano-batches.  Middle: its nano-operations one after another.  Bottom: the plan over two
    layers, a lane per stream; the height of a bar is the share of the GPU that it gets, darker from one nano-batch to
    the next.
    """
    context = plan.context
    figure = new_figure(10.0, 5.2)
    heading(
        figure,
        title or f"{context.deployment}, {context.workload}: one layer, {context.dense_tokens} tokens",
        f"sequential {1e3 * context.sequential_s:.3f} ms, overlapped {1e3 * plan.period_s:.3f} ms per layer",
    )
    end_ms = max(2.25e3 * plan.period_s, 1.02e3 * sum(plan.stand_alone_s))
    lanes = [s for s in _LANES if any(STREAM[op.role] is s for op in plan.structure.operations)]
    top = add_axes(figure, 1.3, 3.75, 8.5, 0.4)
    _whole(top, plan)
    middle = add_axes(figure, 1.3, 2.95, 8.5, 0.4)
    _serial(middle, plan)
    bottom = add_axes(figure, 1.3, 0.6, 8.5, 1.95)
    _overlapped(bottom, plan, lanes)
    for axes, label in ((top, "sequential"), (middle, "nano-batches")):
        axes.set_ylim(0, 1)
        axes.set_yticks([0.5], [label])
        axes.tick_params(labelbottom=False, left=False)
    for axes in (top, middle, bottom):
        axes.set_xlim(0, end_ms)
        for side in ("top", "right"):
            axes.spines[side].set_visible(False)
    bottom.set_xlabel("ms")
    return figure


def _whole(axes: Axes, plan: Plan) -> None:
    """The operations in the order of the layer, stand-alone; lengths add up to the sequential layer."""
    totals: dict[str, tuple[Stream, float]] = {}
    for op, alone in zip(plan.structure.operations, plan.stand_alone_s, strict=True):
        name = _SHORT.get(OPERATION[op.role], OPERATION[op.role])
        before = totals.get(name, (STREAM[op.role], 0.0))
        totals[name] = (before[0], before[1] + alone)
    scale = plan.context.sequential_s / sum(alone for _, alone in totals.values())
    at = 0.0
    for name, (stream, alone) in totals.items():
        _bar(axes, at, 1e3 * scale * alone, 0.1, 0.8, stream, name, 1.0)
        at += 1e3 * scale * alone


def _serial(axes: Axes, plan: Plan) -> None:
    at = 0.0
    for op, alone in zip(plan.structure.operations, plan.stand_alone_s, strict=True):
        _bar(axes, at, 1e3 * alone, 0.1, 0.8, STREAM[op.role], op.name, _shade(plan, op.ranges[0][0]))
        at += 1e3 * alone


def _overlapped(axes: Axes, plan: Plan, lanes: list[Stream]) -> None:
    period = 1e3 * plan.period_s
    for step in plan.steps():
        stream = STREAM[step.operation.role]
        low = len(lanes) - 1 - lanes.index(stream)
        start, length = 1e3 * step.start_s, 1e3 * (step.end_s - step.start_s)
        for layer in (-1, 0, 1, 2):
            _bar(
                axes,
                start + layer * period,
                length,
                low + 0.04,
                0.92 * step.share,
                stream,
                step.operation.name,
                _shade(plan, step.operation.ranges[0][0]),
            )
    for k in (1, 2):
        axes.axvline(k * period, color=INK, linewidth=0.8, linestyle=(0, (3, 2)))
    axes.set_ylim(0, len(lanes))
    axes.set_yticks([len(lanes) - 0.5 - i for i in range(len(lanes))], [f"{s} stream" for s in lanes])
    axes.tick_params(left=False)
    axes.grid(axis="y", visible=False)


def _shade(plan: Plan, first_token: int) -> float:
    """1 for the front of the row of tokens, less for its end."""
    return 1.0 - 0.55 * first_token / plan.structure.dense_tokens


def _bar(
    axes: Axes, start: float, length: float, low: float, height: float, stream: Stream, name: str, alpha: float
) -> None:
    axes.barh(
        [low],
        [length],
        height,
        left=[start],
        align="edge",
        color=STREAM_COLORS[stream],
        alpha=alpha,
        edgecolor="white",
        linewidth=0.7,
    )
    if height > 0.15 and length > 0.035 * len(name):
        axes.text(
            start + length / 2,
            low + height / 2,
            name,
            ha="center",
            va="center",
            fontsize=6.5,
            color="white" if stream is not Stream.GEMV and alpha > 0.6 else INK,
            clip_on=True,
        )


@with_style
def interference_figure() -> Figure:
    """The published R -> P tables, and what a unit of hidden kernel time costs in GEMM time."""
    from llmserve.interference.table import TABLES

    figure = new_figure(10.0, 3.6)
    heading(
        figure,
        "What a kernel keeps of its speed with a share of the GPU",
        "left: relative speed P; right: price R / P, the GEMM time lost per hidden kernel time (lower is better)",
    )
    left = add_axes(figure, 0.7, 0.6, 4.0, 2.1)
    right = add_axes(figure, 5.6, 0.6, 4.0, 2.1)
    shares = [k / 50 for k in range(1, 51)]
    for stream, line in ((Stream.GEMV, "-"), (Stream.NETWORK, "--")):
        for k, (name, table) in enumerate(TABLES.items()):
            if stream is Stream.NETWORK and name == "paper-text":
                continue
            label = f"{stream}, {name}"
            left.plot(shares, [table.speed(stream, r) for r in shares], line, color=color(k), label=label)
            right.plot(shares, [table.exchange(stream, r) for r in shares], line, color=color(k), label=label)
    left.plot([0, 1], [0, 1], ":", color=MUTED, label="gemm (definition)")
    left.set_xlabel("share R")
    right.set_xlabel("share R")
    left.set_ylim(0, 1.02)
    right.set_ylim(0, 1.02)
    right.legend(frameon=False, fontsize=7, loc="lower right")
    return figure
