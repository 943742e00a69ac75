"""Grid files: blocks, products, zips, lists, exclusions; errors name file and line."""

from __future__ import annotations

from pathlib import Path

import pytest

from schedcore.errors import InputError
from schedcore.experiments.grid import Grid, read_grid
from schedcore.experiments.words import Glob


def grid(folder: Path, text: str) -> Grid:
    path = folder / "grid.yaml"
    path.write_text(text, encoding="utf-8")
    return read_grid(path)


def shape(found: Grid):
    """Keys and values of every dimension of every block."""
    return [
        [[[(entry.key, entry.values) for entry in option] for option in dimension] for dimension in block.dimensions]
        for block in found.blocks
    ]


def test_a_plain_map_is_a_product(tmp_path) -> None:
    found = grid(tmp_path, "solver: [cpsat, lns]\nseed: range(0, 3)\ntime_limit_s: 2\n")
    assert shape(found) == [[[[("solver", ("cpsat", "lns"))]], [[("seed", (0, 1, 2))]], [[("time_limit_s", (2,))]]]]
    assert found.places == {
        "solver": f"{tmp_path}/grid.yaml:1",
        "seed": f"{tmp_path}/grid.yaml:2",
        "time_limit_s": f"{tmp_path}/grid.yaml:3",
    }


def test_parts_of_a_block(tmp_path) -> None:
    text = """\
product:
  instance: glob(la0*)
zip:
  - time_limit_s: [1, 10]
    workers: [1, 2]
list:
  - {solver: lns, seed: [0, 1]}
  - {solver: cpsat}
exclude:
  - {solver: lns, workers: 2}
"""
    (block,) = grid(tmp_path, text).blocks
    product, zipped, listed = block.dimensions
    assert product[0][0].values == Glob(("la0*",))
    assert [[(e.key, e.values) for e in option] for option in zipped] == [
        [("time_limit_s", (1,)), ("workers", (1,))],
        [("time_limit_s", (10,)), ("workers", (2,))],
    ]
    assert [[(e.key, e.values) for e in option] for option in listed] == [
        [("solver", ("lns",)), ("seed", (0, 1))],
        [("solver", ("cpsat",))],
    ]
    assert [(e.key, e.values) for e in block.exclude[0]] == [("solver", ("lns",)), ("workers", (2,))]


def test_a_list_joins_blocks_and_one_zip_needs_no_list(tmp_path) -> None:
    found = grid(tmp_path, "- {solver: [cpsat]}\n- zip: {seed: [1, 2], workers: [3, 4]}\n")
    assert len(found.blocks) == 2
    assert found.blocks[1].place.endswith("grid.yaml:2")


def test_values_keep_their_types(tmp_path) -> None:
    text = "a: [1, 1.5, 1e-3, true, null, text, '1', {x: 1}, [1, 2], 'range(2)', \"choice(a,'b c')\"]\n"
    (block,) = grid(tmp_path, text).blocks
    values = block.dimensions[0][0][0].values
    assert values == (1, 1.5, 0.001, True, None, "text", "1", {"x": 1}, [1, 2], 0, 1, "a", "b c")
    assert isinstance(values, tuple)
    assert [type(value) for value in values[:4]] == [int, float, float, bool]


@pytest.mark.parametrize(
    ("text", "line", "what", "remedy"),
    [
        ("", None, "the file is empty", "check how it was made"),
        ("# nothing\n", None, "the grid is empty", "key: [value, value]"),
        ("[]\n", 1, "the grid is empty", "key: [value, value]"),
        ("{}\n", 1, "a block of the grid is empty", "or leave it away"),
        ("- 3\n", 1, "a block of the grid is not keys and values", "key: [value, value]"),
        ("a: [1, 2\nb: 3\n", 2, "expected ',' or ']'", "correct the file"),
        ("a: 1\na: 2\n", 2, "found duplicate key a", "correct the file"),
        ("a: []\n", 1, "a has no values", "write at least one"),
        ("seed: [1]\nwork ers: 2\n", 2, "'work ers' is no key", "write a key such as"),
        ("product:\n  a: 1\nb: 2\n", 3, "'b' stands beside 'product'", "put it under product"),
        ("zip: {a: [1]}\nprodct: {b: 2}\n", 2, "'prodct' stands beside 'zip'", "did you mean 'product'?"),
        ("product: {a: 1}\nlink: {b: [2]}\n", 2, "'link' stands beside 'product'", "the word is zip"),
        ("product: {product: {a: 1}}\n", 1, "'product' inside another part", "write a list of blocks"),
        ("product: 3\n", 1, "product is not keys and values", "key: [value, value]"),
        ("zip:\n  a: [1, 2]\n  b: [1]\n", 2, "zip needs lists of one length: a has 2, b has 1", "make them equal"),
        ("zip: {a: glob(x*)}\n", 1, "glob(...) cannot be zipped", "use product"),
        ("a: [glob(x*), b]\n", 1, "glob(...) stands in a list", "alone"),
        ("list: {a: 1}\n", 1, "list is not a list", "- {key: value"),
        ("list: [3]\n", 1, "an item of list is not keys and values", "key: [value, value]"),
        ("exclude:\n  - {a: 1}\n", 1, "the block only excludes", "add  product:"),
        ("product: {a: 1}\nexclude:\n  - {b: 1}\n", 3, "exclude names 'b', which the block does not vary", "known: a"),
        ("product: {a: 1}\nzip: {a: [1]}\n", 1, "'a' stands in two parts of the block", "name it in one of them"),
        ("a: 1\nb: range(0,0)\n", 2, "the range is empty", "range(start, stop)"),
        ("a: interval(0,1)\n", 1, "interval(...) has no finite set", "use range"),
        ("a: 'choice(1,'\n", 1, None, None),
        ("a: range(x)\n", 1, None, "Hydra's grammar"),
    ],
)
def test_malformed_grids_name_their_line(tmp_path, text, line, what, remedy) -> None:
    if what is None and remedy is None:  # no function at all: plain text
        assert shape(grid(tmp_path, text)) == [[[[("a", ("choice(1,",))]]]]
        return
    with pytest.raises(InputError) as caught:
        grid(tmp_path, text)
    assert (what or "") in caught.value.what
    assert remedy in (caught.value.remedy or "")
    assert caught.value.where == f"{tmp_path}/grid.yaml" + ("" if line is None else f":{line}")


def test_a_file_that_is_not_there(tmp_path) -> None:
    with pytest.raises(InputError, match="grid"):
        read_grid(tmp_path / "grid.yaml")
