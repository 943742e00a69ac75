"""Performance profiles of solvers (Dolan and Moré, Mathematical Programming 91, 2002)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

from schedcore.errors import InputError
from schedcore.plot.palette import color
from schedcore.plot.style import add_axes, heading, message_figure, new_figure, plural, shorten, widest, with_style

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def profile_ratios(
    costs: Mapping[str, Mapping[str, float | None]], *, reference: Mapping[str, float] | None = None
) -> dict[str, list[float]]:
    """Sorted ratios ``cost / best`` of every method over all instances; infinite where it has no cost.

    Parameters
    ----------
    costs
        ``costs[method][instance]``, positive; ``None`` or absent where the method failed.
    reference
        Best value per instance.  Default: the smallest cost that any of the methods has.

    Raises
    ------
    InputError
        If a cost or reference is not positive, or an instance has neither cost nor reference.
    """
    instances = list(dict.fromkeys(i for own in costs.values() for i in own))
    best: dict[str, float] = {}
    for instance in instances:
        known = []
        for method, own in costs.items():
            cost = own.get(instance)
            if cost is None:
                continue
            if not (cost > 0 and math.isfinite(cost)):
                raise InputError(f"cost {cost!r}", where=f"{method}/{instance}", remedy="ratios need costs > 0")
            known.append(cost)
        if reference is not None:
            if instance not in reference or not reference[instance] > 0:
                raise InputError(
                    f"no positive reference for {instance!r}", where="reference", remedy="give one for every instance"
                )
            best[instance] = reference[instance]
        elif known:
            best[instance] = min(known)
    result = {}
    for method, own in costs.items():
        ratios = []
        for instance in instances:
            cost = own.get(instance)
            ratios.append(math.inf if cost is None else cost / best[instance])
        result[method] = sorted(ratios)
    return result


@with_style
def performance_profile(
    costs: Mapping[str, Mapping[str, float | None]],
    *,
    reference: Mapping[str, float] | None = None,
    title: str = "Performance profile",
    max_ratio: float | None = None,
    width_in: float = 9.0,
) -> Figure:
    """Share of instances on which a method is within a factor of the best; see :func:`profile_ratios`.

    Parameters
    ----------
    reference
        Best value per instance (default: best of the methods).
    max_ratio
        Right end of the axis; default: the largest finite ratio.
    """
    if not any(costs.values()):
        return message_figure(title, "There is nothing to compare.")
    ratios = profile_ratios(costs, reference=reference)
    count = max(len(r) for r in ratios.values())
    finite = [r for own in ratios.values() for r in own if math.isfinite(r)]
    least = min(finite, default=1.0)
    right = max_ratio if max_ratio is not None else max([1.0 + 1e-3, *finite])
    first = min(1.0, least)
    right = max(right, first + 1e-3)
    height = 4.2
    legend_in = 0.6 + widest(list(ratios), 8, 2.0)
    figure = new_figure(width_in, height)
    against = "the best known value" if reference is not None else "the best of these methods"
    heading(figure, title, f"{plural(count, 'instance')}; ratio to {against}; higher is better")
    axes = add_axes(figure, 0.85, 0.55, width_in - 0.85 - legend_in - 0.1, height - 0.55 - 0.75)
    dashes = ("-", (0, (5, 2)), (0, (1, 1.5)), (0, (5, 2, 1, 2)))
    for k, (method, own) in enumerate(ratios.items()):
        x, y = [first], [sum(r <= first for r in own) / len(own) if own else 0.0]
        for i, ratio in enumerate(own):
            if first < ratio <= right:
                x.append(ratio)
                y.append((i + 1) / len(own))
        x.append(right)
        y.append(y[-1])
        axes.plot(
            x,
            y,
            drawstyle="steps-post",
            color=color(k),
            linewidth=1.7,
            linestyle=dashes[k % len(dashes)],
            label=shorten(method, 2.0, 8),
        )
    axes.set_xlim(first, right)
    axes.set_ylim(0, 1.03)
    axes.set_xlabel("cost / best")
    axes.set_ylabel("share of instances")
    axes.grid(color="#e5e8eb", linewidth=0.6)
    axes.legend(loc="upper left", bbox_to_anchor=(1.01, 1.0), frameon=False, borderaxespad=0, handlelength=2.4)
    return figure
