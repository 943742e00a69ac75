"""Composing a configuration with Hydra: a file of ``configs/experiment/`` and ``key=value`` words."""

from __future__ import annotations

import dataclasses
import re
import typing
from collections.abc import Mapping, Sequence
from typing import Any

from schedcore.configdir import ConfigDir
from schedcore.errors import InputError, SchedError, UnknownNameError, did_you_mean
from schedcore.experiments.config import ExperimentConfig, check_config


def compose_experiment(configs: ConfigDir, name: str, words: Sequence[str] = ()) -> ExperimentConfig:
    """The configuration of experiment ``name``, changed by Hydra override ``words``, checked.

    Raises
    ------
    UnknownNameError
        There is no such experiment, or a key does not exist; near misses are suggested.
    InputError
        A file is no YAML, a value has a wrong type, or the whole makes no experiment.
    """
    file = configs.experiment_file(name)
    plain = _composed(configs, name, words, str(file))
    config = typing.cast(ExperimentConfig, _build(ExperimentConfig, plain, "", str(file)))
    check_config(config, str(file))
    return config


def _composed(configs: ConfigDir, name: str, words: Sequence[str], file: str) -> dict[str, Any]:
    """What Hydra makes of the file and the words, as plain data.

    The schema is not handed to Hydra: its messages for wrong keys and types name neither the file nor
    near misses.  Instead new keys are let in here (``key=1`` acts as ``++key=1``) and everything is held
    against the schema by :func:`_build`.
    """
    from hydra import compose, initialize_config_dir
    from hydra.core.global_hydra import GlobalHydra
    from hydra.errors import HydraException
    from omegaconf import OmegaConf
    from omegaconf.errors import OmegaConfBaseException
    from yaml import YAMLError

    GlobalHydra.instance().clear()
    changes = [word if word[0] in "+~" else f"++{word}" for word in words]
    try:
        with initialize_config_dir(str(configs.path), version_base="1.3"):
            composed = compose(f"experiment/{name}", overrides=changes)
        plain = OmegaConf.to_container(composed, resolve=True)
        missing = sorted(OmegaConf.missing_keys(composed))
    except YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = file if mark is None else f"{file}:{mark.line + 1}"
        problem = getattr(error, "problem", None) or "no YAML"
        raise InputError(str(problem), where=where, remedy="correct the file") from error
    except (HydraException, OmegaConfBaseException) as error:
        raise _told(error, words, file) from error
    finally:
        GlobalHydra.instance().clear()
    # Not left to to_container: under a debugger or coverage its message does not name the key.
    if missing:
        raise InputError(f"{missing[0]} is ???, a value still to be given", where=file, remedy=f"give {missing[0]}=...")
    if not isinstance(plain, dict):
        raise InputError("the file holds no mapping", where=file, remedy="write keys and values")
    if "experiment" in plain:
        # Without the package header Hydra puts the content under the name of the group.
        inner = plain.pop("experiment")
        for part in name.split("/")[:-1]:
            inner = inner.get(part, inner) if isinstance(inner, dict) else inner
        plain = {**(inner or {}), **plain}
    return {str(key): value for key, value in plain.items()}


def _told(error: Exception, words: Sequence[str], file: str) -> SchedError:
    """An error of Hydra in our terms."""
    text = str(error.__cause__ or error).strip().splitlines()[0]
    parsed = getattr(error, "override", None)
    word = next((word for word in words if parsed in (word, f"++{word}") or word in str(error)), None)
    deleted = re.search(r"Could not delete from config\. '?([\w.@/]+)'?", str(error))
    if deleted:
        return UnknownNameError(f"unknown key {deleted[1]!r}", where=f"word ~{deleted[1]}", remedy="leave it away")
    where = file if word is None else f"word {word!r}"
    return InputError(text.rstrip("."), where=where, remedy="see Hydra's grammar:  a.b=1  +new=2  ~gone  list=[1,2]")


def _build(kind: Any, data: Any, key: str, file: str) -> Any:
    """``data`` as a value of type ``kind``; unknown keys and wrong types are refused by name."""
    where = f"{file}: {key}" if key else file
    if dataclasses.is_dataclass(kind):
        return _build_dataclass(typing.cast(type, kind), data, key, where, file)
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if kind is Any:
        return data
    if type(None) in arguments:
        if data is None:
            return None
        return _build(next(a for a in arguments if a is not type(None)), data, key, file)
    if origin is list:
        if not isinstance(data, list):
            raise _wrong(data, "a list", where)
        return [_build(arguments[0], item, f"{key}[{i}]", file) for i, item in enumerate(data)]
    if origin is dict:
        if not isinstance(data, Mapping):
            raise _wrong(data, "keys and values", where)
        return {str(k): _build(arguments[1], v, f"{key}.{k}", file) for k, v in data.items()}
    if kind is float and isinstance(data, int) and not isinstance(data, bool):
        return float(data)
    if kind is str and isinstance(data, (int, float)) and not isinstance(data, bool):
        return str(data)
    if not isinstance(data, kind) or (isinstance(data, bool) and kind is not bool):
        words = {bool: "true or false", int: "a whole number", float: "a number", str: "text"}
        raise _wrong(data, words[kind], where)
    return data


def _build_dataclass(kind: type, data: Any, key: str, where: str, file: str) -> Any:
    if not isinstance(data, Mapping):
        raise _wrong(data, "keys and values", where)
    types = typing.get_type_hints(kind)
    fields = {field.name: field for field in dataclasses.fields(kind)}
    for name in data:
        if name not in fields:
            full = f"{key}.{name}" if key else str(name)
            raise UnknownNameError(f"unknown key {full!r}", where=file, remedy=did_you_mean(str(name), fields))
    missing = [
        name
        for name, field in fields.items()
        if name not in data and field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
    ]
    if missing:
        full = f"{key}.{missing[0]}" if key else missing[0]
        raise InputError(f"the key {full!r} is missing", where=file, remedy=f"write {missing[0]}: ...")
    inside = f"{key}." if key else ""
    return kind(**{str(name): _build(types[name], value, f"{inside}{name}", file) for name, value in data.items()})


def _wrong(data: Any, expected: str, where: str) -> InputError:
    shown = repr(data) if len(repr(data)) < 60 else repr(data)[:57] + "..."
    return InputError(f"{shown} is not {expected}", where=where, remedy=f"write {expected}")
