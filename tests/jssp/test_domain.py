import tomllib
from pathlib import Path

import pytest

from jssp import standard_instance, standard_names
from jssp.domain import domain, load
from schedcore.errors import FormatError, InputError, UnknownNameError
from schedcore.registry import load_reference
from schedcore.solvers.protocol import Solver


def jsplib(name: str) -> str:
    shop = standard_instance(name)
    lines = [f"{shop.num_jobs} {shop.num_machines}"]
    for machines, durations in zip(shop.machine_matrix.tolist(), shop.duration_matrix.tolist()):
        lines.append(" ".join(f"{m} {d}" for m, d in zip(machines, durations)))
    return "\n".join(lines) + "\n"


def test_standard_instances_come_with_bounds_and_provenance() -> None:
    loaded = load("TA1")
    assert loaded.name == loaded.problem.name == "ta01"
    assert (loaded.lower_bound, loaded.upper_bound) == (1231, 1231)
    assert "19 Aug 2026" in (loaded.bound_source or "")
    assert loaded.origin is None
    assert loaded.info["class"] == "ta 15x15"
    assert loaded.info["operations"] == 225
    assert loaded.info["lower bound by"] == "OptalCP"
    assert domain.instance_names() == standard_names()


@pytest.mark.parametrize(
    ("expression", "sizes"),
    [
        ("taillard:5x4:1", {"jobs": 5, "machines": 4, "operations": 20}),
        ("brandimarte:5x4:1", {"jobs": 5, "machines": 4}),
        ("progen:12x2:1", {"activities": 12, "resources": 2}),
    ],
)
def test_generated_instances_have_a_trivial_lower_bound(expression: str, sizes: dict[str, int]) -> None:
    loaded = load(expression)
    assert loaded.name == expression
    assert sizes.items() <= loaded.info.items()
    assert loaded.lower_bound is not None
    assert loaded.upper_bound is None
    assert "trivial" in (loaded.bound_source or "")


def test_unknown_instances_are_refused_with_a_remedy(tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match=r"unknown instance 'ta81' .*did you mean"):
        load("ta81")
    with pytest.raises(UnknownNameError, match=r"mk01 is known, but its file is not here .*--data-dir"):
        load("mk01")
    with pytest.raises(UnknownNameError, match=r"there is no file 'nowhere/x.txt'"):
        load("nowhere/x.txt")
    with pytest.raises(UnknownNameError, match=r"unknown generator 'tailard' .*did you mean 'taillard'"):
        load("tailard:3x3:1")
    with pytest.raises(InputError, match="is not a folder"):
        load("mk01", [tmp_path / "absent"])
    (tmp_path / "house1.fjs").write_text("")
    with pytest.raises(UnknownNameError, match="did you mean 'house1'"):
        load("house2", [tmp_path])


def test_files_are_read_and_get_the_bounds_only_of_what_they_hold(tmp_path: Path) -> None:
    path = tmp_path / "ft06.txt"
    path.write_text(jsplib("ft06"))
    loaded = load(str(path))
    assert loaded.origin == path
    assert loaded.upper_bound == 55
    path.write_text(jsplib("la01"))
    other = load(str(path))
    assert other.upper_bound is None
    assert "not that of the published ft06" in other.info["note"]
    (tmp_path / "mine.txt").write_text(jsplib("la01"))
    mine = load("mine", [tmp_path])
    assert (mine.name, mine.upper_bound) == ("mine", None)
    assert mine.info["tasks"] == 50


def test_names_are_found_through_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "mine.txt").write_text(jsplib("ft06"))
    monkeypatch.setenv("SCHED_DATA_DIR", str(tmp_path))
    assert load("mine").origin == tmp_path / "sub" / "mine.txt"


def test_a_broken_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "broken.txt"
    path.write_text("2 2\n0 1 1\n")
    with pytest.raises(FormatError, match="broken"):
        load(str(path))


def test_published_sets_get_their_bounds(shared_data: Path) -> None:
    for name, optimum in (("mk01", 40), ("mk03", 204), ("j30_1_1", 43)):
        loaded = load(name, [shared_data])
        assert "note" not in loaded.info
        assert loaded.upper_bound == loaded.lower_bound == optimum
        assert loaded.origin is not None


def test_every_published_file_is_recognised(shared_data: Path) -> None:
    files = [*(shared_data / "fjsp").glob("mk*.txt"), *(shared_data / "rcpsp").glob("*.rcp")]
    assert len(files) == 15 + 48
    assert all(load(str(path)).upper_bound is not None for path in files)


def test_the_domain_is_registered_and_its_solvers_load(project_root: Path) -> None:
    project = tomllib.loads((project_root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert load_reference(project["entry-points"]["sched.domains"]["jssp"]) is domain
    for name, reference in domain.solvers.items():
        solver = load_reference(reference)
        assert isinstance(solver, Solver)
        assert solver.name == name


def test_a_folder_is_no_instance(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"is a folder .*name a file in it"):
        load(str(tmp_path))
