"""Keys of trials: what counts and what does not."""

from __future__ import annotations

import dataclasses

import pytest
from support.trials import trial

from schedcore.experiments.identity import VOLATILE, trial_key
from schedcore.experiments.trial import Trial

BASE = trial("spt")
# A changed value for every field; a new field must be added here, and so be decided about.
CHANGED = {
    "key": "other",
    "group": "other",
    "domain": "other",
    "instance": "/elsewhere/ft06",
    "method": "other",
    "solver": "other",
    "seed": 1,
    "time_limit_s": 2.0,
    "workers": 2,
    "deterministic_limit": 1.0,
    "parameters": (("a", 1),),
    "data_dirs": ("/elsewhere",),
    "runner": "other",
    "gpus": 1.0,
    "memory_mb": 100,
    "timeout_s": 5.0,
    "factors": (("a", 1),),
    "settings": (("a", 1),),
}


def key(of: Trial, **more: str) -> str:
    return trial_key(of, **({"instance": "ft06", "fingerprint": "f", "code": "c"} | more))


def test_every_field_is_decided_about() -> None:
    assert set(CHANGED) == {field.name for field in dataclasses.fields(Trial)}
    assert set(CHANGED) >= VOLATILE


@pytest.mark.parametrize("name", list(CHANGED))
def test_a_field_counts_unless_it_is_volatile(name) -> None:
    changed = dataclasses.replace(BASE, **{name: CHANGED[name]})
    assert (key(changed) == key(BASE)) is (name in VOLATILE)


@pytest.mark.parametrize("name", ["instance", "fingerprint", "code"])
def test_content_and_code_count(name) -> None:
    assert key(BASE, **{name: "other"}) != key(BASE)


def test_keys_stay_what_they_were() -> None:
    # Stored results are found by their keys: a change of this value makes all of them useless.
    assert key(BASE) == key(BASE)
    assert len(key(BASE)) == 24
    assert key(dataclasses.replace(BASE, parameters=(("a", (1, 2)),))) == key(
        dataclasses.replace(BASE, parameters=(("a", [1, 2]),))
    )
