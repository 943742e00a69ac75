"""Checkpoints: the weights as npz, with what is needed to run them, and a provenance file beside them."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from jssp.learn.ours.features import CANDIDATE_FEATURES, CONTEXT_FEATURES
from jssp.learn.ours.network import Network, parameter_count, view
from schedcore.errors import InputError

VERSION = 1
"""Format of the file, raised when old files can no longer be read."""

SHIPPED = Path(__file__).resolve().parents[2] / "checkpoints"
"""Folder of the checkpoints that come with the package."""


SHIPPED_NAMES = ("ours", "ours-flexible", "ours-project", "control")
"""Checkpoints of the package: for job shops, flexible job shops, projects, and the control."""


class CheckpointError(InputError):
    """A file that is no checkpoint of this version."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A policy: network, what is told of its training (a JSON object), and what it reads: ``shop`` or ``project``."""

    network: Network
    provenance: Mapping[str, Any]
    inputs: str = "shop"


def feature_names(inputs: str) -> list[str]:
    """All features in order; a checkpoint is of use only where they are the same."""
    if inputs == "shop":
        return [*CANDIDATE_FEATURES, *CONTEXT_FEATURES]
    from jssp.learn.ours.project_kernel import PROJECT_CONTEXT, PROJECT_FEATURES

    return [*PROJECT_FEATURES, *PROJECT_CONTEXT]


def save_checkpoint(path: Path, network: Network, provenance: Mapping[str, Any], inputs: str = "shop") -> None:
    """Write ``path`` (npz) of a policy that reads ``inputs``, and the provenance as ``.json`` beside it.

    Each file is replaced whole.
    """
    hidden, outer = network.widths
    flat = np.concatenate([array.ravel() for array in network]).astype(np.float32)
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(dict(provenance), indent=1, sort_keys=True)
    part = path.with_suffix(".part")
    with part.open("wb") as file:
        np.savez(
            file,
            version=np.int64(VERSION),
            widths=np.array([hidden, outer]),
            weights=flat,
            features=np.array(feature_names(inputs)),
            inputs=np.array(inputs),
            provenance=np.array(text),
        )
    part.replace(path)
    part.write_text(text + "\n", encoding="utf-8")
    part.replace(path.with_suffix(".json"))


def load_checkpoint(path: Path) -> Checkpoint:
    """Read a checkpoint.

    Raises
    ------
    CheckpointError
        There is no such file, it is no checkpoint, or one of another version or with other features.
    """
    where = f"checkpoint {path}"
    try:
        with np.load(path, allow_pickle=False) as data:
            content = {name: data[name] for name in data.files}
    except FileNotFoundError:
        raise CheckpointError("there is no such file", where=where, remedy="train one, or check the path") from None
    except (ValueError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise CheckpointError(f"this is no checkpoint: {error}", where=where, remedy="give an .npz of ours") from error
    missing = {"version", "widths", "weights", "features", "provenance"} - content.keys()
    if missing:
        raise CheckpointError(f"no {', '.join(sorted(missing))} in it", where=where, remedy="give an .npz of ours")
    if int(content["version"]) != VERSION:
        raise CheckpointError(
            f"version {int(content['version'])}, and this code reads {VERSION}", where=where, remedy="train it again"
        )
    inputs = str(content.get("inputs", "shop"))
    if inputs not in ("shop", "project") or content["features"].tolist() != feature_names(inputs):
        raise CheckpointError(
            "it was trained on other features than this code computes", where=where, remedy="train it again"
        )
    hidden, outer = (int(value) for value in content["widths"])
    weights = content["weights"].astype(np.float32)
    if weights.shape != (parameter_count(hidden, outer),) or not np.isfinite(weights).all():
        raise CheckpointError("its weights are damaged", where=where, remedy="train it again")
    return Checkpoint(view(weights, hidden, outer), json.loads(str(content["provenance"])), inputs)


def shipped(name: str = "ours") -> Checkpoint:
    """A checkpoint that comes with the package: one of :data:`SHIPPED_NAMES`.

    Raises
    ------
    CheckpointError
        It is not there or of another version.
    """
    return load_checkpoint(SHIPPED / f"{name}.npz")


def hardware() -> str:
    """The machine of a training, in words."""
    import os
    import platform

    return f"one thread of {os.cpu_count()} shared cores, {platform.machine()}"
