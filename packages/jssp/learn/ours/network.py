"""The policy network as plain arrays, and its flat view for optimisers."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from jssp.learn.ours.features import NUM_CANDIDATE, NUM_CONTEXT

Weights = npt.NDArray[np.float32]


class Network(NamedTuple):
    """Weights, float32.  With h and o the widths of the two layers:

    ``w0`` [features] linear part; ``w1`` [features, h], ``wg`` [context, h], ``b1`` [h] encode a candidate; ``w2``
    [h, o], ``wp`` [2h, o] (mean and maximum over the candidates), ``b2`` [o] compare it; ``w3`` [o] scores it.
    """

    w0: Weights
    w1: Weights
    wg: Weights
    b1: Weights
    w2: Weights
    wp: Weights
    b2: Weights
    w3: Weights

    @property
    def size(self) -> int:
        """Number of parameters."""
        return sum(array.size for array in self)

    @property
    def widths(self) -> tuple[int, int]:
        """Widths of the two layers."""
        return len(self.b1), len(self.b2)


def shapes(hidden: int, outer: int) -> tuple[tuple[int, ...], ...]:
    """Shapes of the arrays of a network of these widths, in the order of the fields."""
    return (
        (NUM_CANDIDATE,),
        (NUM_CANDIDATE, hidden),
        (NUM_CONTEXT, hidden),
        (hidden,),
        (hidden, outer),
        (2 * hidden, outer),
        (outer,),
        (outer,),
    )


def view(flat: Weights, hidden: int, outer: int) -> Network:
    """A network whose arrays are views of ``flat``."""
    parts, at = [], 0
    for shape in shapes(hidden, outer):
        size = int(np.prod(shape))
        parts.append(flat[at : at + size].reshape(shape))
        at += size
    return Network(*parts)


def parameter_count(hidden: int, outer: int) -> int:
    """Number of parameters of a network of these widths."""
    return sum(int(np.prod(shape)) for shape in shapes(hidden, outer))


def initial(hidden: int, outer: int, rng: np.random.Generator) -> Weights:
    """He-normal layers, small last layer, zero biases and zero linear part, as one flat array."""
    flat = np.zeros(parameter_count(hidden, outer), dtype=np.float32)
    net = view(flat, hidden, outer)
    net.w1[:] = rng.normal(0, np.sqrt(2 / (NUM_CANDIDATE + NUM_CONTEXT)), net.w1.shape)
    net.wg[:] = rng.normal(0, np.sqrt(2 / (NUM_CANDIDATE + NUM_CONTEXT)), net.wg.shape)
    net.w2[:] = rng.normal(0, np.sqrt(2 / (3 * hidden)), net.w2.shape)
    net.wp[:] = rng.normal(0, np.sqrt(2 / (3 * hidden)), net.wp.shape)
    net.w3[:] = rng.normal(0, 0.01, net.w3.shape)
    return flat
