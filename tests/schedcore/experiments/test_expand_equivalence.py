"""Expanding fast gives what composing every point with plain Hydra gives."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schedcore.configdir import ConfigDir, find_config_dir
from schedcore.experiments.config import ExperimentConfig
from schedcore.experiments.expand import Expansion, expand
from schedcore.experiments.schema import Builder

FILE = """\
# @package _global_
defaults:
  - override /domain: jssp
  - override /solver: lns
  - _self_
title: "${instance} for ${settings.who}"
instance: ft06
time_limit_s: 3
settings: {who: nobody, twice: "${settings.who}${settings.who}", deep: {a: 1, b: [1, 2]}, plain: 4}
data_dirs: ["${oc.env:HOME}", data]
"""

WORDS = st.fixed_dictionaries(
    {},
    optional={
        "solver": st.sampled_from(
            ["cpsat", "cpsat,quick", "quick,tabu,lns", "spt,mwkr", "support.my_solvers:Serial,lns"]
        ),
        "instance": st.sampled_from(["ft06", "ft06,la01", "'taillard:4x3:1',ft10", "choice(la01,la02,la03)"]),
        "seed": st.sampled_from(["3", "range(0,3)", "1,5", "range(6,0,-3)"]),
        "time_limit_s": st.sampled_from(["1", "0.5,2", "range(1,2,0.25)"]),
        "workers": st.sampled_from(["1,2", "2"]),
        "settings.who": st.sampled_from(["me", "me,you", "'a b',\"c,d\"", "'${instance}',x"]),
        "settings.deep.a": st.sampled_from(["2,3", "null,[1,2]", "{x:1},{y:2}"]),
        "settings.deep": st.sampled_from(["{c:1}", "{a:5},{b:[3]}"]),
        "settings.deep.b.1": st.sampled_from(["7,8"]),
        "settings.plain.more": st.sampled_from(["1,2"]),
        "solver.parameters.p": st.sampled_from(["1,2", "[1,2],[3]"]),
        "solver.parameters": st.sampled_from(["{p:3,q:4}", "{q:1},{r:{s:2}}"]),
        "data_dirs": st.sampled_from(["[x]", "[x],[y,z]", "['${settings.who}']"]),
    },
)


@pytest.fixture(scope="module")
def configs(tmp_path_factory) -> ConfigDir:
    folder: Path = tmp_path_factory.mktemp("configs")
    (folder / ".sched-configs").touch()
    for name, text in (
        ("experiment/base.yaml", FILE),
        ("solver/quick.yaml", "name: lns\nparameters: {p: 0, r: {t: 9}}\n"),
    ):
        (folder / name).parent.mkdir()
        (folder / name).write_text(text, encoding="utf-8")
    return find_config_dir(folder)


def by_hydra(configs: ConfigDir, words: list[str]) -> list[ExperimentConfig]:
    """Every combination of the words, each composed and resolved by Hydra alone."""
    from hydra import compose, initialize_config_dir
    from hydra.core.config_store import ConfigStore
    from hydra.core.global_hydra import GlobalHydra
    from hydra.core.override_parser.overrides_parser import OverridesParser
    from omegaconf import OmegaConf

    store, before = ConfigStore.instance(), ConfigStore.instance().repo
    store.repo = dict(before)
    names = ("cpsat", "lns", "tabu", "spt", "mwkr", "support.my_solvers:Serial")
    for group, known in (("domain", ("jssp",)), ("solver", names)):
        for name in known:
            store.store(group=group, name=name, node={"name": name})
    defaults = [{"domain": None}, {"solver": None}, {"experiment@_global_": "base"}, "_self_"]
    store.store(name="root", node={"defaults": defaults})
    parser = OverridesParser.create()
    sweeps = []
    for word in words:
        parsed = parser.parse_override(word)
        key = word.partition("=")[0]
        values = list(parsed.sweep_string_iterator()) if parsed.is_sweep_override() else [word.partition("=")[2]]
        sweeps.append([f"{'' if key == 'solver' else '++'}{key}={value}" for value in values])
    found = []
    try:
        with initialize_config_dir(str(configs.path), version_base="1.3"):
            for overrides in itertools.product(*sweeps):
                plain = OmegaConf.to_container(compose("root", overrides=list(overrides)), resolve=True)
                found.append(Builder().build(ExperimentConfig, plain))
    finally:
        store.repo = before
        GlobalHydra.instance().clear()
    return found


def outcome(found: Expansion) -> list[tuple]:
    return [_trial(point.config) for point in found.points]


def _trial(config) -> tuple:
    return (
        config.domain.name,
        config.instance,
        config.solver,
        config.seed,
        config.time_limit_s,
        config.workers,
        tuple(config.data_dirs),
        repr(config.settings),
    )


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(chosen=WORDS, order=st.randoms(use_true_random=False))
def test_fast_expansion_equals_plain_composition(configs: ConfigDir, chosen: dict[str, str], order) -> None:
    words = [f"{key}={value}" for key, value in chosen.items()]
    order.shuffle(words)
    while _count(words) > 12:
        words.pop()
    expected = [_trial(config) for config in by_hydra(configs, words)]
    seen: list[tuple] = []
    for trial in expected:
        if trial not in seen:
            seen.append(trial)
    assert outcome(expand(configs, "base", words)) == seen


def _count(words: list[str]) -> int:
    from schedcore.experiments.words import parse_words

    count = 1
    for word in parse_words(words):
        count *= len(word.values)  # type: ignore[arg-type]
    return count


@pytest.mark.parametrize(
    "words",
    [
        ["settings.deep.a=2,3", "settings.deep={c:1}"],
        ["settings.deep={a:5},{b:[3]}", "settings.deep.a=7"],
        ["settings.who='${instance}',x", "instance=ft06,la01", "seed=1,2"],
        ["solver=quick,tabu", "solver.parameters={p:3,q:4}", "solver.parameters.p=1,2"],
        ["settings.plain.more=1,2", "settings.plain=5"],
        ["settings.twice=a,b", "settings.who=x,y"],
        ["data_dirs.0=x,y", "data_dirs=[a,b]"],
    ],
)
def test_words_that_meet_are_applied_in_their_order(configs: ConfigDir, words: list[str]) -> None:
    expected = list(dict.fromkeys(map(_text, map(_trial, by_hydra(configs, words)))))
    assert list(map(_text, outcome(expand(configs, "base", words)))) == expected


def _text(trial: tuple) -> str:
    return repr(trial)
