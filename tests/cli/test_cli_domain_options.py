"""What a domain adds to solve, simulate and info."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.bakery import install_bakery

from schedcore import registry
from schedcore.domain_options import DomainOption, option_text
from schedcore.errors import InputError


@pytest.fixture
def bakery(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[Path]:
    folder = install_bakery(tmp_path / "site", getattr(request, "param", "simulate"))
    monkeypatch.syspath_prepend(str(folder))
    sys.modules.pop("bakery_sched", None)
    registry._entry_points.cache_clear()
    yield folder
    registry._entry_points.cache_clear()
    sys.modules.pop("bakery_sched", None)


def test_options_reach_the_instance(sched, bakery) -> None:
    data = sched("solve", "bakery", "morning", "--loaves", "5", "--rye", "--json").json()["data"]
    assert data["makespan"] == 20
    assert data["bakery"] == {"loaves_per_hour": 15.0}
    assert sched("solve", "bakery", "morning", "--json").json()["data"]["makespan"] == 6


def test_description_joins_the_text(sched, bakery) -> None:
    assert "  fresh  yes" in sched("solve", "bakery", "morning").out


def test_another_name_of_an_option_of_the_verb(sched, bakery) -> None:
    for words in (("--baker", "sgs"), ("--baker=sgs",)):
        assert sched("solve", "bakery", "morning", *words, "--json").json()["data"]["solver"] == "sgs"


def test_help_shows_them_for_the_domain_only(sched, bakery) -> None:
    text = sched("solve", "bakery", "--help").out
    assert "Options of bakery" in text
    assert "--loaves N" in text
    assert "--flour [wheat|spelt]" in text
    assert "The same as --solver." in text
    assert "--flour" not in sched("simulate", "bakery", "--help").out
    assert "--loaves" not in sched("solve", "--help").out
    assert "--loaves" not in sched("solve", "jssp", "--help").out


def test_values_are_judged(sched, bakery) -> None:
    for words, what in (
        (("--loaves", "0"), "0 is not in the range"),
        (("--loaves", "two"), "is not a valid integer"),
        (("--flour", "sand"), "'sand' is not one of"),
        (("--yeast", "1"), "--yeast"),
    ):
        ran = sched("solve", "bakery", "morning", *words)
        assert ran.code == 2
        assert what in ran.err
    ran = sched("solve", "jssp", "ft06", "--loaves", "2")
    assert ran.code == 2
    assert "--loaves" in ran.err


def test_own_simulation(sched, bakery, tmp_path) -> None:
    picture = tmp_path / "a.png"
    ran = sched("simulate", "bakery", "morning", "--loaves", "7", "--seed", "4", "--plot", str(picture), "--json")
    answer = ran.json()
    assert answer["data"] == {
        "domain": "bakery",
        "instance": "morning",
        "loaves": 7,
        "scenarios": None,
        "seed": 4,
        "written": [str(picture)],
    }
    assert answer["warnings"] == ["hot"]
    assert picture.exists()
    ran = sched("simulate", "bakery", "morning", "--policy", "burn")
    assert ran.code == 2
    assert "unknown policy 'burn'" in ran.err


def test_plain_replay_is_still_there(sched, bakery) -> None:
    data = sched("simulate", "bakery", "morning", "--law", "fixed:1", "--scenarios", "3", "--json").json()["data"]
    assert data["planned"] == {"auto": 6}


def test_info_before_the_core_and_instead_of_it(sched, bakery) -> None:
    ran = sched("info", "bakery", "morning")
    assert ran.out.startswith("one oven\n\nmorning\n")
    assert sched("info", "bakery", "morning", "--json").json()["data"]["bakery"] == {"ovens": 1}
    assert sched("info", "bakery", "recipe").out == "flour 500 g\n"
    assert sched("info", "bakery", "recipe", "--json").json()["data"]["flour_g"] == 500


@pytest.mark.parametrize("bakery", ["wrong"], indirect=True)
def test_an_answer_of_another_kind_is_refused(sched, bakery) -> None:
    ran = sched("simulate", "bakery", "morning")
    assert ran.code == 2
    assert "it gave a dict" in ran.err


@pytest.mark.parametrize("bakery", ["domain"], indirect=True)
def test_something_that_cannot_be_called(sched, bakery) -> None:
    assert "is no function" in sched("simulate", "bakery", "morning").err


def test_two_options_of_one_name(sched, bakery, monkeypatch) -> None:
    source = (bakery / "bakery_sched.py").read_text().replace('"rye"', '"workers"', 1)
    source = source.replace('DomainOption("rye"', 'DomainOption("workers"')
    (bakery / "bakery_sched.py").write_text(source)
    ran = sched("solve", "bakery", "morning")
    assert ran.code == 2
    assert "domain bakery and verb solve both have --workers" in ran.err


def test_names_and_verbs_of_options() -> None:
    with pytest.raises(InputError, match="is no name of an option"):
        DomainOption("Load", "x")
    with pytest.raises(InputError, match="'bench' takes no options"):
        DomainOption("load", "x", verbs=("bench",))
    assert DomainOption("dense-budget", "x").key == "dense_budget"
    assert option_text({"load": 0.5, "rye": True, "flour": ("a", "b")}) == "--flour a --flour b --load 0.5 --rye"


def test_no_option_of_a_domain_shadows_one_of_a_verb() -> None:
    from schedcore.cli.app import build_command
    from schedcore.domain_options import VERBS_WITH_OPTIONS

    group = build_command()
    for name in registry.domain_names():
        for option in registry.get_domain(name).options:
            for verb in set(option.verbs) & set(VERBS_WITH_OPTIONS):
                taken = {opt for parameter in group.get_command(None, verb).params for opt in parameter.opts}
                assert f"--{option.name}" not in taken
