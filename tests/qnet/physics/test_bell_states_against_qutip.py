"""Swap, distillation and storage of Bell-diagonal links against density matrices, to 1e-9."""

import math
import sys
from pathlib import Path

import numpy as np
import pytest

from qnet.physics import IDEAL_PAIR, BellState, bbpssw, dejmps, epl, swap, werner
from qnet.physics.noise import GateNoise
from qnet.physics.storage import Memory, waited
from qnet.physics.swapping import chain_fidelity

qt = pytest.importorskip("qutip")
sys.path.insert(0, str(Path(__file__).parent))
import density  # noqa: E402

A = BellState(0.85, 0.06, 0.02, 0.07)
B = BellState(0.80, 0.05, 0.05, 0.10)


def close(state: tuple[float, ...], expected: tuple[float, ...], tolerance: float = 1e-9) -> bool:
    return all(abs(a - b) < tolerance for a, b in zip(state, expected, strict=True))


def random_cases(count: int) -> list[tuple[BellState, BellState, GateNoise]]:
    rng = np.random.default_rng(5)
    cases = []
    for k in range(count):
        noise = GateNoise() if k % 3 == 0 else GateNoise(rng.uniform(0.7, 1), rng.uniform(0.7, 1))
        cases.append((BellState(*rng.dirichlet(np.ones(4))), BellState(*rng.dirichlet(np.ones(4))), noise))
    return cases


def test_printed_vectors() -> None:
    assert close(swap(A, B), (0.691, 0.096, 0.068, 0.145))
    p, state = bbpssw(A, B)
    assert p == pytest.approx(0.836)
    assert close(state, (0.8217703349, 0.0047846890, 0.0047846890, 0.1686602871), 1e-10)
    p, state = dejmps(A, B)
    assert p == pytest.approx(0.759)
    assert close(state, (0.8972332016, 0.0131752306, 0.0125164690, 0.0770750988), 1e-10)
    noise = GateNoise(0.99, 0.99)
    p, state = dejmps(werner(0.9), werner(0.9), noise)
    assert p == pytest.approx(0.8535059528, abs=1e-10)
    assert close(state, (0.9165968123, 0.0061231175, 0.0061231175, 0.0711569528), 1e-10)
    assert swap(werner(0.9), werner(0.9), noise).fidelity == pytest.approx(0.79290236)
    p, state = bbpssw(werner(0.9), werner(0.9))
    assert close(state, (0.9263959391, 0.0025380711, 0.0025380711, 0.0685279188), 1e-10)
    carbon, electron = Memory(t2_s=1.0), Memory(t2_s=1.46)
    state = waited(werner(0.8771), 0.08, carbon, carbon)
    assert close(state, (0.8152862467, 0.0409666667, 0.0409666667, 0.1027804200), 1e-10)
    assert waited(IDEAL_PAIR, 2, electron, electron).fidelity == pytest.approx(0.5322940199, abs=1e-10)
    assert waited(IDEAL_PAIR, 2, electron).fidelity == pytest.approx(0.6270708856, abs=1e-10)


@pytest.mark.parametrize(("first", "second", "noise"), random_cases(12))
def test_swap_equals_the_circuit(first: BellState, second: BellState, noise: GateNoise) -> None:
    # Qubits 0-1 and 2-3 are the links; 1 and 2 are measured in the Bell basis, corrections act on 3.
    rho = qt.tensor(density.pair(first), density.pair(second))
    rho = density.noisy_gate(rho, density.CNOT, (1, 2), noise.gate)
    hadamard = density.on(density.H, (1,), 4)
    rho = hadamard * rho * hadamard.dag()
    total = 0
    for phase in (0, 1):
        for flip in (0, 1):
            rest = density.read(rho, (1, 2), (phase, flip), noise.readout)
            fix = density.on(density.PAULI["z"] ** phase * density.PAULI["x"] ** flip, (1,), 2)
            total = total + fix * rest * fix.dag()
    assert close(swap(first, second, noise), density.bell_weights(total))


@pytest.mark.parametrize("rule", ["bbpssw", "dejmps"])
@pytest.mark.parametrize(("first", "second", "noise"), random_cases(9))
def test_distillation_equals_the_circuit(rule: str, first: BellState, second: BellState, noise: GateNoise) -> None:
    # Qubits 0-1 are kept, 2-3 measured.
    rho = qt.tensor(density.pair(first), density.pair(second))
    if rule == "dejmps":
        turn = {sign: (-1j * sign * math.pi / 4 * qt.sigmax()).expm() for sign in (1, -1)}
        rotation = qt.tensor(turn[1], turn[-1], turn[1], turn[-1])
        rho = rotation * rho * rotation.dag()
    rho = density.noisy_gate(rho, density.CNOT, (0, 2), noise.gate)
    rho = density.noisy_gate(rho, density.CNOT, (1, 3), noise.gate)
    kept = density.read(rho, (2, 3), (0, 0), noise.readout) + density.read(rho, (2, 3), (1, 1), noise.readout)
    p, state = (bbpssw if rule == "bbpssw" else dejmps)(first, second, noise)
    assert p == pytest.approx(kept.tr().real, abs=1e-9)
    assert close(state, density.bell_weights(kept / kept.tr()))


@pytest.mark.parametrize(("t1", "t2", "seconds"), [(2.0, 1.0, 0.7), (1.0, 2.0, 0.3), (5.0, 0.5, 2.0)])
def test_storage_equals_the_master_equation(t1: float, t2: float, seconds: float) -> None:
    pure = 1 / t2 - 1 / (2 * t1)
    operators = []
    for qubit in (0, 1):
        operators.append(density.on(math.sqrt(1 / t1) * qt.destroy(2), (qubit,), 2))
        if pure > 0:
            operators.append(density.on(math.sqrt(pure / 2) * qt.sigmaz(), (qubit,), 2))
    start = density.pair(A)
    zero = 0 * density.on(qt.sigmaz(), (0,), 2)
    options = {"atol": 1e-12, "rtol": 1e-11, "nsteps": 100_000}
    final = qt.mesolve(zero, start, [0, seconds], operators, options=options).states[-1]

    # The correlators survive the twirl of the damping; its drift towards |0> adds (1−e^{−t/T1})² to ZZ for both ends
    # waiting, which the twirl removes.
    def correlator(letter: str) -> float:
        return float(np.real(qt.expect(final, qt.tensor(density.PAULI[letter], density.PAULI[letter]))))

    state = waited(A, seconds, Memory(t1, t2), Memory(t1, t2))
    xx = state.i + state.x - state.y - state.z
    yy = state.i + state.y - state.x - state.z
    zz = state.i + state.z - state.x - state.y
    drift = (1 - math.exp(-seconds / t1)) ** 2
    assert xx == pytest.approx(correlator("x"), abs=1e-9)
    assert -yy == pytest.approx(correlator("y"), abs=1e-9)
    assert zz + drift == pytest.approx(correlator("z"), abs=1e-9)


def test_chain_of_equal_links_follows_the_closed_form() -> None:
    noise = GateNoise(0.97, 0.98)
    state = werner(0.9)
    for _ in range(4):
        state = swap(state, werner(0.9), noise).twirled()
    assert state.fidelity == pytest.approx(chain_fidelity(5, 0.9, noise), abs=1e-12)


def test_extreme_photon_loss_equals_the_circuit() -> None:
    # Two copies of (1−α)|Ψ+><Ψ+| + α|11><11|, bilateral CNOT, both targets read 1: the kept pair is Ψ+.
    alpha = 0.3
    raw = (1 - alpha) * qt.ket2dm(qt.bell_state("10")) + alpha * qt.ket2dm(qt.basis([2, 2], [1, 1]))
    rho = qt.tensor(raw, raw)
    for qubits in ((0, 2), (1, 3)):
        rho = density.noisy_gate(rho, density.CNOT, qubits, 1.0)
    kept = density.read(rho, (2, 3), (1, 1), 1.0)
    p, state = epl(alpha)
    assert p == pytest.approx(kept.tr().real, abs=1e-12)
    overlap = qt.expect(kept / kept.tr(), qt.bell_state("10"))
    assert state.fidelity == pytest.approx(float(np.real(overlap)), abs=1e-12)


@pytest.mark.slow
@pytest.mark.parametrize("rule", ["bbpssw", "dejmps"])
def test_a_thousand_random_cases(rule: str) -> None:
    for first, second, noise in random_cases(1000):
        test_distillation_equals_the_circuit(rule, first, second, noise)
        if rule == "bbpssw":
            test_swap_equals_the_circuit(first, second, noise)
