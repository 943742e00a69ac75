"""Checkpoints: one file with the network's settings, weights and provenance; needs nothing of the training to load."""

from __future__ import annotations

import json
import os
import pickle
import platform
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from schedcore.errors import InputError, unknown_name
from schedcore.io.atomic import atomic_write_text
from uam.learn.config import NetworkConfig
from uam.learn.network import CaptainNetwork
from uam.learn.policy import CaptainPolicy
from uam.learn.prospects import PROSPECTS
from uam.observation import AIRCRAFT_FEATURES, DESTINATION_FEATURES, VERTIPORT_FEATURES

VERSION = 1
"""Format of the file, raised when old files can no longer be read."""

SHIPPED = Path(__file__).resolve().parents[1] / "checkpoints"
"""Folder of the checkpoints that come with the package."""


class CheckpointError(InputError):
    """A file that is no checkpoint of this version."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A network, and what is told of its training (a JSON object)."""

    network: CaptainNetwork
    provenance: Mapping[str, Any]


def feature_names() -> list[str]:
    """All features in order; a checkpoint is of use only where they are the same."""
    return [*VERTIPORT_FEATURES, *DESTINATION_FEATURES, *PROSPECTS, *AIRCRAFT_FEATURES]


def save_checkpoint(path: Path, network: CaptainNetwork, provenance: Mapping[str, Any]) -> None:
    """Write ``path`` and the provenance as ``.json`` beside it; each file is replaced whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(dict(provenance), indent=1, sort_keys=True)
    content = {
        "version": VERSION,
        "config": network.config.to_dict(),
        "hours": network.hours,
        "features": feature_names(),
        "provenance": text,
        "weights": {name: value.detach().clone() for name, value in network.state_dict().items()},
    }
    part = path.with_name(path.name + ".part")
    torch.save(content, part)
    part.replace(path)
    atomic_write_text(path.with_suffix(".json"), text + "\n")


def load_checkpoint(path: Path) -> Checkpoint:
    """Read a checkpoint; nothing in it is executed.

    Raises
    ------
    CheckpointError
        There is no such file, it is no checkpoint, or one of another version or with other features.
    """
    where = f"checkpoint {path}"
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise CheckpointError("there is no such file", where=where, remedy="train one, or check the path") from None
    except (RuntimeError, ValueError, OSError, EOFError, KeyError, pickle.UnpicklingError, zipfile.BadZipFile) as error:
        first = str(error).partition("\n")[0]
        raise CheckpointError(f"this is no checkpoint: {first}", where=where, remedy="give a .pt of uam") from error
    needed = {"version", "config", "hours", "features", "provenance", "weights"}
    if not isinstance(content, dict) or needed - content.keys():
        missing = sorted(needed - content.keys()) if isinstance(content, dict) else sorted(needed)
        raise CheckpointError(f"no {', '.join(missing)} in it", where=where, remedy="give a .pt of uam")
    if content["version"] != VERSION:
        raise CheckpointError(
            f"version {content['version']}, and this code reads {VERSION}", where=where, remedy="train it again"
        )
    if content["features"] != feature_names():
        raise CheckpointError(
            "it was trained on other features than this code computes", where=where, remedy="train it again"
        )
    network = CaptainNetwork(NetworkConfig.of(content["config"], where=where), content["hours"])
    try:
        network.load_state_dict(content["weights"])
    except RuntimeError as error:
        raise CheckpointError("its weights are damaged", where=where, remedy="train it again") from error
    return Checkpoint(network.eval(), json.loads(content["provenance"]))


def load_policy(path: Path, *, sample: bool = False) -> CaptainPolicy:
    """The policy in a checkpoint.

    Raises
    ------
    CheckpointError
        As :func:`load_checkpoint`.
    """
    return CaptainPolicy(load_checkpoint(Path(path)).network, Path(path).stem, sample=sample)


def shipped_names() -> tuple[str, ...]:
    """Names of the checkpoints that come with the package."""
    return tuple(sorted(path.stem for path in SHIPPED.glob("*.pt")))


def shipped_policy(name: str = "captain", *, sample: bool = False) -> CaptainPolicy:
    """The policy of a checkpoint that comes with the package.

    Raises
    ------
    UnknownNameError
        There is none of that name.
    """
    if name not in shipped_names():
        raise unknown_name("shipped checkpoint", name, shipped_names(), where="policy")
    return load_policy(SHIPPED / f"{name}.pt", sample=sample)


def hardware() -> str:
    """The machine of a training, in words."""
    return f"{torch.get_num_threads()} thread(s) of {os.cpu_count()} shared cores, {platform.machine()}"
