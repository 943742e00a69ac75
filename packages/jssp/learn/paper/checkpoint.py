"""Checkpoints of the paper's network: one ``.npz`` with the weights and their provenance, loaded without torch.

The file holds one float32 array per parameter, and under ``provenance`` a JSON text: format version, kind, the
observation's form, the settings and seed of the run, the version of the code, the training curve and the evaluation.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from jssp.env.observation import ObservationForm
from schedcore.errors import FormatError, InputError

VERSION = 1
KIND = "jssp-paper-network"
MAX_BYTES = 5 * 2**20
"""Largest file that is read: the weights take 10 kB, so anything larger is something else."""

SHAPES: dict[str, tuple[int, ...]] = {
    "fixed.weight": (2, 1),
    "next.weight": (2, 1),
    "special.weight": (3, 4),
    "embed.weight": (8, 4),
    "embed.bias": (8,),
    **{
        f"{block}.{name}": shape
        for block in ("tokens", "jobs")
        for name, shape in {
            "self_attn.in_proj_weight": (24, 8),
            "self_attn.in_proj_bias": (24,),
            "self_attn.out_proj.weight": (8, 8),
            "self_attn.out_proj.bias": (8,),
            "linear1.weight": (32, 8),
            "linear1.bias": (32,),
            "linear2.weight": (8, 32),
            "linear2.bias": (8,),
            "norm1.weight": (8,),
            "norm1.bias": (8,),
            "norm2.weight": (8,),
            "norm2.bias": (8,),
        }.items()
    },
    **{
        f"{head}.{name}": shape
        for head in ("job_head", "noop_head")
        for name, shape in {"0.weight": (32, 8), "0.bias": (32,), "2.weight": (1, 32), "2.bias": (1,)}.items()
    },
}
"""Names and shapes of the 2,442 parameters."""


@dataclass(frozen=True)
class Checkpoint:
    """Weights by name, the form of observation that they were trained with, and where they come from."""

    weights: dict[str, npt.NDArray[np.float32]]
    form: ObservationForm
    provenance: dict[str, Any]


def save_checkpoint(path: str | Path, weights: Mapping[str, Any], form: ObservationForm, provenance: Any) -> None:
    """Write a checkpoint, whole or not at all, and its provenance beside it as ``.json``.

    Raises
    ------
    InputError
        The weights have other names or shapes than :data:`SHAPES`.
    """
    from schedcore.io.atomic import atomic_open, atomic_write_text

    arrays = {name: np.asarray(value, dtype=np.float32) for name, value in weights.items()}
    _check_shapes({name: array.shape for name, array in arrays.items()}, str(path))
    told = {
        "format": KIND,
        "version": VERSION,
        "positions": form.positions,
        "legacy": form.legacy,
        **dict(provenance),
    }
    text = json.dumps(told, indent=1)
    buffer = io.BytesIO()
    np.savez(buffer, provenance=np.array(text), **arrays)  # type: ignore[arg-type]
    with atomic_open(path, "wb") as file:
        file.write(buffer.getvalue())
    atomic_write_text(Path(path).with_suffix(".json"), text + "\n")


def load_checkpoint(path: str | Path) -> Checkpoint:
    """Read a checkpoint.

    Raises
    ------
    InputError
        There is no such file.
    FormatError
        It is no checkpoint of this network, or one of another version.
    """
    where = str(path)
    file = Path(path).expanduser()
    if not file.is_file():
        raise InputError("no such checkpoint", where=where, remedy="give the path of an .npz of 'sched train jssp'")
    if file.stat().st_size > MAX_BYTES:
        raise FormatError(
            f"{file.stat().st_size:,} bytes: too large for this network", where=where, remedy="give another file"
        )
    try:
        with np.load(file, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
        told = json.loads(str(arrays.pop("provenance")))
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise FormatError(
            f"cannot be read: {type(error).__name__}: {error}", where=where, remedy="give an .npz of 'sched train jssp'"
        ) from error
    if not isinstance(told, dict) or told.get("format") != KIND:
        kind = told.get("format") if isinstance(told, dict) else None
        raise FormatError(f"a checkpoint of kind {kind!r}, not {KIND!r}", where=where, remedy="give another file")
    if told.get("version") != VERSION:
        raise FormatError(
            f"version {told.get('version')!r}, this program reads version {VERSION}",
            where=where,
            remedy="train again, or use the release that wrote it",
        )
    _check_shapes({name: array.shape for name, array in arrays.items()}, where)
    for name, array in arrays.items():
        if array.dtype != np.float32 or not np.isfinite(array).all():
            raise FormatError(f"{name} holds no finite float32 numbers", where=where, remedy="give another file")
    form = ObservationForm(str(told.get("positions")), bool(told.get("legacy")))
    return Checkpoint(arrays, form, told)


def _check_shapes(shapes: Mapping[str, tuple[int, ...]], where: str) -> None:
    for name in (*SHAPES, *shapes):
        given, wanted = shapes.get(name), SHAPES.get(name)
        if given != wanted:
            raise FormatError(
                f"parameter {name} has shape {given}, this network has {wanted}",
                where=where,
                remedy="give a checkpoint of the paper's network (2,442 parameters)",
            )
