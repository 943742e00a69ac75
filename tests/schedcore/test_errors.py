"""What an error carries."""

from __future__ import annotations

import pickle

import pytest

from schedcore.errors import InputError, SchedError, UnsupportedFeatureError, did_you_mean, unknown_name


def test_text_has_place_fault_and_remedy() -> None:
    assert str(SchedError("bad")) == "bad"
    assert str(SchedError("bad", where="a:3")) == "a:3: bad"
    assert str(SchedError("bad", where="a:3", remedy="mend it")) == "a:3: bad (mend it)"


@pytest.mark.parametrize("error", [SchedError("a", where="b", remedy="c"), InputError("a")])
def test_errors_survive_pickling(error: SchedError) -> None:
    copy = pickle.loads(pickle.dumps(error))
    assert (type(copy), copy.what, copy.where, copy.remedy) == (type(error), error.what, error.where, error.remedy)


def test_as_plain_data() -> None:
    assert InputError("a", where="b").as_dict() == {"type": "InputError", "what": "a", "where": "b", "remedy": None}


def test_refusal_names_the_features_in_order() -> None:
    error = UnsupportedFeatureError.of("spt", {"setups", "cycle"})
    assert error.what == "spt does not support: cycle, setups"
    assert error.remedy == "choose a method that does, or let --solver auto choose"


def test_near_misses_or_the_list() -> None:
    assert did_you_mean("cpsta", ["cpsat", "sgs"]) == "did you mean 'cpsat'?"
    assert did_you_mean("zzz", ["b", "a"]) == "known: a, b"
    assert did_you_mean("zzz", map(str, range(20))).endswith(", ...")
    assert did_you_mean("zzz", []) == "none is known here"


def test_unknown_name_is_standard() -> None:
    error = unknown_name("solver", "cpsta", ["cpsat"], where="--solver")
    assert str(error) == "--solver: unknown solver 'cpsta' (did you mean 'cpsat'?)"
