"""Composing configurations with Hydra: an experiment's file, choices from groups, and words."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from schedcore.configdir import ConfigDir
from schedcore.errors import InputError, SchedError, UnknownNameError, did_you_mean
from schedcore.experiments.choices import is_registered, options, registered
from schedcore.experiments.config import GROUPS

if TYPE_CHECKING:
    from omegaconf import DictConfig

_ROOT = "_sched_root"
ANY = "_any_"
"""A choice that stands for all names without a file: their configurations differ in the name alone."""
_FORBIDDEN = re.compile(r"\$\{\s*(now|hydra)\s*:")


class Composer:
    """Composes configurations over one folder, for one experiment or none; use it in a ``with`` block.

    Hydra's global state is taken on entering and given back on leaving.

    Parameters
    ----------
    configs
        The configuration folder.
    experiment
        Name of the experiment, or ``None``.
    """

    def __init__(self, configs: ConfigDir, experiment: str | None = None) -> None:
        self.configs = configs
        self.experiment = experiment
        self.file = configs.path if experiment is None else configs.experiment_file(experiment)
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> Composer:
        from hydra import initialize_config_dir
        from hydra.core.global_hydra import GlobalHydra

        GlobalHydra.instance().clear()
        self._stack.enter_context(_registered_choices(self.configs, self.experiment))
        self._stack.enter_context(initialize_config_dir(str(self.configs.path), version_base="1.3"))
        self._stack.callback(GlobalHydra.instance().clear)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._stack.close()

    def compose(self, choices: Mapping[str, str], words: Sequence[str] = ()) -> DictConfig:
        """What Hydra makes of the file, the choices and the words; interpolations are not resolved.

        Raises
        ------
        UnknownNameError
            A choice, or a deleted key, does not exist.
        InputError
            A file is no YAML, does not compose, or uses a resolver that works in Hydra's own main alone.
        """
        from hydra import compose
        from hydra.errors import HydraException
        from omegaconf import OmegaConf
        from omegaconf.errors import OmegaConfBaseException
        from yaml import YAMLError

        try:
            composed = compose(_ROOT, overrides=[*self.chosen(choices), *words])
        except YAMLError as error:
            raise _told_yaml(error, self.file) from error
        except (HydraException, OmegaConfBaseException, ValueError) as error:
            raise self._told(error, words) from error
        OmegaConf.set_struct(composed, False)
        if _FORBIDDEN.search(str(OmegaConf.to_container(composed))):
            self._forbidden(OmegaConf.to_container(composed), choices)
        return composed

    def chosen(self, choices: Mapping[str, str]) -> list[str]:
        """The choices as words for Hydra; names that need no file are made known to it."""
        from hydra.core.config_store import ConfigStore

        words = []
        for group, name in choices.items():
            if name != ANY and is_registered(self.configs, group, name):
                ConfigStore.instance().store(group=group, name=name, node={"name": name})
            words.append(f"{group}={_quoted(name)}")
        return words

    def files(self, choices: Mapping[str, str], words: Sequence[str] = ()) -> list[tuple[str, str]]:
        """The parts of the configuration in the order of merging: path in the folder, and package."""
        from hydra.core.global_hydra import GlobalHydra
        from hydra.types import RunMode

        hydra = GlobalHydra.instance().hydra
        assert hydra is not None
        found = hydra.config_loader.compute_defaults_list(_ROOT, [*self.chosen(choices), *words], RunMode.RUN)
        return [
            (str(item.config_path), "" if item.package in (None, "_global_") else str(item.package))
            for item in found.defaults
            if item.config_path not in (None, _ROOT) and not str(item.config_path).startswith("hydra")
        ]

    def group_file(self, group: str, name: str) -> dict[str, Any]:
        """What the choice ``name`` of ``group`` stands for by itself."""
        from hydra import compose
        from omegaconf import OmegaConf

        if is_registered(self.configs, group, name):
            return {"name": name}
        composed = OmegaConf.to_container(compose(f"{group}/{name}"), resolve=True)
        assert isinstance(composed, dict)
        inner = composed.get(group, composed)
        for part in name.split("/")[:-1]:
            inner = inner.get(part, inner)
        return {str(key): value for key, value in inner.items()}

    def _forbidden(self, data: Any, choices: Mapping[str, str]) -> None:
        """Refuse resolvers that only work in a program that Hydra starts."""
        for key, value in leaves(data):
            match = _FORBIDDEN.search(value) if isinstance(value, str) else None
            if match:
                from schedcore.experiments.provenance import line_of

                raise InputError(
                    f"{key} is {value!r}: the resolver {match[1]!r} does not work here",
                    where=line_of(self, key, choices) or str(self.file),
                    remedy="write the value; results know their date by themselves",
                )

    def _told(self, error: Exception, words: Sequence[str]) -> SchedError:
        """An error of Hydra in our terms."""
        text = str(error.__cause__ or error).strip()
        first = text.splitlines()[0].rstrip(".")
        missing = re.search(r"Could not (?:find|load) '(\w+)/([^']+?)'", text)
        if missing and missing[1] in (*GROUPS, "experiment"):
            group, name = missing[1], missing[2]
            known = options(self.configs, group) if group in GROUPS else self.configs.names("experiment")
            inside = re.search(r"In '([^']+)'", text)
            # A choice made by 'override' is missed in the root, whatever file made it.
            where = f"{self.configs.path / inside[1]}.yaml" if inside and inside[1] != _ROOT else str(self.file)
            return UnknownNameError(f"unknown {group} {name!r}", where=where, remedy=did_you_mean(name, known))
        deleted = re.search(r"Could not delete(?: from config)?\.?[^']*'?~?([\w.@/]+)'?", text)
        if deleted:
            word = next((word for word in words if word.startswith("~")), f"~{deleted[1]}")
            return UnknownNameError(f"unknown key {word[1:]!r}", where=f"word {word!r}", remedy="leave it away")
        parsed = getattr(error, "override", None)
        told = next((word for word in words if parsed == word or word in str(error)), None)
        where = str(self.file) if told is None else f"word {told.removeprefix('++')!r}"
        return InputError(first, where=where, remedy="see 'Configuration' in docs/experiments/configuration.md")


def _quoted(name: str) -> str:
    return name if re.fullmatch(r"[\w./:-]+", name) else "'" + name.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _told_yaml(error: Any, file: Path) -> InputError:
    mark = getattr(error, "problem_mark", None)
    named = Path(mark.name) if mark is not None and Path(mark.name).is_file() else file
    where = str(named) if mark is None else f"{named}:{mark.line + 1}"
    problem = getattr(error, "problem", None) or "no YAML"
    return InputError(str(problem), where=where, remedy="correct the file")


@contextlib.contextmanager
def _registered_choices(configs: ConfigDir, experiment: str | None) -> Iterator[None]:
    """Make names that need no file known to Hydra, and the root that joins groups and experiment."""
    from hydra.core.config_store import ConfigStore

    store = ConfigStore.instance()
    before = store.repo
    store.repo = dict(before)
    try:
        for group in GROUPS:
            store.repo[group] = {}
            store.store(group=group, name=ANY, node={"name": ANY})
            files = configs.names(group)
            for name in registered(group):
                if name not in files:
                    store.store(group=group, name=name, node={"name": name})
        # Whatever package the file names, its content goes to the top; files of its defaults stand beside it.
        folder, _, file = f"experiment/{experiment}".rpartition("/")
        inner = [] if experiment is None else [{f"{folder}@_global_": file}]
        defaults = [*({group: None} for group in GROUPS), *inner, "_self_"]
        store.store(name=_ROOT, node={"defaults": defaults})
        yield
    finally:
        store.repo = before


def leaves(data: Any, key: str = "") -> Iterator[tuple[str, Any]]:
    """Every value that holds no others, with its dotted key; empty containers count."""
    if isinstance(data, Mapping) and data:
        for name, value in data.items():
            yield from leaves(value, f"{key}.{name}" if key else str(name))
    elif isinstance(data, list) and data:
        for i, value in enumerate(data):
            yield from leaves(value, f"{key}[{i}]")
    else:
        yield key, data
