"""Durations: tables with interpolation, published ones, the roofline."""

from __future__ import annotations

import pytest

from llmserve.deployment import parse_deployment
from llmserve.profile import AttentionTable, OperationTimes, ProfiledTimes, RooflineTimes, published_profile
from llmserve.profile.published import LLAMA_70B_TP8_A100
from schedcore.errors import InputError, UnknownNameError


def test_points_are_met_and_lines_between_them() -> None:
    times = LLAMA_70B_TP8_A100
    assert times.seconds("UG", 640) == pytest.approx(0.287e-3)
    assert times.seconds("UG", 1024) == pytest.approx(0.437e-3)
    assert times.seconds("decode attention", 1280, 1024) == pytest.approx(0.4427e-3)
    assert times.seconds("decode attention", 1280, 1536) == pytest.approx((0.4427e-3 + 0.8304e-3) / 2)
    assert times.seconds("UG", 0) == 0.0


def test_beyond_the_table_lines_go_on_but_never_to_nothing() -> None:
    times = ProfiledTimes("t", {"O": ((100, 1.0), (200, 1.8))}, AttentionTable((10.0,), (100.0,), ((0.5,),)))
    assert times.seconds("O", 300) == pytest.approx(2.6)
    assert times.seconds("O", 1) == pytest.approx(0.208)
    assert times.seconds("decode attention", 20, 100) == pytest.approx(1.0)


def test_sequential_layer_is_the_measured_one() -> None:
    times = LLAMA_70B_TP8_A100
    layer = sum(times.seconds(op, 2048) for op in ("KQV", "O", "UG", "D", "AllReduce", "AllReduce"))
    layer += times.seconds("decode attention", 1365, 1024.5) + times.seconds("prefill attention", 683)
    # Table 2: 225.05 ms for 80 layers.
    assert layer == pytest.approx(225.05e-3 / 80, rel=0.01)


def test_published_profiles_by_deployment() -> None:
    assert published_profile(parse_deployment("llama-3-70b@8xa100")) is LLAMA_70B_TP8_A100
    assert published_profile(parse_deployment("llama-3-8b@1xa100")) is not None
    assert published_profile(parse_deployment("llama-3-8b@1xh200")) is None


def test_roofline_layers() -> None:
    times = RooflineTimes(parse_deployment("llama-3-8b@1xh200"))
    assert isinstance(times, OperationTimes)
    assert times.seconds("UG", 2048) * 32 == pytest.approx(19.49e-3, rel=0.001)
    # 683 requests with 1280 tokens: 114.5 GB at 4.3 TB/s, and the queries.
    assert times.seconds("decode attention", 683, 1280) * 32 == pytest.approx(26.7e-3, rel=0.01)
    assert times.seconds("AllReduce", 2048) == 0.0
    both = RooflineTimes(parse_deployment("llama-2-70b@8xa100"), overhead_s=1e-6)
    assert both.seconds("AllReduce", 512) - 1e-6 == pytest.approx(2 * (both.seconds("AllGather", 512) - 1e-6))


def test_refusals() -> None:
    with pytest.raises(UnknownNameError, match="unknown operation 'UP'"):
        LLAMA_70B_TP8_A100.seconds("UP", 3)
    with pytest.raises(UnknownNameError, match="unknown operation"):
        RooflineTimes(parse_deployment("llama-3-8b@1xh200")).seconds("norms", 3)
    table = AttentionTable((1.0,), (1.0,), ((1.0,),))
    with pytest.raises(UnknownNameError, match="unknown operation 'Q'"):
        ProfiledTimes("t", {"Q": ((1, 1.0),)}, table)
    with pytest.raises(InputError, match="depends on context"):
        ProfiledTimes("t", {"decode attention": ((1, 1.0),)}, table)
    with pytest.raises(InputError, match="numbers that increase"):
        ProfiledTimes("t", {"O": ((2, 1.0), (1, 1.0))}, table)
    with pytest.raises(InputError, match="a duration of O is 0"):
        ProfiledTimes("t", {"O": ((1, 0.0),)}, table)
    with pytest.raises(InputError, match="the table is not 2 x 1"):
        AttentionTable((1.0, 2.0), (1.0,), ((1.0,),))
