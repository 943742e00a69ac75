"""Search for the plan of a deployment and workload: structures, orders, shares and times together.

The published search decides the structure without interference (stage I) and the shares for that structure (stage II).
Here many structures are packed with shares right away, the best ones longer, and the winner is polished and bounded by
CP-SAT: first with its order on each stream, which CP-SAT proves quickly, then with every order.
"""

from __future__ import annotations

import functools
import itertools
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from llmserve.batch import steady_batch
from llmserve.deployment import Deployment
from llmserve.interference import REPOSITORY, Interference
from llmserve.plan.layer_problem import layer_problem, stand_alone_seconds
from llmserve.plan.packer import PackerParameters, pack
from llmserve.plan.plan import Plan, PlanContext
from llmserve.plan.stagger import staggered_guess
from llmserve.plan.structure import GRID, LayerStructure, contiguous_structure
from llmserve.plan.window_model import orders_of, solve_window
from llmserve.profile import OperationTimes, RooflineTimes, published_profile
from schedcore.errors import InputError
from schedcore.model import Problem, Schedule
from schedcore.solvers import Status

FALLBACK_GAIN = 1.02
"""Smallest predicted gain of an iteration for which a plan overlaps; below, the sequential order is run."""


@dataclass(frozen=True)
class LayerQuestion:
    """What is to be planned.

    Parameters
    ----------
    deployment
        Model and GPUs.
    workload, prompt_tokens, output_tokens
        Name and mean lengths.
    dense_tokens
        Token budget of an iteration.
    times, interference
        Stand-alone durations, and what overlap costs.
    other_s
        Seconds of an iteration outside the planned operations.
    tick_us
        Grid of the plan, in microseconds.
    """

    deployment: Deployment
    workload: str
    prompt_tokens: float
    output_tokens: float
    dense_tokens: int
    times: OperationTimes
    interference: Interference = REPOSITORY
    other_s: float = 0.0
    tick_us: int = 1

    def __post_init__(self) -> None:
        if self.dense_tokens < GRID or self.dense_tokens % GRID:
            raise InputError(
                f"the dense budget is {self.dense_tokens} tokens",
                where="--dense-tokens",
                remedy=f"give a positive multiple of {GRID}",
            )

    @property
    def decode_tokens(self) -> int:
        """Decode tokens of a steady iteration."""
        batch = steady_batch(self.dense_tokens, self.prompt_tokens, self.output_tokens)
        return min(round(batch.decode_tokens), self.dense_tokens)

    @property
    def decode_context(self) -> float:
        """Mean cached tokens of a request."""
        return self.prompt_tokens + (self.output_tokens + 1) / 2

    @property
    def prefill_context(self) -> float:
        """Mean keys per prefill token: half the prompt, for attention is causal."""
        return self.prompt_tokens / 2

    def seconds(self, structure: LayerStructure) -> tuple[float, ...]:
        """Stand-alone seconds of the nano-operations of ``structure``."""
        return stand_alone_seconds(
            structure, self.times, decode_context=self.decode_context, prefill_context=self.prefill_context
        )

    def whole(self) -> LayerStructure:
        """The layer without nano-batches."""
        paths = ("AR",) if self.deployment.gpus > 1 else ()
        return contiguous_structure(
            self.dense_tokens, self.decode_tokens, nano_batches=(self.dense_tokens,), paths=paths
        )

    def context(self) -> PlanContext:
        """What a plan says of the question."""
        return PlanContext(
            self.deployment.name,
            self.workload,
            self.dense_tokens,
            self.decode_tokens,
            self.decode_context,
            self.prefill_context,
            sum(self.seconds(self.whole())),
            self.deployment.model.num_layers,
            self.other_s,
            self.times.name,
            self.interference.name,
        )

    def problem(self, structure: LayerStructure) -> Problem:
        """The problem of the layer with ``structure``."""
        return layer_problem(
            structure,
            self.seconds(structure),
            self.interference,
            tick_us=self.tick_us,
            name=f"layer of {self.deployment.name}, {self.workload}",
        )


def layer_question(
    deployment: Deployment,
    workload: str,
    prompt_tokens: float,
    output_tokens: float,
    *,
    dense_tokens: int | None = None,
    times: OperationTimes | None = None,
    interference: Interference = REPOSITORY,
    other_s: float = 0.0,
    tick_us: int = 1,
) -> LayerQuestion:
    """A question with defaults: published durations where there are any, else the roofline; a budget that fits.

    The default budget is 2048 tokens, or the largest power of two (at least 128) that the memory allows.
    """
    from llmserve.bounds import maximum_batch

    if dense_tokens is None:
        dense_tokens = 2048
        if output_tokens > 0:
            most = maximum_batch(
                deployment.model,
                deployment.memory_bytes,
                prompt_tokens,
                output_tokens,
                weight_bytes=deployment.model.weight_bytes,
            ).dense_tokens
            while dense_tokens > GRID and dense_tokens > most:
                dense_tokens //= 2
    return LayerQuestion(
        deployment,
        workload,
        prompt_tokens,
        output_tokens,
        dense_tokens,
        times or published_profile(deployment) or RooflineTimes(deployment),
        interference,
        other_s,
        tick_us,
    )


@dataclass(frozen=True)
class Effort:
    """How long to search.

    Parameters
    ----------
    first_steps, survivors, second_steps
        Steps of the packer for every structure (more where there are fewer than 160), number of structures that get
        more, and the steps that they get.
    prove_s
        Seconds for CP-SAT with the order of the best plan, and again with every order.
    """

    first_steps: int = 6_000
    survivors: int = 6
    second_steps: int = 240_000
    prove_s: float = 4.0


QUICK = Effort(1_500, 3, 15_000, 1.0)
"""For tests and previews."""


def candidate_structures(question: LayerQuestion) -> Iterator[LayerStructure]:
    """Structures worth a try: two or three nano-batches at several places, finer KQV and AllReduce, both paths."""
    total, decode = question.dense_tokens, question.decode_tokens
    network = question.deployment.gpus > 1
    seen: set[tuple[object, ...]] = set()
    for nano in _splits(total):
        finer = tuple(itertools.chain.from_iterable(_halves(size) for size in nano))
        paths: Sequence[tuple[str, ...]] = [()]
        if network:
            paths = [("AR",) * len(nano), ("AG",) * len(nano), *_alternating(len(nano))]
        for kqv, path, reduce in itertools.product((nano, finer), paths, (nano, finer) if network else (nano,)):
            key = (nano, kqv, path, reduce)
            if key in seen:
                continue
            seen.add(key)
            yield contiguous_structure(
                total, decode, nano_batches=nano, kqv_sizes=kqv, paths=path, reduce_sizes=reduce if network else None
            )


def _splits(total: int) -> Iterator[tuple[int, ...]]:
    chunks = total // GRID
    if chunks < 2:
        return
    for sixteenths in range(3, 14):
        first = min(max(round(chunks * sixteenths / 16), 1), chunks - 1)
        yield first * GRID, (chunks - first) * GRID
    if chunks >= 6:
        third = chunks // 3
        rest = chunks - 2 * third
        for a, b, c in ((third, third, rest), (rest, third, third), (rest, rest, chunks - 2 * rest)):
            if min(a, b, c) > 0:
                yield a * GRID, b * GRID, c * GRID


def _halves(size: int) -> tuple[int, ...]:
    chunks = size // GRID
    return (size,) if chunks < 2 else (chunks // 2 * GRID, (chunks - chunks // 2) * GRID)


def _alternating(count: int) -> Iterator[tuple[str, ...]]:
    for first in ("AG", "AR"):
        other = "AR" if first == "AG" else "AG"
        yield tuple(first if i % 2 == 0 else other for i in range(count))


def _first_packing(problem: Problem, structure: LayerStructure, steps: int, seed: int) -> Schedule:
    """A short packing from the staggered guess, over two stages."""
    parameters = PackerParameters(steps, 1, 2, hot=0.003)
    return pack(problem, parameters, start=staggered_guess(problem, structure), seed=seed)


@functools.lru_cache(maxsize=32)
def _quick(question: LayerQuestion, steps: int, seed: int) -> LayerStructure:
    best: tuple[int, int, LayerStructure] | None = None
    candidates = list(candidate_structures(question))
    steps *= max(1, 160 // max(1, len(candidates)))
    for k, structure in enumerate(candidates):
        schedule = _first_packing(question.problem(structure), structure, steps, seed)
        row = (schedule.cycle or 0, k, structure)
        if best is None or row[:2] < best[:2]:
            best = row
    return question.whole() if best is None else best[2]


def quick_structure(question: LayerQuestion, *, steps: int = 1_000, seed: int = 0) -> LayerStructure:
    """The structure that a short packing of every candidate finds best; the same for the same question."""
    return _quick(question, steps, seed)


def search_plan(
    question: LayerQuestion,
    *,
    effort: Effort | None = None,
    structures: Sequence[LayerStructure] | None = None,
    fallback_gain: float = FALLBACK_GAIN,
    workers: int = 1,
    seed: int = 0,
    progress: Callable[[int, int, str], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> Plan:
    """The best plan found; sequential if its predicted gain is below ``fallback_gain``.

    Parameters
    ----------
    structures
        Structures to choose among; ``None``: :func:`candidate_structures`.
    progress
        Called with steps done, steps in all, and a line of text.

    Raises
    ------
    InputError
        There is no structure to try (a budget of a single chunk).
    """
    effort = effort or Effort()
    begin = time.perf_counter()
    candidates = list(structures) if structures is not None else list(candidate_structures(question))
    if not candidates:
        candidates = [question.whole()]
    stop = should_stop or (lambda: False)
    report = progress or (lambda done, total, label: None)
    total = len(candidates) + effort.survivors + 2
    packed: list[tuple[int, int, Problem, Schedule]] = []
    # Few structures get as many steps together as many would.
    first_steps = effort.first_steps * max(1, 160 // len(candidates))
    for k, structure in enumerate(candidates):
        problem = question.problem(structure)
        schedule = _first_packing(problem, structure, first_steps, seed + k)
        packed.append((schedule.cycle or 0, k, problem, schedule))
        best = min(packed, key=_rank)
        report(k + 1, total, f"{len(candidates)} structures, best {_ms(best)} ms per layer")
        if stop():
            break
    packed.sort(key=_rank)
    longer = []
    for i, (_, k, problem, schedule) in enumerate(packed[: effort.survivors]):
        if stop():
            break
        starts = (schedule, staggered_guess(problem, candidates[k]))
        for j, (start, hot) in enumerate(itertools.product(starts, (0.003, 0.01))):
            parameters = PackerParameters(effort.second_steps // 4, 1, 2, hot=hot)
            found = pack(problem, parameters, start=start, seed=seed + 31 * k + j)
            longer.append((found.cycle or 0, k, problem, found))
        report(
            len(candidates) + i + 1, total, f"best structures, {_ms(min([*longer, packed[0]], key=_rank))} ms per layer"
        )
    _, k, problem, schedule = min([*longer, packed[0]], key=_rank)
    schedule, bound, proof = _polish(problem, schedule, effort.prove_s, workers, seed, stop)
    report(total, total, "done")
    structure = candidates[k]
    plan = Plan(
        question.context(),
        structure,
        problem,
        schedule,
        question.seconds(structure),
        bound_s=float(problem.unit.to_seconds(int(bound))),
        notes={
            "structures": len(packed),
            "proof": proof,
            "seed": seed,
            "wall_s": round(time.perf_counter() - begin, 2),
        },
    )
    return plan if plan.gain >= fallback_gain else replace(plan, overlap=False)


def _rank(row: tuple[int, int, Problem, Schedule]) -> tuple[int, int]:
    return row[0], row[1]


def _ms(row: tuple[int, int, Problem, Schedule]) -> str:
    return f"{1e3 * float(row[2].unit.to_seconds(row[0])):.3f}"


def _polish(
    problem: Problem, schedule: Schedule, prove_s: float, workers: int, seed: int, stop: Callable[[], bool]
) -> tuple[Schedule, float, str]:
    """Improve with CP-SAT, and a bound of the period for this structure over one or two stages."""
    assert problem.cycle is not None
    bound = float(problem.cycle.minimum)
    if prove_s <= 0 or stop():
        return schedule, bound, "none"
    stages = 1 + (max(p.start for p in schedule.placements) >= (schedule.cycle or 0))
    kept = solve_window(
        problem,
        orders=orders_of(problem, schedule),
        hint=schedule,
        longest=schedule.cycle,
        stages=stages,
        time_limit_s=prove_s,
        workers=workers,
        seed=seed,
        should_stop=stop,
    )
    if kept.schedule is not None:
        schedule = kept.schedule
    proof = "order of the streams proven best timed" if kept.status is Status.OPTIMAL else "order not proven"
    free = solve_window(
        problem,
        hint=schedule,
        longest=schedule.cycle,
        stages=2,
        time_limit_s=prove_s,
        workers=workers,
        seed=seed,
        should_stop=stop,
    )
    if free.schedule is not None:
        schedule = free.schedule
    return schedule, max(bound, free.bound if free.bound < float("inf") else float(schedule.cycle or 0)), proof
