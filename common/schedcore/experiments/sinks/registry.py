"""The sinks by name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from schedcore.errors import InputError, unknown_name
from schedcore.experiments.sinks.protocol import Sink


def _tensorboard(place: str) -> Sink:
    from schedcore.experiments.sinks.tensorboard import TensorBoardSink

    return TensorBoardSink(Path(place).expanduser())


def _mlflow(place: str) -> Sink:
    from schedcore.experiments.sinks.mlflow import MlflowSink

    return MlflowSink(place)


SINKS: dict[str, Callable[[str], Sink]] = {"mlflow": _mlflow, "tensorboard": _tensorboard}
"""Makers of sinks; each takes the place: a URI, a folder."""


def get_sink(name: str, place: str) -> Sink:
    """The sink called ``name`` that writes to ``place``.

    Raises
    ------
    UnknownNameError
        There is no such sink.
    MissingExtraError
        Its library is not installed.
    InputError
        The place is empty.
    """
    if name not in SINKS:
        raise unknown_name("sink", name, SINKS, where="--sink")
    if not place:
        example = "mlflow:sqlite:///mlflow.db" if name == "mlflow" else f"{name}:FOLDER"
        raise InputError(f"{name} needs a place to write to", where="--sink", remedy=f"write {example}")
    return SINKS[name](place)


def sink_of_word(word: str) -> Sink:
    """The sink of a word ``NAME:PLACE`` such as ``tensorboard:runs/board``; see :func:`get_sink`."""
    name, _, place = word.partition(":")
    return get_sink(name, place)
