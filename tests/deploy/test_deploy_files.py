"""The files of deploy/: they parse, agree with each other and with the project, and their commands exist."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
PLACEHOLDERS = {
    "Dockerfile": set(),
    "ray-cluster.yaml": {"HEAD_ADDRESS", "WORKER_ADDRESS_1", "WORKER_ADDRESS_2", "SSH_USER"},
    "rayjob.yaml": {"REGISTRY", "RUNS_CLAIM"},
}
NO_PLACEHOLDERS = {"RAY_VERSION", "RAY_HEAD_IP", "PATH", "PYTHONUNBUFFERED", "README", "LICENSE", "DOCKER", "HEAD"}


def text(name: str) -> str:
    return (DEPLOY / name).read_text(encoding="utf-8")


def load(name: str) -> Any:
    return yaml.safe_load(text(name))


def recorded_ray() -> str:
    constraints = (ROOT / "scripts" / "constraints.txt").read_text(encoding="utf-8")
    found = re.search(r"^ray==(\S+)$", constraints, re.MULTILINE)
    assert found
    return found[1]


def test_every_file_is_known_here() -> None:
    assert {path.name for path in DEPLOY.iterdir()} == set(PLACEHOLDERS)


@pytest.mark.parametrize("name", PLACEHOLDERS)
def test_what_is_to_be_filled_in_is_told_at_the_top(name: str) -> None:
    content = text(name)
    body = "\n".join(line for line in content.splitlines() if not line.lstrip().startswith("#"))
    words = set(re.findall(r"\b[A-Z][A-Z]+(?:_[A-Z0-9]+)*\b", body)) - NO_PLACEHOLDERS
    instructions = {"FROM", "RUN", "COPY", "ENV", "CMD", "WORKDIR", "ARG", "RAY_USAGE_STATS_ENABLED"}
    assert words - (instructions if name == "Dockerfile" else set()) == PLACEHOLDERS[name]


def test_one_version_of_ray_everywhere() -> None:
    version = recorded_ray()
    assert f"ARG RAY_VERSION={version}\n" in text("Dockerfile")
    assert load("rayjob.yaml")["spec"]["rayClusterSpec"]["rayVersion"] == version
    bounds = re.search(r'"ray>=([\d.]+),<(\d+)"', (ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert bounds
    assert tuple(map(int, bounds[1].split("."))) <= tuple(map(int, version.split("."))) < (int(bounds[2]),)


def test_torch_has_the_bounds_of_the_project() -> None:
    bounds = re.search(r'"(torch>=[^"]+)"', (ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert bounds
    for name in ("Dockerfile", "ray-cluster.yaml"):
        assert f'"{bounds[1]}"' in text(name)


def test_the_image_is_of_this_version_and_copies_what_there_is() -> None:
    from schedcore import __version__

    for name in ("Dockerfile", "rayjob.yaml"):
        for version in re.findall(r"REGISTRY/sched:([\w.]+)", text(name)):
            assert version == __version__
    for line in text("Dockerfile").splitlines():
        if line.startswith("COPY"):
            for source in shlex.split(line)[1:-1]:
                assert source.startswith("--") or (ROOT / source).exists(), source


def test_extras_that_are_installed_exist() -> None:
    import tomllib

    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    for name in PLACEHOLDERS:
        for words in re.findall(r'(?:sched-research|"\.)\[([\w,]+)\]', text(name)):
            assert set(words.split(",")) <= set(extras)


def commands() -> list[tuple[str, list[str]]]:
    """Every ``sched`` command in the files, comments included."""
    found = []
    for name in PLACEHOLDERS:
        content = text(name).replace("\\\n", " ")
        if name == "rayjob.yaml":
            found.append((name, shlex.split(load(name)["spec"]["entrypoint"])))
        for match in re.finditer(r"(?:^|[ /'&(#])sched ((?:sweep|doctor|report|solve)\b[^\n')]*)", content):
            words = [word for word in shlex.split(match[1].split(" with ")[0]) if word != "..."]
            found.append((name, ["sched", *words]))
    return found


@pytest.mark.parametrize(("name", "words"), commands(), ids=lambda value: str(value)[:40])
def test_commands_exist_with_their_options(name: str, words: list[str]) -> None:
    from schedcore.cli.app import build_command

    group = build_command()
    assert isinstance(group, click.Group)
    command = group.get_command(click.Context(group), words[1])
    assert command is not None
    options = {option for parameter in command.params for option in parameter.opts}
    for word in words[2:]:
        if word.startswith("--"):
            assert word in options, f"{name}: {shlex.join(words)}"


def test_the_sweep_of_the_job_expands() -> None:
    from support.command import run_here

    words = shlex.split(load("rayjob.yaml")["spec"]["entrypoint"])
    assert words[:2] == ["sched", "sweep"]
    kept = [word for i, word in enumerate(words) if word not in ("--address", "--out") and words[i - 1] != "--address"]
    kept = [word for word in kept if not word.startswith("/")]
    answer = run_here(*kept[1:], "--dry-run", "--json")
    assert answer.code == 0, answer.err
    assert len(answer.json()["data"]["trials"]) == 27


def test_the_job_is_one_that_kuberay_ends_and_cleans_up() -> None:
    job = load("rayjob.yaml")
    assert (job["apiVersion"], job["kind"]) == ("ray.io/v1", "RayJob")
    spec = job["spec"]
    assert spec["shutdownAfterJobFinishes"] is True
    assert spec["ttlSecondsAfterFinished"] > 0
    assert spec["activeDeadlineSeconds"] > spec["ttlSecondsAfterFinished"]
    assert isinstance(yaml.safe_load(spec["runtimeEnvYAML"]), dict)
    groups = [spec["rayClusterSpec"]["headGroupSpec"], *spec["rayClusterSpec"]["workerGroupSpecs"]]
    for group in groups:
        assert all(isinstance(value, str) for value in group["rayStartParams"].values())
        pod = group["template"]["spec"]
        volumes = {volume["name"] for volume in pod["volumes"]}
        for container in pod["containers"]:
            assert {mount["name"] for mount in container["volumeMounts"]} <= volumes
            assert container["image"] == f"REGISTRY/sched:{container['image'].rpartition(':')[2]}"
            assert container["resources"]["requests"] == container["resources"]["limits"]
    head = groups[0]["template"]["spec"]
    out = Path(shlex.split(spec["entrypoint"])[-1])
    mounts = {Path(mount["mountPath"]) for mount in head["containers"][0]["volumeMounts"]}
    assert out.parent in mounts, "the results must outlive the cluster"


def test_ray_takes_the_cluster_file() -> None:
    pytest.importorskip("jsonschema")
    from ray.autoscaler._private.util import prepare_config, validate_config

    config = load("ray-cluster.yaml")
    assert config["min_workers"] == config["max_workers"] == len(config["provider"]["worker_ips"])
    prepared = prepare_config(config)
    validate_config(prepared)
    assert prepared["provider"]["type"] == "local"
    for path in config["file_mounts"].values():
        assert path == "./dist" or (ROOT / path).exists()
