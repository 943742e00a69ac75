"""The window search beside exhaustive search and hand-worked pipelines."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmserve.plan.packer import PackerParameters, pack, sequential_schedule, serial_in
from llmserve.plan.window_model import orders_of, solve_window
from schedcore.check import check
from schedcore.errors import InputError, UnsupportedFeatureError
from schedcore.model import Problem, ProblemBuilder
from schedcore.solvers import Status, solve


def two_streams() -> Problem:
    """A and B alternate on compute (3 ticks, half the GPU) and memory (2 ticks on all of it, 3 on half): period 6."""
    b = ProblemBuilder("two streams")
    gemm, gemv, gpu = b.unary("gemm"), b.unary("gemv"), b.renewable("GPU", 1000)
    for n in "AB":
        compute = b.task(f"compute {n}", 3, on=gemm, demands={gpu: 500})
        memory = b.task(
            f"memory {n}",
            modes=[b.mode(2, on=gemv, demands={gpu: 1000}), b.mode(3, on=gemv, demands={gpu: 500})],
        )
        b.precedence(compute, memory)
        b.precedence(memory, compute, iterations=1)
    b.cycle(1, 10)
    b.horizon(40)
    b.minimise(period=1)
    return b.build()


def test_two_nano_batches_fill_both_streams() -> None:
    problem = two_streams()
    result = solve_window(problem, stages=2, time_limit_s=20)
    assert (result.status, result.period, result.bound) == (Status.OPTIMAL, 6, 6)
    # The memory part of B starts when the next round does: not within one period of the first start.
    assert solve_window(problem, stages=1, time_limit_s=20).period == 7
    assert result.schedule is not None
    check(problem, result.schedule).require_ok()
    assert sequential_schedule(problem).cycle == 10
    packed = pack(problem, PackerParameters(steps=2_000, stages=2))
    check(problem, packed).require_ok()
    assert packed.cycle == 6


def test_orders_are_kept() -> None:
    problem = two_streams()
    result = solve_window(problem, orders={0: [2, 0], 1: [3, 1]}, time_limit_s=20)
    assert result.schedule is not None
    assert orders_of(problem, result.schedule) == {0: [2, 0], 1: [3, 1]}


def test_no_schedule_below_the_optimum() -> None:
    assert solve_window(two_streams(), longest=5, time_limit_s=20).status is Status.INFEASIBLE


def test_a_second_stage_can_pay() -> None:
    """A chain over three streams whose loop spans two rounds: one window of starts cannot hold it at the load bound."""
    b = ProblemBuilder("chain")
    streams = [b.unary(name) for name in "abc"]
    tasks = [b.task(f"t{k}", 3, on=streams[k]) for k in range(3)]
    b.chain(*tasks)
    b.precedence(tasks[2], tasks[0], iterations=2)
    b.cycle(3, 9)
    b.horizon(40)
    b.minimise(period=1)
    problem = b.build()
    one, two = solve_window(problem, stages=1), solve_window(problem, stages=2)
    assert (one.period, two.period) == (7, 5)
    assert two.schedule is not None
    check(problem, two.schedule).require_ok()
    assert solve(problem, "exhaustive", time_limit_s=20).value == 5


@given(st.data())
@settings(max_examples=12, deadline=None)
def test_random_layers_agree_with_the_core(data: st.DataObject) -> None:
    b = ProblemBuilder("random")
    streams = [b.unary("x"), b.unary("y")]
    gpu = b.renewable("GPU", 4)
    chains = data.draw(st.integers(1, 2))
    for _ in range(chains):
        tasks = []
        for stream in streams:
            length = data.draw(st.integers(1, 3))
            modes = [b.mode(length, on=stream, demands={gpu: 4})]
            if data.draw(st.booleans()):
                share = data.draw(st.integers(1, 3))
                modes.append(b.mode(length + data.draw(st.integers(1, 2)), on=stream, demands={gpu: share}))
            tasks.append(b.task(f"t{len(b._tasks)}", modes=modes))
        b.chain(*tasks)
        b.precedence(tasks[-1], tasks[0], iterations=1)
    b.cycle(1, 20)
    b.horizon(60)
    b.minimise(period=1)
    problem = b.build()
    exact = solve(problem, "cpsat", time_limit_s=20)
    window = solve_window(problem, stages=2, time_limit_s=20)
    assert exact.status is Status.OPTIMAL
    assert window.status is Status.OPTIMAL
    assert window.schedule is not None
    check(problem, window.schedule).require_ok()
    # Chains of one round never need more than two stages here.
    assert window.period == exact.value
    single = solve_window(problem, stages=1, time_limit_s=20)
    assert single.period is not None
    assert single.period >= window.period
    packed = pack(problem, PackerParameters(steps=300, stages=2))
    check(problem, packed).require_ok()
    assert packed.cycle is not None
    assert exact.value is not None
    assert packed.cycle >= exact.value


def test_equal_seeds_pack_equally() -> None:
    problem = two_streams()
    first, second = (pack(problem, PackerParameters(steps=50), seed=3) for _ in range(2))
    assert first == second


def test_serial_follows_the_sequence() -> None:
    schedule = serial_in(two_streams(), [0, 1, 2, 3])
    assert [p.start for p in schedule.placements] == [0, 3, 5, 8]


def test_what_is_not_understood_is_refused() -> None:
    b = ProblemBuilder("plain")
    b.task("t", 3, on=b.unary("m"))
    with pytest.raises(UnsupportedFeatureError, match="problems without cycle"):
        solve_window(b.build())
    problem = two_streams()
    with pytest.raises(UnsupportedFeatureError, match="releases"):
        pack(problem.replace(tasks=(problem.tasks[0].__class__("t", problem.tasks[0].modes, release=2),), lags=()))
    with pytest.raises(InputError, match="stages is 3"):
        solve_window(problem, stages=3)
    with pytest.raises(InputError, match="steps >= 0"):
        PackerParameters(steps=-1)
    circle = problem.replace(lags=(*problem.lags, problem.lags[1].__class__(1, 0, 0, None)))
    with pytest.raises(InputError, match="form a circle"):
        pack(circle)
