"""Every file of ``configs/`` resolves, and stands for something that can be run."""

from __future__ import annotations

from pathlib import Path

import pytest

from schedcore.configdir import ConfigDir, find_config_dir
from schedcore.experiments.config import GROUPS
from schedcore.experiments.expand import expand
from schedcore.experiments.inspection import inspect
from schedcore.experiments.plan import make_plan
from schedcore.registry import domain_names

CONFIGS = find_config_dir(Path(__file__).resolve().parents[2] / "configs")
CHOICES = [(group, name) for group in GROUPS for name in CONFIGS.names(group)]


def test_the_groups_have_files() -> None:
    assert {group for group, _ in CHOICES} == set(GROUPS)
    assert {"quickstart", "smoke", "jssp/taillard", "jssp/lawrence", "jssp/rules", "jssp/demirkol"} <= set(
        CONFIGS.experiments()
    )


@pytest.mark.parametrize("name", CONFIGS.experiments())
def test_every_experiment_expands(name: str) -> None:
    found = expand(CONFIGS, name)
    assert found.points
    assert found.notes == ()
    assert found.experiment.title
    assert found.experiment.description
    assert not [word for point in found.points for word in (point.config.instance, point.method) if "???" in word]


@pytest.mark.parametrize(("group", "name"), CHOICES)
def test_every_choice_resolves(group: str, name: str) -> None:
    assert inspect(CONFIGS, [f"{group}={name}"]).sources[0].origin == "file"


def test_small_experiments_can_be_planned() -> None:
    for name in ("smoke", "quickstart"):
        assert len(make_plan(expand(CONFIGS, name)).trials) == len(expand(CONFIGS, name).points)


def test_methods_of_all_experiments_exist() -> None:
    for name in CONFIGS.experiments():
        found = expand(CONFIGS, name)
        group = next(iter(found.experiment.groups))
        instance = found.experiment.groups[group].instances[0]
        assert make_plan(expand(CONFIGS, name, [f"instance='{instance}'"])).trials


def test_sizes_of_the_classical_experiments() -> None:
    sizes = {name: expand(CONFIGS, name) for name in ("jssp/lawrence", "jssp/taillard", "jssp/demirkol", "jssp/rules")}
    counts = {name: len({point.config.instance for point in found.points}) for name, found in sizes.items()}
    assert counts == {"jssp/lawrence": 40, "jssp/taillard": 80, "jssp/demirkol": 80, "jssp/rules": 242}
    groups = sizes["jssp/taillard"].experiment.groups
    assert {len(group.instances) for group in groups.values()} == {10}
    assert groups["20x15"].instances == [f"ta{i}" for i in range(11, 21)]


def test_quickstart_is_what_it_promises() -> None:
    groups = expand(CONFIGS, "quickstart").experiment.groups
    assert len(groups["classic"].instances) == 20
    assert [name.partition(":")[0] for name in groups["generated"].instances] == ["brandimarte", "progen"]
    assert len(expand(CONFIGS, "quickstart").experiment.methods) >= 4


def test_quickstart_runs_every_domain_on_ray() -> None:
    found = expand(CONFIGS, "quickstart").experiment
    assert {group.domain for group in found.groups.values()} == set(domain_names())
    assert found.backend.name == "ray"


PARTS = sorted(
    path.relative_to(CONFIGS.path / "experiment") for path in CONFIGS.path.glob("experiment/*/_quickstart.yaml")
)


@pytest.mark.parametrize("part", PARTS, ids=str)
def test_a_part_of_the_quick_start_is_the_same_alone(part: Path, tmp_path: Path) -> None:
    """Parts share one name space: groups, methods or charts of the same name would replace each other silently."""
    for name in ("solver", "policy", "domain", "backend"):
        (tmp_path / name).symlink_to(CONFIGS.path / name)
    folder = tmp_path / "experiment"
    folder.mkdir()
    for file in (CONFIGS.path / "experiment").glob("*/"):
        if file.is_dir():
            (folder / file.name).symlink_to(file)
    whole = (CONFIGS.path / "experiment" / "quickstart.yaml").read_text(encoding="utf-8")
    lines = [line for line in whole.splitlines() if "_quickstart" not in line or str(part.with_suffix("")) in line]
    (folder / "alone.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    alone = expand(ConfigDir(tmp_path, "test"), "alone")
    quickstart = expand(CONFIGS, "quickstart")
    found = {(p.group, p.method, repr(p.config)) for p in alone.points}
    assert found, f"{part} is no part of the quick start"
    mine = {point.group for point in alone.points}
    assert found == {(p.group, p.method, repr(p.config)) for p in quickstart.points if p.group in mine}
    assert set(alone.experiment.gantt) <= set(quickstart.experiment.gantt)
