import os
from pathlib import Path

import pytest

from jssp.data_path import SUFFIXES, available_names, find_file, search_path, split_directories
from schedcore.errors import InputError
from schedcore.io import FORMATS


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "fjsp").mkdir()
    (tmp_path / "fjsp" / "mk01.txt").write_text("")
    (tmp_path / "own.fjs").write_text("")
    (tmp_path / "notes.md").write_text("")
    return tmp_path


def test_names_are_found_in_a_folder_and_its_subfolders(folder: Path) -> None:
    assert find_file("own", [folder]) == folder / "own.fjs"
    assert find_file("own.fjs", [folder]) == folder / "own.fjs"
    assert find_file("mk01", [folder]) == folder / "fjsp" / "mk01.txt"
    assert find_file("fjsp/mk01", [folder]) == folder / "fjsp" / "mk01.txt"
    assert find_file("mk02", [folder]) is None
    assert find_file("", [folder]) is None
    assert find_file("../own.fjs", [folder / "fjsp"]) is None
    assert available_names([folder]) == ("mk01", "own")


def test_earlier_folders_win(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    other = tmp_path_factory.mktemp("other")
    (other / "mk01.txt").write_text("")
    assert find_file("mk01", [other, folder]) == other / "mk01.txt"
    assert find_file("mk01", [folder, other]) == folder / "fjsp" / "mk01.txt"


def test_two_equally_good_files_are_refused(folder: Path) -> None:
    (folder / "fjsp" / "mk01.fjs").write_text("")
    with pytest.raises(InputError, match=r"'mk01' may be .*mk01.txt or .*mk01.fjs.*give the path"):
        find_file("mk01", [folder])


def test_the_search_path_joins_option_and_environment(folder: Path) -> None:
    inner = folder / "fjsp"
    assert split_directories(f"a{os.pathsep}{os.pathsep}b") == (Path("a"), Path("b"))
    both = {"SCHED_DATA_DIR": f"{inner}{os.pathsep}{folder}"}
    assert search_path([folder], both) == (folder, inner)
    assert search_path([], {}) == ()
    with pytest.raises(InputError, match=r"--data-dir: .*nowhere is not a folder"):
        search_path([folder / "nowhere"], {})
    with pytest.raises(InputError, match=r"SCHED_DATA_DIR: .*nowhere is not a folder"):
        search_path([], {"SCHED_DATA_DIR": str(folder / "nowhere")})


def test_reference_sets_are_found_by_name(shared_data: Path) -> None:
    assert find_file("mk01", [shared_data]) == shared_data / "fjsp" / "mk01.txt"
    assert find_file("j30_1_1", [shared_data]) == shared_data / "rcpsp" / "j30_1_1.rcp"


def test_every_readable_format_is_looked_for() -> None:
    assert {suffix for known in FORMATS.values() for suffix in known.suffixes} <= set(SUFFIXES)
