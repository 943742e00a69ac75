"""Laws of lengths."""

from __future__ import annotations

import numpy as np
import pytest

from llmserve.workload import LENGTH_LAWS, Constant, Quantiles, find_law
from schedcore.errors import InputError, UnknownNameError

# Table 4 of the NanoFlow paper after its filter: standard deviations of prompts and answers.
SPREAD = {"splitwise": (575.6, 163.6), "lmsys": (162.2, 193.4), "sharegpt": (481.6, 237.0)}


@pytest.mark.parametrize("name", sorted(LENGTH_LAWS))
def test_synthesised_traces_have_the_moments_of_the_published_ones(name: str) -> None:
    law = LENGTH_LAWS[name]
    prompt, output = law.draw(100_000, np.random.default_rng(1))
    # 100,000 draws: the standard error of the mean is below 0.7 % of it.
    assert prompt.mean() == pytest.approx(law.mean_prompt_tokens, rel=0.02)
    assert output.mean() == pytest.approx(law.mean_output_tokens, rel=0.02)
    for lengths, spread in zip((prompt, output), SPREAD[name]):
        assert lengths.std() == pytest.approx(spread, rel=0.12)  # not fitted; LMSYS prompts are 11 % off
    assert isinstance(law, Quantiles)
    assert np.corrcoef(prompt, output)[0, 1] == pytest.approx(law.correlation, abs=0.04)
    assert (prompt >= 1).all()
    assert (output >= 1).all()
    assert (prompt + output <= 4096).all()
    for quantiles, lengths in ((law.prompt, prompt), (law.output, output)):
        assert np.median(lengths) == pytest.approx(quantiles[10], rel=0.03, abs=1)


def test_constant_lengths_by_name() -> None:
    law = find_law("512-1024")
    assert law == Constant(512, 1024) == find_law("512/1024")
    prompt, output = law.draw(3, np.random.default_rng(0))
    assert prompt.tolist() == [512] * 3
    assert output.tolist() == [1024] * 3
    assert law.name == "512-1024"


def test_wrong_lengths_and_names_are_refused() -> None:
    with pytest.raises(InputError, match="prompt_tokens is 0"):
        find_law("0-5")
    with pytest.raises(UnknownNameError, match="did you mean 'lmsys'"):
        find_law("lmsy")
    with pytest.raises(InputError, match="21 growing lengths"):
        Quantiles("x", (1, 2), (1, 2), 1, 1)
    growing = tuple(range(1, 22))
    with pytest.raises(InputError, match="correlation 1"):
        Quantiles("x", growing, growing, 10, 10, 1.0)
