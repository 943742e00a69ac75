"""Hardware presets, and refusals of states, memories and noise that cannot be."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qnet.physics import BellState, bbpssw, dejmps, epl, swap, werner
from qnet.physics.hardware import SEED_TERMS, Hardware, futuristic_hardware, nv_hardware
from qnet.physics.noise import GateNoise
from qnet.physics.storage import Correlators, Memory
from schedcore.errors import InputError

WEIGHTS = st.lists(st.floats(0.01, 1.0), min_size=4, max_size=4).map(lambda w: BellState(*(x / sum(w) for x in w)))


@given(WEIGHTS, WEIGHTS)
@settings(max_examples=40)
def test_laws_of_swaps(a: BellState, b: BellState) -> None:
    assert swap(a, b) == pytest.approx(swap(b, a))
    assert swap(a, werner(1.0)) == pytest.approx(a)
    assert swap(a, werner(0.25)) == pytest.approx(werner(0.25))
    assert sum(swap(a, b, GateNoise(0.9, 0.9))) == pytest.approx(1)


@given(st.floats(0.3, 0.99))
@settings(max_examples=40)
def test_distillation_of_equal_werner_links_gains_only_above_one_half(fidelity: float) -> None:
    gain = dejmps(werner(fidelity), werner(fidelity)).state.i - fidelity
    assert (gain > 0) == (fidelity > 0.5) or abs(gain) < 1e-12


@given(WEIGHTS)
@settings(max_examples=40)
def test_correlators_give_the_weights_back(state: BellState) -> None:
    assert Correlators.of(state).weights() == pytest.approx(state)


def test_presets() -> None:
    nv = nv_hardware()
    assert nv.memory("a-C0").t2_s == 1.46
    assert nv.memory("node-with-dash-S3").t2_s == 1.0
    assert nv_hardware(100.0).storage.t2_s == 100.0
    assert nv_hardware(count_moves=True).move_weight == pytest.approx(0.956)
    assert futuristic_hardware(10).storage == Memory(t2_s=10)
    assert SEED_TERMS.certain


def test_refusals() -> None:
    with pytest.raises(InputError, match="more than twice T1"):
        Memory(1.0, 3.0)
    with pytest.raises(InputError, match="not both positive"):
        Memory(1.0, 0.0)
    with pytest.raises(InputError, match="gate quality"):
        GateNoise(1.2)
    with pytest.raises(InputError, match="readout quality"):
        GateNoise(1.0, 0.4)
    with pytest.raises(InputError, match="swap_success"):
        Hardware("x", swap_success=0.0)
    with pytest.raises(InputError, match="are not positive"):
        Hardware("x", swap_s=0.0)
    with pytest.raises(InputError, match="not all >= 0"):
        BellState(-0.1, 0.4, 0.3, 0.4).checked()
    with pytest.raises(InputError, match="sum to"):
        BellState(0.1, 0.4, 0.3, 0.4).checked()
    assert werner(0.8).checked() == werner(0.8)
    with pytest.raises(InputError, match="Werner state"):
        werner(1.1)
    with pytest.raises(InputError, match="EPL"):
        epl(1.0)
    with pytest.raises(InputError, match="never give equal outcomes"):
        bbpssw(BellState(1, 0, 0, 0), BellState(0, 1, 0, 0))
