"""The policy network as compiled loops over numpy arrays: rollouts without torch.

The same function as :class:`jssp.learn.paper.network.PaperNetwork`, to rounding; a test holds them against each other.
The weights come as one tuple of float32 arrays, see :func:`pack`.  Matrices are stored as [input, output], so that the
innermost loops run along memory.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call,misc"

from __future__ import annotations

from collections.abc import Mapping

import numba
import numpy as np
import numpy.typing as npt

from jssp._compiled import compiled_with
from jssp.env import _kernels

FloatArray = npt.NDArray[np.float32]

WIDTH = 8
FEED_FORWARD = 32
HEAD = 32
WINDOW = 5
EPSILON = np.float32(1e-5)

_EMBEDDINGS = ("fixed.weight", "next.weight", "special.weight")
_BLOCKS = ("tokens", "jobs")


def pack(weights: Mapping[str, FloatArray]) -> tuple[FloatArray, ...]:
    """The arrays of a checkpoint in the order and layout of the compiled loops.

    Everything is put into eight flat arrays: embeddings, the two encoders, and the two heads.
    """

    def matrix(name: str) -> FloatArray:
        return np.ascontiguousarray(weights[name].T, dtype=np.float32)

    def vector(name: str) -> FloatArray:
        return np.ascontiguousarray(weights[name], dtype=np.float32)

    parts: list[FloatArray] = [np.ascontiguousarray(weights[name], dtype=np.float32) for name in _EMBEDDINGS]
    parts += [matrix("embed.weight"), vector("embed.bias")]
    for block in _BLOCKS:
        # rows: qkv 8, out 8; then the vectors
        parts += [
            matrix(f"{block}.self_attn.in_proj_weight"),
            vector(f"{block}.self_attn.in_proj_bias"),
            matrix(f"{block}.self_attn.out_proj.weight"),
            vector(f"{block}.self_attn.out_proj.bias"),
            matrix(f"{block}.linear1.weight"),
            vector(f"{block}.linear1.bias"),
            matrix(f"{block}.linear2.weight"),
            vector(f"{block}.linear2.bias"),
            np.stack([vector(f"{block}.norm{i}.{kind}") for i in (1, 2) for kind in ("weight", "bias")]),
        ]
    for head in ("job_head", "noop_head"):
        parts += [
            matrix(f"{head}.0.weight"),
            vector(f"{head}.0.bias"),
            vector(f"{head}.2.weight")[0].copy(),
            vector(f"{head}.2.bias"),
        ]
    return tuple(parts)


@numba.njit(cache=True, nogil=True, fastmath={"contract", "reassoc"}, inline="always")
def _norm(x, weight, bias, out):
    total = np.float32(0.0)
    for i in range(WIDTH):
        total += x[i]
    mean = total * np.float32(1.0 / WIDTH)
    square = np.float32(0.0)
    for i in range(WIDTH):
        square += (x[i] - mean) * (x[i] - mean)
    scale = np.float32(1.0) / np.sqrt(square * np.float32(1.0 / WIDTH) + EPSILON)
    for i in range(WIDTH):
        out[i] = (x[i] - mean) * scale * weight[i] + bias[i]


@numba.njit(cache=True, nogil=True, fastmath={"contract", "reassoc"}, inline="always")
def _affine(x, inputs, matrix, bias, out, outputs):
    for o in range(outputs):
        out[o] = bias[o]
    for i in range(inputs):
        value = x[i]
        for o in range(outputs):
            out[o] += value * matrix[i, o]


@numba.njit(cache=True, nogil=True, fastmath={"contract", "reassoc"}, inline="always")
def _feed(x, w1, b1, w2, b2, norms, normed, hidden, out):
    """Adds the feed-forward part of an encoder to ``x``."""
    _norm(x, norms[2], norms[3], normed)
    _affine(normed, WIDTH, w1, b1, hidden, FEED_FORWARD)
    for i in range(FEED_FORWARD):
        hidden[i] = max(hidden[i], np.float32(0.0))
    _affine(hidden, FEED_FORWARD, w2, b2, out, WIDTH)
    for i in range(WIDTH):
        x[i] += out[i]


@numba.njit(cache=True, nogil=True, fastmath={"contract", "reassoc"}, inline="always")
def _head(z, w1, b1, w2, b2, hidden):
    _affine(z, WIDTH, w1, b1, hidden, HEAD)
    total = b2[0]
    for i in range(HEAD):
        total += np.tanh(hidden[i]) * w2[i]
    return total


@numba.njit(cache=True, nogil=True, fastmath={"contract", "reassoc"})
def job_vector(weights, rep, kinds, ignored, index, legacy, x, qkv, scores, mixed, normed, hidden, out, vector):
    """First encoder: the vector of one job from its five tokens."""
    fixed, following, special, embed, embed_bias = weights[0], weights[1], weights[2], weights[3], weights[4]
    in_w, in_b, out_w, out_b = weights[5], weights[6], weights[7], weights[8]
    w1, b1, w2, b2, norms = weights[9], weights[10], weights[11], weights[12], weights[13]
    for w in range(WINDOW):
        if kinds[w] == 0:
            v0, v3 = fixed[int(rep[w, 0]), 0], following[int(rep[w, 3]), 0]
            v1, v2 = rep[w, 1], rep[w, 2]
        else:
            row = special[kinds[w]]
            v0, v1, v2, v3 = row[0], row[1], row[2], row[3]
        for o in range(WIDTH):
            x[w, o] = embed_bias[o] + v0 * embed[0, o] + v1 * embed[1, o] + v2 * embed[2, o] + v3 * embed[3, o]
        if kinds[w] == 0:
            rate = 1.0
            for o in range(0, WIDTH, 2):
                x[w, o] += np.float32(np.sin(index[w] * rate))
                x[w, o + 1] += np.float32(np.cos(index[w] * rate))
                rate *= 0.1  # 10000 ** (-2 / 8)
        _norm(x[w], norms[0], norms[1], normed)
        _affine(normed, WIDTH, in_w, in_b, qkv[w], 3 * WIDTH)
    scale = np.float32(1.0 / np.sqrt(np.float32(WIDTH)))
    for w in range(WINDOW):
        top = np.float32(-np.inf)
        for u in range(WINDOW):
            if not ignored[u]:
                dot = np.float32(0.0)
                for o in range(WIDTH):
                    dot += qkv[w, o] * qkv[u, WIDTH + o]
                scores[u] = dot * scale
                top = max(top, scores[u])
        total = np.float32(0.0)
        for o in range(WIDTH):
            mixed[o] = np.float32(0.0)
        for u in range(WINDOW):
            if not ignored[u]:
                share = np.exp(scores[u] - top)
                total += share
                for o in range(WIDTH):
                    mixed[o] += share * qkv[u, 2 * WIDTH + o]
        for o in range(WIDTH):
            mixed[o] /= total
        _affine(mixed, WIDTH, out_w, out_b, out, WIDTH)
        for o in range(WIDTH):
            x[w, o] += out[o]
    kept = 0
    for o in range(WIDTH):
        vector[o] = np.float32(0.0)
    for w in range(WINDOW):
        if legacy or not ignored[w]:
            _feed(x[w], w1, b1, w2, b2, norms, normed, hidden, out)
            kept += 1
            for o in range(WIDTH):
                vector[o] += x[w, o]
    for o in range(WIDTH):
        vector[o] /= np.float32(kept)


@numba.njit(cache=True, nogil=True, fastmath={"contract", "reassoc"})
def state_logits(weights, legacy, rep, kinds, ignored, index, mask, group, rivals, logits, u, qkv2, room):
    """Logits of one state, illegal actions at -3.4e38.

    Jobs compete if they have the same ``group`` (-1: with nobody), or, if ``rivals`` [job + 1, job + 1] is not empty,
    where that says so.  Jobs that cannot start only matter for the No-Op, whose logit is a mean over all jobs: without
    it they are skipped.
    ``u`` [job, 8] and ``qkv2`` [job, 24] are room for the second encoder, ``room`` a tuple of small arrays.
    """
    n = len(group)
    x, qkv, scores, mixed, normed, hidden, out = room
    in_w, in_b, out_w, out_b = weights[14], weights[15], weights[16], weights[17]
    w1, b1, w2, b2, norms = weights[18], weights[19], weights[20], weights[21], weights[22]
    everyone = mask[n]
    general = len(rivals) > 0
    for j in range(n):
        logits[j] = np.float32(-3.4e38)
        if mask[j] or everyone:
            job_vector(
                weights,
                rep[j],
                kinds[j],
                ignored[j],
                index[j],
                legacy,
                x,
                qkv,
                scores,
                mixed,
                normed,
                hidden,
                out,
                u[j],
            )
            _norm(u[j], norms[0], norms[1], normed)
            _affine(normed, WIDTH, in_w, in_b, qkv2[j], 3 * WIDTH)
    scale = np.float32(1.0 / np.sqrt(np.float32(WIDTH)))
    z = x[0]
    wait = np.float32(0.0)
    for j in range(n):
        if not (mask[j] or everyone):
            continue
        if group[j] < 0 and not general:
            for o in range(WIDTH):
                mixed[o] = qkv2[j, 2 * WIDTH + o]
        else:
            top = np.float32(-np.inf)
            for i in range(n):
                if (rivals[j, i] or i == j) if general else group[i] == group[j]:
                    dot = np.float32(0.0)
                    for o in range(WIDTH):
                        dot += qkv2[j, o] * qkv2[i, WIDTH + o]
                    top = max(top, dot * scale)
            total = np.float32(0.0)
            for o in range(WIDTH):
                mixed[o] = np.float32(0.0)
            for i in range(n):
                if (rivals[j, i] or i == j) if general else group[i] == group[j]:
                    dot = np.float32(0.0)
                    for o in range(WIDTH):
                        dot += qkv2[j, o] * qkv2[i, WIDTH + o]
                    share = np.exp(dot * scale - top)
                    total += share
                    for o in range(WIDTH):
                        mixed[o] += share * qkv2[i, 2 * WIDTH + o]
            for o in range(WIDTH):
                mixed[o] /= total
        _affine(mixed, WIDTH, out_w, out_b, out, WIDTH)
        for o in range(WIDTH):
            z[o] = u[j, o] + out[o]
        _feed(z, w1, b1, w2, b2, norms, normed, hidden, out)
        for o in range(WIDTH):
            z[o] += u[j, o]
        if mask[j]:
            logits[j] = _head(z, weights[23], weights[24], weights[25], weights[26], hidden)
        if everyone:
            wait += _head(z, weights[27], weights[28], weights[29], weights[30], hidden)
    logits[n] = wait / np.float32(n) if everyone else np.float32(-3.4e38)


@numba.njit(cache=True, nogil=True)
def _room():
    return (
        np.empty((WINDOW, WIDTH), np.float32),
        np.empty((WINDOW, 3 * WIDTH), np.float32),
        np.empty(WINDOW, np.float32),
        np.empty(WIDTH, np.float32),
        np.empty(WIDTH, np.float32),
        np.empty(max(FEED_FORWARD, HEAD), np.float32),
        np.empty(WIDTH, np.float32),
    )


@numba.njit(cache=True, nogil=True)
def all_logits(weights, legacy, rep, kinds, ignored, index, mask, group, logits):
    """Logits of many states, ``logits`` [state, jobs + 1] is filled."""
    n = group.shape[1]
    room = _room()
    u, qkv2 = np.empty((n, WIDTH), np.float32), np.empty((n, 3 * WIDTH), np.float32)
    nobody = np.empty((0, 0), np.bool_)
    for b in range(len(group)):
        state_logits(
            weights, legacy, rep[b], kinds[b], ignored[b], index[b], mask[b], group[b], nobody, logits[b], u, qkv2, room
        )


@numba.njit(cache=True, nogil=True)
def masked_logits(weights, legacy, rep, kinds, ignored, index, mask, rivals, logits):
    """Logits of one state whose jobs compete where ``rivals`` [job + 1, job + 1] says so."""
    n = len(mask) - 1
    u, qkv2 = np.empty((n, WIDTH), np.float32), np.empty((n, 3 * WIDTH), np.float32)
    group = np.full(n, -1)
    state_logits(weights, legacy, rep, kinds, ignored, index, mask, group, rivals, logits, u, qkv2, _room())


@compiled_with(_kernels)
def rollout(
    weights,
    legacy,
    mode,
    positions,
    shop,
    machines,
    durations,
    lengths,
    means,
    stds,
    upcoming,
    ready,
    free,
    starts,
    temperatures,
    seeds,
    calls,
):
    """Plays every environment to its end, one after the other.

    Rankings are drawn without replacement from softmax(logits / temperature) (by Gumbel noise); a temperature of 0
    follows the logits.  ``calls`` counts the evaluations of the network.
    """
    n = ready.shape[1]
    room = _room()
    u, qkv2 = np.empty((n, WIDTH), np.float32), np.empty((n, 3 * WIDTH), np.float32)
    values, rep = np.empty((n, WINDOW, 4)), np.empty((n, WINDOW, 4), np.float32)
    kinds, ignored = np.empty((n, WINDOW), np.int8), np.empty((n, WINDOW), np.bool_)
    index, mask, group = np.empty((n, WINDOW), np.int64), np.empty(n + 1, np.bool_), np.empty(n, np.int64)
    logits, keys = np.empty(n + 1, np.float32), np.empty(n + 1)
    nobody = np.empty((0, 0), np.bool_)
    ranking, executed = np.empty(n + 1, np.int64), np.empty(n + 1, np.int64)
    for b in range(len(shop)):
        s = shop[b]
        while True:
            legal = _kernels.legal_actions(mode, machines[s], durations[s], upcoming[b], ready[b], mask)
            if legal == 0:
                break
            if legal > 1 or mask[n]:
                _kernels.tokens(
                    machines[s],
                    durations[s],
                    lengths[s],
                    upcoming[b],
                    ready[b],
                    free[b],
                    starts[b],
                    kinds,
                    ignored,
                    values,
                )
                _kernels.normalise(means[s], stds[s], legacy, kinds, values, rep)
                _kernels.indices(upcoming[b], kinds, positions, index)
                _kernels.groups(machines[s], upcoming[b], mask, group)
                state_logits(weights, legacy, rep, kinds, ignored, index, mask, group, nobody, logits, u, qkv2, room)
                calls[b] += 1
                for a in range(n + 1):
                    if mask[a]:
                        keys[a] = logits[a]
                        if temperatures[b] > 0.0:
                            noise = -np.log(-np.log(_kernels.uniform(seeds, b)))
                            keys[a] = keys[a] / temperatures[b] + noise
            else:
                keys[:] = 0.0
            _kernels.rank(mask, keys, ranking)
            _kernels.play(
                mode,
                machines[s],
                durations[s],
                lengths[s],
                upcoming[b],
                ready[b],
                free[b],
                starts[b],
                mask,
                ranking,
                executed,
            )
