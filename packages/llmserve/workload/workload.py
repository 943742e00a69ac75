"""A workload: requests with lengths and arrivals, as arrays."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from llmserve.workload.arrivals import Arrivals
from llmserve.workload.lengths import LengthLaw, find_law
from schedcore.errors import InputError

MAX_TOKENS = 2_000_000
"""Longest prompt or answer taken for real; no model reads or writes more today."""


def _none() -> NDArray[np.int64]:
    return np.empty(0, dtype=np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class Workload:
    """Requests in the order of arrival.

    Parameters
    ----------
    name
        For tables and labels.
    prompt_tokens, output_tokens
        ``[request]``, 1 to :data:`MAX_TOKENS`.
    arrival_s
        ``[request]``, seconds, not negative.  Need not be sorted.
    follows
        ``[request]`` or empty: the request (its index) that must be finished before this one arrives, -1 for none.  The
        prompt of a follower begins with prompt and answer of the one that it follows.
    think_s
        ``[request]`` or empty: seconds between that end and this arrival at least.
    prefix, prefix_tokens
        ``[request]`` or empty: number of the text that the prompt begins with (-1: none) and its length; equal numbers
        mean equal text.
    """

    name: str
    prompt_tokens: NDArray[np.int64]
    output_tokens: NDArray[np.int64]
    arrival_s: NDArray[np.float64]
    follows: NDArray[np.int64] = field(default_factory=_none)
    think_s: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    prefix: NDArray[np.int64] = field(default_factory=_none)
    prefix_tokens: NDArray[np.int64] = field(default_factory=_none)

    def __post_init__(self) -> None:
        count = len(self.prompt_tokens)
        if not count:
            raise InputError("no requests", where=self._where, remedy="give at least one")
        for name in ("output_tokens", "arrival_s"):
            self._check_shape(name, count)
        for name in ("follows", "think_s", "prefix", "prefix_tokens"):
            if len(getattr(self, name)):
                self._check_shape(name, count)
        if len(self.prefix) != len(self.prefix_tokens):
            raise InputError("prefix and prefix_tokens belong together", where=self._where, remedy="give both")
        for name in ("prompt_tokens", "output_tokens"):
            values = getattr(self, name)
            wrong = np.flatnonzero((values < 1) | (values > MAX_TOKENS))
            if len(wrong):
                raise InputError(
                    f"{name} is {values[wrong[0]]}",
                    where=f"{self._where}, request {wrong[0]}",
                    remedy=f"lengths are 1 to {MAX_TOKENS:,} tokens; drop such requests or correct them",
                )
        wrong = np.flatnonzero(~(np.isfinite(self.arrival_s) & (self.arrival_s >= 0)))
        if len(wrong):
            raise InputError(
                f"arrival at {self.arrival_s[wrong[0]]} s",
                where=f"{self._where}, request {wrong[0]}",
                remedy="give seconds >= 0",
            )
        for request in np.flatnonzero(self.follows >= 0) if len(self.follows) else ():
            before = self.follows[request]
            least = self.prompt_tokens[before] + self.output_tokens[before] if before < request else 0
            if before >= request or self.prompt_tokens[request] <= least:
                raise InputError(
                    f"the request follows {before}, but does not contain its text and answer ({least} tokens)"
                    if before < request
                    else f"the request follows {before}, which comes later",
                    where=f"{self._where}, request {request}",
                    remedy="a later round comes after the earlier one, and its prompt is longer",
                )

    def __len__(self) -> int:
        return len(self.prompt_tokens)

    @property
    def mean_prompt_tokens(self) -> float:
        """Mean length of prompts."""
        return float(self.prompt_tokens.mean())

    @property
    def mean_output_tokens(self) -> float:
        """Mean length of answers."""
        return float(self.output_tokens.mean())

    @property
    def total_tokens(self) -> int:
        """Tokens of all prompts and answers."""
        return int(self.prompt_tokens.sum() + self.output_tokens.sum())

    @property
    def offline(self) -> bool:
        """Whether everything is there at time 0."""
        return not self.arrival_s.any() and not (len(self.follows) and (self.follows >= 0).any())

    def at_rate(self, arrivals: Arrivals, seed: int = 0) -> Workload:
        """The same requests with other arrivals."""
        rng = np.random.default_rng([seed, 1])
        return Workload(
            self.name,
            self.prompt_tokens,
            self.output_tokens,
            arrivals.times(len(self), rng),
            self.follows,
            self.think_s,
            self.prefix,
            self.prefix_tokens,
        )

    def summary(self) -> dict[str, Any]:
        """Counts and means as plain data."""
        return {
            "name": self.name,
            "requests": len(self),
            "mean_prompt_tokens": self.mean_prompt_tokens,
            "mean_output_tokens": self.mean_output_tokens,
            "last_arrival_s": float(self.arrival_s.max()),
        }

    @property
    def _where(self) -> str:
        return f"workload {self.name!r}"

    def _check_shape(self, name: str, count: int) -> None:
        if len(getattr(self, name)) != count:
            raise InputError(
                f"{name} has {len(getattr(self, name))} entries, prompt_tokens {count}",
                where=self._where,
                remedy="give one per request",
            )


def make_workload(
    name: str | LengthLaw,
    *,
    requests: int | None = None,
    duration_s: float | None = None,
    arrivals: Arrivals | None = None,
    seed: int = 0,
    data_dirs: Sequence[Path] = (),
) -> Workload:
    """The workload that ``name`` stands for.

    Parameters
    ----------
    name
        A trace file (``.csv``, ``.jsonl``), a law by name (see :func:`~llmserve.workload.lengths.find_law`) or a law.
    requests
        How many; of a trace, its first ones.
    duration_s
        Instead: those that arrive in so many seconds (for laws with a rate, and for traces with arrivals).
    arrivals
        The arrival process; ``None``: all at time 0, for traces what the file says.
    seed
        Lengths and arrivals are drawn from two independent streams of it.
    data_dirs
        Where a trace file is looked for besides the current folder.

    Raises
    ------
    InputError
        Counts that are not positive, both or neither of ``requests`` and ``duration_s`` for a law, or a bad trace.
    UnknownNameError
        No law and no file of that name.
    """
    if requests is not None and requests < 1:
        raise InputError(f"{requests} requests", where="workload", remedy="use at least 1")
    if duration_s is not None and not (math.isfinite(duration_s) and duration_s > 0):
        raise InputError(f"a duration of {duration_s} s", where="workload", remedy="give a positive number of seconds")
    if isinstance(name, str) and name.lower().endswith((".csv", ".jsonl")):
        return _of_trace(_found(name, data_dirs), requests, duration_s, arrivals, seed)
    law = find_law(name) if isinstance(name, str) else name
    arrivals = arrivals or Arrivals()
    if (requests is None) == (duration_s is None) or (duration_s is not None and arrivals.rate_per_s is None):
        raise InputError(
            "the number of requests is not clear",
            where=f"workload {law.name!r}",
            remedy="give a number of requests, or a rate and a duration",
        )
    rng = np.random.default_rng([seed, 1])
    if requests is not None:
        times = arrivals.times(requests, rng)
    else:
        assert duration_s is not None
        assert arrivals.rate_per_s is not None
        expected = duration_s * arrivals.rate_per_s
        times = arrivals.times(int(expected + 10 * math.sqrt(expected) * max(1.0, arrivals.cv) + 20), rng)
        times = times[times <= duration_s]
        if not len(times):
            raise InputError(
                f"no request arrives in {duration_s:g} s at {arrivals.rate_per_s:g} per second",
                where=f"workload {law.name!r}",
                remedy="raise the rate or the duration",
            )
    prompt, output = law.draw(len(times), np.random.default_rng([seed, 0]))
    return Workload(law.name, prompt, output, times)


def _found(name: str, data_dirs: Sequence[Path]) -> Path:
    for folder in (Path(), *data_dirs):
        path = folder / Path(name).expanduser()
        if path.is_file():
            return path
    raise InputError(f"there is no file {name!r}", where="workload", remedy="check the path, or give --data-dir")


def _of_trace(
    path: Path, requests: int | None, duration_s: float | None, arrivals: Arrivals | None, seed: int
) -> Workload:
    from llmserve.workload.trace import read_trace

    workload = read_trace(path, limit=requests)
    if arrivals is not None:
        workload = workload.at_rate(arrivals, seed)
    if duration_s is None:
        return workload
    kept = workload.arrival_s <= duration_s
    if not kept.any():
        raise InputError(f"no request arrives in {duration_s:g} s", where=str(path), remedy="raise the duration")
    if len(workload.follows):
        raise InputError("a trace of conversations cannot be cut by time", where=str(path), remedy="give a number")
    return Workload(workload.name, workload.prompt_tokens[kept], workload.output_tokens[kept], workload.arrival_s[kept])
