"""The suites ``simulator`` and ``latency``, on parts that take seconds."""

from __future__ import annotations

import pytest

from llmserve.simulate.setup import FITS
from llmserve.suites import latency, simulator
from schedcore.bench import BenchRow, SuiteOptions
from schedcore.errors import InputError, UnknownNameError


def rows(suite: object, **words: str) -> dict[tuple[str, str], BenchRow]:
    found = suite.rows(SuiteOptions(overrides=words))  # type: ignore[attr-defined]
    return {(row.id, row.quantity): row for row in found}


@pytest.mark.parametrize("module", [simulator, latency])
def test_unknown_words_are_refused(module: object) -> None:
    with pytest.raises(UnknownNameError, match="unknown key 'nope'"):
        rows(module, nope="1")


def test_wrong_words_are_refused() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'offline'"):
        rows(simulator, parts="ofline")
    with pytest.raises(InputError, match="cases is 'many'"):
        rows(simulator, cases="many")
    with pytest.raises(UnknownNameError, match="did you mean 'lmsys'"):
        rows(latency, workloads="lmsy")
    with pytest.raises(InputError, match="duration_s is 'x'"):
        rows(latency, duration_s="x")
    with pytest.raises(InputError, match="curves is 'maybe'"):
        rows(latency, curves="maybe")


def test_the_fitted_constant_is_the_one_in_use() -> None:
    found = rows(simulator, parts="constant")
    assert found["A12", "pipeline on 512/1024, simulated"].within
    fitted = {row.note.split(";")[0]: row.ours for (key, _), row in found.items() if key == "fit"}
    # What simulations of this deployment use by default, rounded.
    assert fitted["NanoFlow, figure 7"] == pytest.approx(1e3 * FITS["llama-2-70b@8xa100"].other_s, abs=0.5)
    assert fitted["NanoFlow, figure 9"] == pytest.approx(19.2, abs=0.5)


def test_exactness_and_speed_rows() -> None:
    found = rows(simulator, parts="exactness,speed", cases="30", requests="500")
    exact = next(row for (key, _), row in found.items() if key == "exact")
    assert exact.ours == 0
    assert exact.within
    assert ("speed", "500 requests of 512/1024, pages by id") in found


@pytest.mark.slow
def test_all_acceptance_rows_of_the_simulator() -> None:
    found = rows(simulator, parts="constant,offline,ablation,offload")
    missed = {key for key, row in found.items() if row.within is False}
    # Known: the spread between workloads, and the ablation on prompts alone.
    assert missed <= {
        ("A14", "fastest over slowest workload"),
        ("A13", "overlap / sequential on 512-0"),
        ("A13", "overlap+offload / sequential on 512-0"),
    }


@pytest.mark.slow
def test_knees_of_the_latency_curves() -> None:
    found = rows(latency, curves="no")
    assert all(row.within for (key, _), row in found.items() if key == "A15")
