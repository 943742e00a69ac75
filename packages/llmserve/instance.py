"""Instances of the command: ``MODEL@NxGPU``, with what else is asked after a colon or as options.

``llama-2-70b@8xa100:workload=512-1024,dense=2048,interference=paper`` is the same as the options of these names.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from llmserve.deployment import Deployment, parse_deployment
from llmserve.plan.search import LayerQuestion, layer_question
from llmserve.plan.structure import LayerStructure, contiguous_structure
from schedcore.errors import InputError, unknown_name

KEYS = ("workload", "dense_tokens", "interference", "profile", "structure", "paths", "tick_us", "other_ms")
"""What can be said of an instance, with the dashes of options as underscores."""

NAMED = (
    "llama-2-70b@8xa100",
    "llama-3-70b@8xa100",
    "qwen2-72b@8xa100",
    "deepseek-67b@8xa100",
    "mixtral-8x7b@8xa100",
    "llama-3-8b@1xa100",
    "llama-3-8b@1xh200",
)
"""Deployments of the paper, and one H200."""


@dataclass(frozen=True)
class Instance:
    """A deployment with everything that was said of it."""

    name: str
    deployment: Deployment
    said: Mapping[str, Any]

    @property
    def workload(self) -> str:
        """Name of the lengths; 512-1024 unless said otherwise."""
        return str(self.said.get("workload", "512-1024"))

    def question(self) -> LayerQuestion:
        """What is to be planned.

        Raises
        ------
        InputError, UnknownNameError, FormatError
            Options that make no sense; near misses are suggested.
        """
        from llmserve.interference import REPOSITORY, find_interference
        from llmserve.paper import OTHER_S
        from llmserve.profile import published_profile, read_profile
        from llmserve.workload import find_law

        law = find_law(self.workload)
        times, interference = published_profile(self.deployment), REPOSITORY
        other_s = OTHER_S if times is not None and self.deployment.gpus == 8 else 0.0
        if "profile" in self.said:
            measured = read_profile(Path(str(self.said["profile"])).expanduser())
            times, other_s = measured.times, 0.0
            interference = measured.interference or interference
        if "interference" in self.said:
            interference = find_interference(str(self.said["interference"]))
        if "other_ms" in self.said:
            other_s = 1e-3 * float(self.said["other_ms"])
        return layer_question(
            self.deployment,
            self.workload,
            law.mean_prompt_tokens,
            law.mean_output_tokens,
            dense_tokens=None if "dense_tokens" not in self.said else int(self.said["dense_tokens"]),
            times=times,
            interference=interference,
            other_s=other_s,
            tick_us=int(self.said.get("tick_us", 1)),
        )

    def structure(self, question: LayerQuestion) -> LayerStructure:
        """The structure that was asked for: the best of a quick packing, none, or given sizes."""
        said = str(self.said.get("structure", "search"))
        if said == "search":
            from llmserve.plan.search import quick_structure

            return quick_structure(question)
        if said == "sequential":
            return question.whole()
        try:
            sizes = tuple(int(word) for word in said.split("+"))
        except ValueError:
            raise InputError(
                f"structure {said!r}",
                where="--structure",
                remedy="say 'search', 'sequential', or sizes of nano-batches such as 640+1408",
            ) from None
        paths: tuple[str, ...] = ()
        if self.deployment.gpus > 1:
            words = str(self.said.get("paths", "")).upper()
            paths = tuple(words.split("+")) if words else ("AR",) * len(sizes)
        return contiguous_structure(question.dense_tokens, question.decode_tokens, nano_batches=sizes, paths=paths)


def parse_instance(text: str, options: Mapping[str, Any] | None = None) -> Instance:
    """The instance that ``text`` and ``options`` stand for; options win.

    Raises
    ------
    InputError
        Text of another form.
    UnknownNameError
        An unknown model, GPU or key; near misses are suggested.
    """
    head, colon, tail = text.rpartition(":")
    if not colon or "=" not in tail:
        head, tail = text, ""
    said: dict[str, Any] = {}
    for word in filter(None, tail.split(",")):
        key, equals, value = word.partition("=")
        key = key.strip().replace("-", "_")
        if key not in KEYS:
            raise unknown_name("key", key, KEYS, where=f"instance {text!r}")
        if not equals or not value.strip():
            raise InputError(f"{word!r} has no value", where=f"instance {text!r}", remedy=f"write {key}=VALUE")
        said[key] = _number(key, value.strip(), text)
    said |= {key: value for key, value in (options or {}).items() if key in KEYS}
    deployment = parse_deployment(head)
    name = deployment.name + ("" if not said else ":" + ",".join(f"{k}={said[k]}" for k in KEYS if k in said))
    return Instance(name, deployment, said)


def _number(key: str, value: str, text: str) -> Any:
    kind = {"dense_tokens": int, "tick_us": int, "other_ms": float}.get(key)
    if kind is None:
        return value
    try:
        return kind(value)
    except ValueError:
        raise InputError(f"{key} is {value!r}", where=f"instance {text!r}", remedy="give a number") from None


def instance_names() -> Sequence[str]:
    """Names that are shown; any ``MODEL@NxGPU`` is an instance."""
    return NAMED
