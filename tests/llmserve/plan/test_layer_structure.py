"""Nano-operations of a layer and what they wait for."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmserve.plan.structure import (
    GRID,
    STREAM,
    LayerStructure,
    NanoOperation,
    Role,
    contiguous_structure,
)
from schedcore.errors import InputError


def names(structure: LayerStructure) -> set[tuple[str, str, int]]:
    ops = structure.operations
    return {(ops[d.before].name, ops[d.after].name, d.layers) for d in structure.dependencies()}


def test_two_nano_batches_on_one_gpu() -> None:
    structure = contiguous_structure(1024, 384, nano_batches=(384, 640))
    assert names(structure) == {
        ("KQV1", "Dec1", 0),
        ("KQV2", "Pre1", 0),
        ("Dec1", "O1", 0),
        ("Pre1", "O2", 0),
        ("O1", "UG1", 0),
        ("O2", "UG2", 0),
        ("UG1", "D1", 0),
        ("UG2", "D2", 0),
        ("D1", "KQV1", 1),
        ("D2", "KQV2", 1),
    }
    assert structure.split
    assert not structure.has_network


def test_both_paths_of_collectives() -> None:
    structure = contiguous_structure(512, 256, nano_batches=(256, 256), paths=("AG", "AR"), reduce_sizes=(128, 384))
    found = names(structure)
    assert {("Dec1", "Attn.AG1", 0), ("Attn.AG1", "O1", 0), ("O1", "O.AG1", 0), ("O.AG1", "UG1", 0)} <= found
    assert {("Pre1", "O.row1", 0), ("O.row1", "O.AR1", 0), ("O.AR1", "UG2", 0)} <= found
    # The second piece of the last AllReduce has tokens of both nano-batches.
    assert {("D1", "D.AR2", 0), ("D2", "D.AR2", 0), ("D.AR2", "KQV1", 1), ("D.AR2", "KQV2", 1)} <= found
    assert ("D2", "D.AR1", 0) not in found


@given(st.integers(2, 16), st.integers(0, 16), st.data())
@settings(max_examples=40, deadline=None)
def test_dependencies_follow_tokens(chunks: int, decode: int, data: st.DataObject) -> None:
    total, decode_tokens = chunks * GRID, min(decode, chunks) * GRID
    cut = data.draw(st.integers(1, chunks - 1)) * GRID
    structure = contiguous_structure(
        total,
        decode_tokens,
        nano_batches=(cut, total - cut),
        paths=data.draw(st.sampled_from([(), ("AG", "AR"), ("AR", "AG"), ("AG", "AG"), ("AR", "AR")])),
    )
    for dependency in structure.dependencies():
        before, after = structure.operations[dependency.before], structure.operations[dependency.after]
        assert before.meets(after)
        assert dependency.layers == int(after.role is Role.KQV)
    ends = {d.before for d in structure.dependencies()}
    assert ends == set(range(len(structure.operations)))  # everything is waited for


def test_streams() -> None:
    assert {STREAM[r].value for r in (Role.KQV, Role.O_ROW, Role.UP_GATE)} == {"gemm"}
    assert {STREAM[r].value for r in (Role.DECODE, Role.PREFILL)} == {"gemv"}
    assert {STREAM[r].value for r in (Role.GATHER_O, Role.REDUCE_DOWN)} == {"network"}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"nano_batches": (256, 128)}, "do not add up to 512"),
        ({"nano_batches": (512, 0)}, "do not add up to 512"),
        ({"nano_batches": (256, 256), "kqv_sizes": (128,)}, "KQV sizes"),
        ({"nano_batches": (256, 256), "paths": ("AG",)}, "the paths are"),
        ({"nano_batches": (256, 256), "paths": ("AG", "XX")}, "the paths are"),
    ],
)
def test_sizes_that_cannot_be(words: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        contiguous_structure(512, 256, **words)


def test_every_token_is_covered_once() -> None:
    whole = contiguous_structure(512, 256, nano_batches=(512,))
    with pytest.raises(InputError, match="UG covers"):
        LayerStructure(512, 256, tuple(op for op in whole.operations if op.role is not Role.UP_GATE))
    with pytest.raises(InputError, match="D covers"):
        LayerStructure(512, 256, (*whole.operations, NanoOperation(Role.DOWN, 2, ((0, 128),))))
    with pytest.raises(InputError, match="600 decode tokens of 512"):
        LayerStructure(512, 600, whole.operations)
    with pytest.raises(InputError, match="ranges of D1"):
        NanoOperation(Role.DOWN, 1, ((128, 128),))
