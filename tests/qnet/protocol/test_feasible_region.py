"""The feasible region: staircases that fall with hops and rise with memory time."""

from itertools import pairwise

import pytest

from qnet.protocol.physical import PhysicalOptions
from qnet.protocol.region import RegionRow, feasible_region
from qnet.protocol.region_figure import region_figure
from schedcore.errors import InputError, UnknownNameError

FAST = PhysicalOptions(windows=(0.65, 0.9), links=6, front=(5, 4, 3), rounds=1)


@pytest.mark.parametrize("family", ["nv", "futuristic"])
def test_fewer_hops_and_longer_memories_reach_more(family: str) -> None:
    table = {(r.t2_s, r.hops): r for r in feasible_region(family, (1, 2, 3), (1.0, 10.0), options=FAST)}
    assert set(table) == {(t2, hops) for t2 in (1.0, 10.0) for hops in (1, 2, 3)}
    for t2_s in (1.0, 10.0):
        for near, far in pairwise((1, 2, 3)):
            assert table[t2_s, near].best_fidelity >= table[t2_s, far].best_fidelity - 1e-3
    for hops in (1, 2, 3):
        assert table[10.0, hops].best_fidelity >= table[1.0, hops].best_fidelity
    row = table[10.0, 2]
    assert row.best_rate_hz(0.3) == max(rate for _, rate, _ in row.staircase)
    assert row.best_rate_hz(row.best_fidelity) == row.rate_at_best_hz
    assert row.best_rate_hz(0.9999) == 0.0


def test_refusals() -> None:
    with pytest.raises(InputError, match="give numbers of links"):
        list(feasible_region("nv", ()))
    with pytest.raises(UnknownNameError, match="family"):
        list(feasible_region("nw", (1,)))  # type: ignore[arg-type]


def test_picture_has_a_panel_per_memory_time() -> None:
    rows = [
        RegionRow("nv", hops, t2_s, ((0.6, 5.0 / hops, 0.5), (0.7 + 0.01 * t2_s, 1.0 / hops, 0.4)))
        for hops in (1, 2)
        for t2_s in (1.0, 10.0)
    ]
    figure = region_figure(rows)
    assert [axes.get_title() for axes in figure.axes] == ["T2 = 1 s", "T2 = 10 s"]
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["1 hop", "2 hops"]
    assert not region_figure([RegionRow("nv", 1, 1.0, ())]).axes
