"""Stage I on the published sizes, and on layers small enough to know the answer."""

from __future__ import annotations

from types import MappingProxyType

import pytest

from llmserve.interference import REPOSITORY
from llmserve.plan.packer import PackerParameters
from llmserve.plan.published_sizes import PUBLISHED_SIZES, PUBLISHED_SIZES_HALVED, NanoSizes
from llmserve.plan.stage_one import stage_one
from llmserve.plan.stage_two import stage_two
from llmserve.plan.structure import Role
from schedcore.check import check
from schedcore.errors import InputError
from schedcore.solvers import Status


def test_published_layer_is_certified() -> None:
    result = stage_one(PUBLISHED_SIZES, time_limit_s=60)
    assert result.status is Status.OPTIMAL
    assert result.schedule is not None
    assert result.structure is not None
    assert result.schedule.cycle == 2148 == result.bound
    check(result.problem, result.schedule).require_ok()
    sizes = sorted(op.tokens for op in result.structure.operations if op.role is Role.KQV)
    assert sizes == [256, 384, 640, 768]
    assert all(len(op.ranges) == 1 for op in result.structure.operations if op.role in (Role.KQV, Role.UP_GATE))


def test_halving_touches_kqv_alone() -> None:
    assert PUBLISHED_SIZES.sequential_ms - PUBLISHED_SIZES_HALVED.sequential_ms == pytest.approx(0.2515)


TINY = NanoSizes(
    512,
    256,
    MappingProxyType(
        {
            Role.KQV: ((256, 0.010), (256, 0.010)),
            Role.DECODE: ((256, 0.020),),
            Role.PREFILL: ((256, 0.020),),
            Role.GATHER_ATTENTION: ((256, 0.005),),
            Role.O_COLUMN: ((256, 0.010),),
            Role.GATHER_O: ((256, 0.005),),
            Role.O_ROW: ((256, 0.010),),
            Role.REDUCE_O: ((256, 0.005),),
            Role.UP_GATE: ((256, 0.030), (256, 0.030)),
            Role.DOWN: ((256, 0.010), (256, 0.010)),
            Role.REDUCE_DOWN: ((256, 0.005), (256, 0.005)),
        }
    ),
)


@pytest.mark.parametrize("chunks", ["contiguous", "free"])
def test_two_independent_halves_hide_everything_under_gemms(chunks: str) -> None:
    """GEMMs take 120 us: one half has attention and collectives under the GEMMs of the other.

    The halves are half a period apart, so that one of them runs into the next period: two stages.
    """
    result = stage_one(TINY, chunks=chunks, stages=2, tick_us=5, time_limit_s=30)
    assert (result.status, result.schedule and result.schedule.cycle) == (Status.OPTIMAL, 24)
    assert result.schedule is not None
    single = stage_one(TINY, chunks=chunks, stages=1, tick_us=5, time_limit_s=30)
    assert (single.status, single.schedule and single.schedule.cycle) == (Status.OPTIMAL, 28)
    check(result.problem, result.schedule).require_ok()


def test_a_result_is_a_hint_for_the_other_way() -> None:
    first = stage_one(TINY, tick_us=5, time_limit_s=30)
    second = stage_one(TINY, tick_us=5, chunks="free", hint=first, longest=28, time_limit_s=30)
    assert second.schedule is not None
    assert stage_one(TINY, tick_us=5, longest=27, time_limit_s=30).status is Status.INFEASIBLE


@pytest.mark.parametrize("keep_order", [True, False])
def test_stage_two_keeps_all_rules(keep_order: bool) -> None:
    first = stage_one(TINY, tick_us=5, time_limit_s=30)
    assert first.structure is not None
    seconds = [1e-3 * TINY.pieces_ms[op.role][op.number - 1][1] for op in first.structure.operations]
    result = stage_two(
        first,
        seconds,
        REPOSITORY,
        tick_us=5,
        keep_order=keep_order,
        packer=PackerParameters(2_000, 1, 2),
        time_limit_s=3,
    )
    check(result.problem, result.schedule).require_ok()
    assert 1e3 * result.period_s <= TINY.sequential_ms
    assert result.bound_s <= result.period_s


def test_absurd_questions_are_refused() -> None:
    with pytest.raises(InputError, match="chunks is 'some'"):
        stage_one(TINY, chunks="some")
    odd = NanoSizes(512, 256, MappingProxyType({**TINY.pieces_ms, Role.KQV: ((200, 0.1), (312, 0.1))}))
    with pytest.raises(InputError, match="multiples of 128"):
        stage_one(odd)
    infeasible = stage_one(TINY, tick_us=5, longest=27, time_limit_s=30)
    with pytest.raises(InputError, match="stage I found no structure"):
        stage_two(infeasible, [], REPOSITORY)
