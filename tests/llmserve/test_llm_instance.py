"""Instances of the command, the domain's load, info and describe."""

from __future__ import annotations

from pathlib import Path

import pytest

from llmserve.domain import domain, load
from llmserve.instance import instance_names, parse_instance
from llmserve.verbs import describe, info
from schedcore.domain_verbs import Request
from schedcore.errors import FormatError, InputError, UnknownNameError
from schedcore.io import Document, write_document
from schedcore.solvers import Limits

NAME = "llama-3-8b@1xh200:structure=512+512,dense_tokens=1024"


def test_words_and_options_say_the_same() -> None:
    words = parse_instance("llama-3-8b@1xh200:workload=lmsys,dense-tokens=1024")
    options = parse_instance("llama-3-8b@1xh200", {"workload": "lmsys", "dense_tokens": 1024, "requests": 5})
    assert words.name == options.name == "llama-3-8b@1xh200:workload=lmsys,dense_tokens=1024"
    assert words.question().dense_tokens == 1024


def test_every_shown_instance_is_one() -> None:
    for name in instance_names():
        assert parse_instance(name).question().dense_tokens >= 128


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        ("llama-3-8b@1xh200:colour=red", UnknownNameError, "unknown key 'colour'"),
        ("llama-3-8b@1xh200:workload=", InputError, "has no value"),
        ("llama-3-8b@1xh200:dense_tokens=many", InputError, "dense_tokens is 'many'"),
        ("llama-3-8b@1xh200:workload=lmsis", UnknownNameError, "unknown workload 'lmsis'"),
        ("llama-3-8b@1xh200:interference=best", UnknownNameError, "unknown interference table"),
        ("llama-3-8b@1xh200:structure=half", InputError, "structure 'half'"),
        ("llama-3-8b@1xh200:structure=512+512", InputError, "do not add up to 1024"),
        ("llama-3-8b@1xh200:profile=none.json", InputError, "cannot be read"),
    ],
)
def test_nonsense_is_refused(text: str, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        load(
            text,
            options={"dense_tokens": 1024}
            if "structure=512" not in text
            else {"dense_tokens": 1024, "structure": "512+128"},
        )


def test_solve_and_describe(tmp_path: Path) -> None:
    from llmserve.plan.solver import AutoSolver, PlanSolver

    loaded = load(NAME)
    assert loaded.lower_bound == loaded.problem.cycle.minimum  # type: ignore[union-attr]
    result = PlanSolver(steps=2_000).solve(loaded.problem, limits=Limits(3.0))
    assert result.value is not None
    assert result.bound is not None
    assert result.bound <= result.value
    again = AutoSolver().solve(loaded.problem, limits=Limits(2.0), hint=result.schedule)
    assert again.value is not None
    assert again.value <= result.value
    answer = describe(loaded, result, {})
    assert answer.data["mode"] in ("overlap", "sequential")
    assert "throughput" in answer.text
    path = tmp_path / "plan.json"
    write_document(Document(loaded.problem, result.schedule), path)
    from_file = load(str(path))
    assert describe(from_file, result, {}).data["gain"] == answer.data["gain"]
    with pytest.raises(InputError, match="beside a plan file"):
        load(str(path), options={"workload": "lmsys"})


def test_other_problems_are_left_to_the_core(tmp_path: Path) -> None:
    from llmserve.plan.solver import AutoSolver
    from schedcore.model import ProblemBuilder

    b = ProblemBuilder("plain")
    b.task("t", 3, on=b.unary("m"))
    b.minimise(makespan=1)
    problem = b.build()
    assert AutoSolver().solve(problem, limits=Limits(5.0)).value == 3
    path = tmp_path / "plain.json"
    write_document(Document(problem), path)
    with pytest.raises(FormatError, match="no layer of llmserve"):
        load(str(path))


def test_info_says_where_the_time_goes(tmp_path: Path) -> None:
    picture = tmp_path / "roofline.svg"
    answer = info(Request("llama-2-70b@8xa100", {"workload": "512-1024", "roofline": picture}))
    assert answer.whole
    assert answer.written == (picture,)
    assert "decode attention" in picture.read_text()
    operations = {op["name"]: op for op in answer.data["operations"]}
    assert operations["decode attention"]["bound"] == "memory"
    assert answer.data["bottleneck"] == "compute"
    assert answer.data["optimal_tokens_per_s_per_gpu"] == pytest.approx(1857.1, abs=0.1)
    assert "1,857 tok/s/GPU" in answer.text


def test_the_domain_names_what_exists() -> None:
    from schedcore.registry import load_reference

    for reference in (
        *domain.solvers.values(),
        *domain.runners.values(),
        domain.simulate,
        domain.info,
        domain.describe,
    ):
        assert load_reference(str(reference)) is not None
