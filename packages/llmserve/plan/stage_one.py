"""Stage I on given sizes: which tokens every nano-operation gets, and the order, at the shortest period.

This is the released first stage of NanoFlow (sizes as its notebook found them, no interference), as a cyclic problem
instead of three unrolled layers.  ``contiguous`` gives every nano-operation a range of the row of tokens; ``free``
lets it have any chunks of 128 tokens, as the notebook does.  Chunks that are treated alike are interchangeable, so that
``free`` counts chunks by the nano-operations that they pass through instead of naming them.
"""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from llmserve.plan.layer_problem import layer_problem
from llmserve.plan.published_sizes import NanoSizes
from llmserve.plan.structure import GRID, LayerStructure, NanoOperation, Ranges, Role, placeholder_structure
from llmserve.plan.window_model import WindowModel, WindowResult, add_precedence, hint_window, run_window, window_model
from schedcore.errors import InputError
from schedcore.model import Problem, Schedule
from schedcore.solvers import Status

_STEPS: tuple[tuple[Role, ...], ...] = (
    (Role.KQV,),
    (Role.DECODE, Role.PREFILL),
    (Role.GATHER_ATTENTION, Role.O_ROW),
    (Role.UP_GATE,),
    (Role.REDUCE_DOWN,),
)
"""The roles that cut the row of tokens anew; the others follow one of them."""

Layout = tuple[Ranges, ...]
"""Ranges of the pieces of one step."""


@dataclass(frozen=True)
class StageOneResult:
    """What stage I found: the structure, its problem (without shares), the schedule, and a proven bound in ticks.

    ``bound`` holds for every choice of tokens of the mode, and for schedules of as many stages as were asked for.
    """

    status: Status
    structure: LayerStructure | None
    problem: Problem
    schedule: Schedule | None
    bound: float
    wall_s: float
    trace: tuple[tuple[float, float, float], ...] = ()


@dataclass
class _Pieces:
    """Nano-operations before their tokens are known: position of every piece in the placeholder's operations."""

    sizes: NanoSizes
    index: dict[tuple[Role, int], int] = field(default_factory=dict)

    def step(self, roles: Sequence[Role]) -> list[tuple[int, Role, int]]:
        """``(task, role, tokens)`` of the pieces of a step."""
        return [
            (self.index[role, i], role, tokens)
            for role in roles
            for i, (tokens, _) in enumerate(self.sizes.pieces_ms.get(role, ()))
        ]


def stage_one(
    sizes: NanoSizes,
    *,
    chunks: str = "contiguous",
    stages: int = 1,
    tick_us: int = 1,
    hint: StageOneResult | None = None,
    time_limit_s: float = 20.0,
    deterministic_limit: float | None = None,
    workers: int = 1,
    seed: int = 0,
    longest: int | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> StageOneResult:
    """The shortest period over tokens, order and timing.

    Parameters
    ----------
    chunks
        ``contiguous`` or ``free``.
    stages
        See :func:`~llmserve.plan.window_model.window_model`.
    hint
        A result of the same sizes to start from.
    longest
        Largest period of interest, in ticks.

    Raises
    ------
    InputError
        Sizes off the grid or an unknown way of giving tokens.
    """
    if chunks not in ("contiguous", "free"):
        raise InputError(f"chunks is {chunks!r}", where="stage I", remedy="give 'contiguous' or 'free'")
    begin = time.perf_counter()
    placeholder, seconds, pieces = _placeholder(sizes)
    problem = layer_problem(placeholder, seconds, None, tick_us=tick_us, name="stage I").replace(lags=())

    def model() -> tuple[WindowModel, _Meets]:
        made = window_model(problem, longest=longest, stages=stages, with_lags=False)
        return made, _Meets(made, pieces)

    def finish(made: WindowModel, meets: _Meets) -> None:
        _state_dependencies(made, pieces, meets)
        if chunks == "free":
            _break_ties(made, pieces)

    built, meets = model()
    if chunks == "contiguous":
        read = _contiguous(built, pieces, meets)
    else:
        # The relaxation is proven quickly; its bound spares the search over whole paths the proof.
        loose, loosely = model()
        _transport(loose, [pieces.step(roles) for roles in _STEPS], loosely)
        finish(loose, loosely)
        part = 0.4 * time_limit_s
        counted = None if deterministic_limit is None else 0.4 * deterministic_limit
        bound = run_window(
            loose,
            time_limit_s=part,
            deterministic_limit=counted,
            workers=workers,
            seed=seed,
            should_stop=should_stop,
        ).bound
        read = _free(built, pieces, meets)
        if bound == math.inf:
            built.model.add_bool_or([])
        else:
            built.model.add(built.period >= int(bound))
    finish(built, meets)
    if hint is not None and hint.schedule is not None:
        hint_window(built, hint.schedule)
    time_limit_s = max(0.1, time_limit_s - (time.perf_counter() - begin))
    result, tokens = _solve(built, read, time_limit_s, deterministic_limit, workers, seed, should_stop)
    if result.schedule is None or tokens is None:
        return StageOneResult(result.status, None, problem, None, result.bound, result.wall_s, result.trace)
    structure = LayerStructure(
        sizes.dense_tokens,
        sizes.decode_tokens,
        tuple(
            NanoOperation(op.role, op.number, tokens[i] if i in tokens else _follow(placeholder, pieces, tokens, i))
            for i, op in enumerate(placeholder.operations)
        ),
    )
    final = layer_problem(structure, seconds, None, tick_us=tick_us, name=f"stage I, {chunks} tokens")
    return StageOneResult(result.status, structure, final, result.schedule, result.bound, result.wall_s, result.trace)


def _placeholder(sizes: NanoSizes) -> tuple[LayerStructure, tuple[float, ...], _Pieces]:
    """A structure with the right pieces in some order of tokens: what a problem without lags is built from."""
    for rows in sizes.pieces_ms.values():
        if any(tokens % GRID for tokens, _ in rows):
            raise InputError(f"sizes {rows}", where="stage I", remedy=f"give multiples of {GRID} tokens")
    structure = placeholder_structure(
        sizes.dense_tokens,
        sizes.decode_tokens,
        {role: tuple(tokens for tokens, _ in rows) for role, rows in sizes.pieces_ms.items()},
    )
    pieces = _Pieces(sizes)
    seconds = []
    for i, op in enumerate(structure.operations):
        pieces.index[op.role, op.number - 1] = i
        seconds.append(sizes.pieces_ms[op.role][op.number - 1][1] * 1e-3)
    return structure, tuple(seconds), pieces


class _Meets:
    """Literals that are true if two pieces have a token in common (they may be true without)."""

    def __init__(self, built: WindowModel, pieces: _Pieces) -> None:
        self.model = built.model
        self.literals: dict[tuple[int, int], Any] = {}

    def of(self, a: int, b: int) -> Any:
        """The literal for the pieces with tasks ``a`` and ``b``, of neighbouring steps."""
        if (a, b) not in self.literals:
            self.literals[a, b] = self.model.new_bool_var("")
        return self.literals[a, b]


def _state_dependencies(built: WindowModel, pieces: _Pieces, meets: _Meets) -> None:
    def rows(*roles: Role) -> list[int]:
        return [task for task, _, _ in pieces.step(roles)]

    attention = rows(Role.DECODE, Role.PREFILL)
    for v in attention:
        for u in rows(Role.KQV):
            add_precedence(built, u, v, only_if=[meets.of(u, v)])
    for v in rows(Role.GATHER_ATTENTION, Role.O_ROW):
        for u in attention:
            add_precedence(built, u, v, only_if=[meets.of(u, v)])
    gathers, column = rows(Role.GATHER_ATTENTION), rows(Role.O_COLUMN)
    for v in column:
        for u in gathers:
            add_precedence(built, u, v)
    for u, v in itertools.product(column, rows(Role.GATHER_O)):
        add_precedence(built, u, v)
    for u, v in zip(rows(Role.O_ROW), rows(Role.REDUCE_O), strict=True):
        add_precedence(built, u, v)
    for v in rows(Role.UP_GATE):
        for u, r in zip(rows(Role.O_ROW), rows(Role.REDUCE_O), strict=True):
            add_precedence(built, r, v, only_if=[meets.of(u, v)])
        for u in gathers:
            for g in rows(Role.GATHER_O):
                add_precedence(built, g, v, only_if=[meets.of(u, v)])
    up, down = rows(Role.UP_GATE), rows(Role.DOWN)
    for u, v in zip(up, down, strict=True):
        add_precedence(built, u, v)
    for v in rows(Role.REDUCE_DOWN):
        for u, d in zip(up, down, strict=True):
            add_precedence(built, d, v, only_if=[meets.of(u, v)])
    for v in rows(Role.KQV):
        for u in rows(Role.REDUCE_DOWN):
            add_precedence(built, u, v, 1, only_if=[meets.of(u, v)])


def _contiguous(
    built: WindowModel, pieces: _Pieces, meets: _Meets
) -> Callable[[Callable[[Any], int]], dict[int, Ranges]]:
    """Every step takes one of the orders of its pieces along the row."""
    model = built.model
    choices: list[tuple[list[int], list[Layout], list[Any]]] = []
    for roles in _STEPS:
        step = pieces.step(roles)
        layouts = _layouts(pieces, roles)
        literals = [model.new_bool_var("") for _ in layouts]
        model.add_exactly_one(literals)
        choices.append(([task for task, _, _ in step], layouts, literals))
    for first, second in zip(choices, [*choices[1:], choices[0]], strict=True):
        for (i, a), (j, b) in itertools.product(enumerate(first[0]), enumerate(second[0])):
            meet = meets.of(a, b)
            for (x, one), (y, other) in itertools.product(
                zip(first[2], first[1], strict=True), zip(second[2], second[1], strict=True)
            ):
                if _meet(one[i], other[j]):
                    model.add_bool_or([~x, ~y, meet])

    def read(value: Callable[[Any], int]) -> dict[int, Ranges]:
        tokens: dict[int, Ranges] = {}
        for tasks, layouts, literals in choices:
            layout = layouts[next(k for k, x in enumerate(literals) if value(x))]
            tokens.update(zip(tasks, layout, strict=True))
        return tokens

    return read


def _layouts(pieces: _Pieces, roles: Sequence[Role]) -> list[Layout]:
    """All ways to lay the pieces of a step along the row; equal pieces are not exchanged."""
    sizes = pieces.sizes
    step = pieces.step(roles)
    if roles[0] is Role.DECODE:
        decode = [t for _, role, t in step if role is Role.DECODE]
        prefill = [t for _, role, t in step if role is Role.PREFILL]
        return [(*a, *b) for a in _permutations(decode, 0) for b in _permutations(prefill, sizes.decode_tokens)]
    if roles[0] is Role.GATHER_ATTENTION:
        gathers = [t for _, role, t in step if role is Role.GATHER_ATTENTION]
        rows = [t for _, role, t in step if role is Role.O_ROW]
        found = []
        for start, row_start in ((0, sum(gathers)), (sum(rows), 0)):
            found += [(*a, *b) for a in _permutations(gathers, start) for b in _permutations(rows, row_start)]
        return found
    return _permutations([t for _, _, t in step], 0)


def _permutations(sizes: Sequence[int], start: int) -> list[Layout]:
    found: dict[tuple[int, ...], Layout] = {}
    for order in itertools.permutations(range(len(sizes))):
        key = tuple(sizes[i] for i in order)
        if key in found:
            continue
        at = start
        ranges: dict[int, Ranges] = {}
        for i in order:
            ranges[i] = ((at, at + sizes[i]),)
            at += sizes[i]
        found[key] = tuple(ranges[i] for i in range(len(sizes)))
    return list(found.values())


def _meet(one: Ranges, other: Ranges) -> bool:
    return any(a < d and c < b for a, b in one for c, d in other)


def _free(built: WindowModel, pieces: _Pieces, meets: _Meets) -> Callable[[Callable[[Any], int]], dict[int, Ranges]]:
    """Counts of chunks by the pieces that they pass through, one piece of every step."""
    model = built.model
    steps = [pieces.step(roles) for roles in _STEPS]
    counts: dict[tuple[int, ...], Any] = {}
    for path in itertools.product(*steps):
        most = min(tokens for _, _, tokens in path) // GRID
        counts[tuple(task for task, _, _ in path)] = model.new_int_var(0, most, "")
    for k, step in enumerate(steps):
        for task, _, tokens in step:
            model.add(sum(n for path, n in counts.items() if path[k] == task) == tokens // GRID)
    shared = _transport(built, steps, meets)
    for k in range(len(steps)):
        following = (k + 1) % len(steps)
        for (a, b), chunks in shared[k].items():
            model.add(chunks == sum(n for path, n in counts.items() if path[k] == a and path[following] == b))
    decode = {task for task, role, _ in steps[1] if role is Role.DECODE}

    def read(value: Callable[[Any], int]) -> dict[int, Ranges]:
        chunks: dict[int, list[int]] = {task: [] for step in steps for task, _, _ in step}
        at = 0
        for path in sorted(counts, key=lambda path: (path[1] not in decode, path)):
            for _ in range(value(counts[path])):
                for task in path:
                    chunks[task].append(at)
                at += 1
        return {task: _ranges(numbers) for task, numbers in chunks.items()}

    return read


def _transport(
    built: WindowModel, steps: Sequence[Sequence[tuple[int, Role, int]]], meets: _Meets
) -> list[dict[tuple[int, int], Any]]:
    """Chunks that pieces of neighbouring steps share, per step and pair; without more, a relaxation of free chunks.

    Every way to give chunks to pieces has such numbers; the converse fails only if no chunk can follow them all the
    way round.
    """
    model = built.model
    found = []
    for k, step in enumerate(steps):
        following = steps[(k + 1) % len(steps)]
        shared: dict[tuple[int, int], Any] = {}
        for (a, _, s), (b, _, t) in itertools.product(step, following):
            shared[a, b] = model.new_int_var(0, min(s, t) // GRID, "")
            model.add(shared[a, b] >= 1).only_enforce_if(meets.of(a, b))
            model.add(shared[a, b] == 0).only_enforce_if(~meets.of(a, b))
        for a, _, s in step:
            model.add(sum(shared[a, b] for b, _, _ in following) == s // GRID)
            # Redundant, and what makes proofs quick: what a piece meets is large enough for its chunks.
            model.add(sum(t // GRID * meets.of(a, b) for b, _, t in following) >= s // GRID)
        for b, _, t in following:
            model.add(sum(shared[a, b] for a, _, _ in step) == t // GRID)
            model.add(sum(s // GRID * meets.of(a, b) for a, _, s in step) >= t // GRID)
        found.append(shared)
    return found


def _ranges(chunks: Sequence[int]) -> Ranges:
    ranges: list[tuple[int, int]] = []
    for c in sorted(chunks):
        if ranges and ranges[-1][1] == c * GRID:
            ranges[-1] = (ranges[-1][0], (c + 1) * GRID)
        else:
            ranges.append((c * GRID, (c + 1) * GRID))
    return tuple(ranges)


def _break_ties(built: WindowModel, pieces: _Pieces) -> None:
    """Equal pieces run in the order of their numbers, for with free chunks any two of them may be exchanged."""
    for role, rows in pieces.sizes.pieces_ms.items():
        by_size: dict[tuple[int, float], list[int]] = {}
        for i, row in enumerate(rows):
            by_size.setdefault(row, []).append(pieces.index[role, i])
        for equal in by_size.values():
            for a, b in itertools.pairwise(equal):
                if isinstance(built.stages[a], int):
                    built.model.add(built.starts[a] <= built.starts[b])


def _follow(placeholder: LayerStructure, pieces: _Pieces, tokens: Mapping[int, Ranges], task: int) -> Ranges:
    """Tokens of a piece that follows a step: O and its AllGather, O's AllReduce, D."""
    op = placeholder.operations[task]
    leader = {Role.REDUCE_O: Role.O_ROW, Role.DOWN: Role.UP_GATE}.get(op.role)
    if leader is not None:
        return tokens[pieces.index[leader, op.number - 1]]
    gathered = [tokens[t] for t, _, _ in pieces.step((Role.GATHER_ATTENTION,))]
    return _ranges([c for ranges in gathered for a, b in ranges for c in range(a // GRID, b // GRID)])


def _solve(
    built: WindowModel,
    read: Callable[[Callable[[Any], int]], dict[int, Ranges]],
    time_limit_s: float,
    deterministic_limit: float | None,
    workers: int,
    seed: int,
    should_stop: Callable[[], bool] | None,
) -> tuple[WindowResult, dict[int, Ranges] | None]:
    final: dict[int, Ranges] = {}

    def keep(value: Callable[[Any], int]) -> None:
        final.clear()
        final.update(read(value))

    result = run_window(
        built,
        time_limit_s=time_limit_s,
        deterministic_limit=deterministic_limit,
        workers=workers,
        seed=seed,
        should_stop=should_stop,
        on_values=keep,
    )
    return result, final or None
