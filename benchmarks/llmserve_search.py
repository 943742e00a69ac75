"""Plan search of llmserve beside the published one, on the published sizes and durations (70B, 8 x A100).

    python benchmarks/llmserve_search.py [--workers 2] [--time-limit 20]

Bars: a layer of at most 2.17 ms with contiguous ranges and 2.15 ms with free chunks, the optimum over one stage
certified, each within 20 s on two cores (published: 2.347 ms after 60 s on 200 threads, bound 0.38 ms per layer);
stage II keeps all rules on a grid of 10 us and reports a bound.
"""

from __future__ import annotations

import argparse
import time

from _machine import figure, machine

from llmserve.interference import REPOSITORY
from llmserve.plan.published_sizes import PUBLISHED_SIZES
from llmserve.plan.stage_one import StageOneResult, stage_one
from llmserve.plan.stage_two import stage_two
from schedcore.check import check
from schedcore.solvers import Status


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--time-limit", type=float, default=20.0, help="seconds for each search")
    options = parser.parse_args()
    print(f"{machine()}; {options.workers} workers")
    first: StageOneResult | None = None
    begin = time.perf_counter()
    for chunks, bar in (("contiguous", 2.17), ("free", 2.15)):
        result = stage_one(
            PUBLISHED_SIZES, chunks=chunks, hint=first, time_limit_s=options.time_limit, workers=options.workers
        )
        first = first or result
        took = time.perf_counter() - begin
        if result.schedule is None or result.schedule.cycle is None:
            raise SystemExit(f"no plan with {chunks} chunks in {took:.1f} s")
        check(result.problem, result.schedule).require_ok()
        period = result.schedule.cycle / 1000
        print(figure("", f"period, {chunks} chunks", f"{period:.3f} ms", f"<= {bar} ms", period <= bar))
        certified = result.status is Status.OPTIMAL
        bound = f"{result.bound / 1000:.3f} ms"
        print(figure("", f"optimum over one stage certified, {chunks} chunks", bound, "certified", certified))
        print(figure("", f"time, {chunks} chunks (with its start)", f"{took:.1f} s", "<= 20 s", took <= 20))
    assert first is not None
    assert first.structure is not None
    seconds = [1e-3 * PUBLISHED_SIZES.pieces_ms[op.role][op.number - 1][1] for op in first.structure.operations]
    for keep_order in (True, False):
        shares = stage_two(
            first,
            seconds,
            REPOSITORY,
            tick_us=10,
            keep_order=keep_order,
            time_limit_s=options.time_limit,
            workers=options.workers,
        )
        report = check(shares.problem, shares.schedule)
        order = "order of stage I" if keep_order else "free order"
        print(figure("", f"rules broken with shares, 10 us, {order}", str(len(report.violations)), "0", report.ok))
        period, sequential = 1e3 * shares.period_s, PUBLISHED_SIZES.sequential_ms
        name = f"period with shares, {order} (bound {1e3 * shares.bound_s:.2f} ms)"
        print(figure("", name, f"{period:.2f} ms", f"< {sequential:.2f} ms", period < sequential))


if __name__ == "__main__":
    main()
