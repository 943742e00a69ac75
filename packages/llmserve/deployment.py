"""A model on GPUs: what the planner, the simulator and the bounds are asked about."""

from __future__ import annotations

import re
from dataclasses import dataclass

from llmserve.accelerator import Accelerator, find_accelerator
from llmserve.model_config import ModelConfig, find_model
from schedcore.errors import InputError

_TEXT = re.compile(r"(?P<model>.+)@(?:(?P<gpus>\d+)x)?(?P<accelerator>[^@]+)")


@dataclass(frozen=True, slots=True)
class Deployment:
    """A model split over ``gpus`` GPUs by tensor parallelism.

    Raises
    ------
    InputError
        The number of GPUs does not divide the heads or is not positive, or the weights do not fit.
    """

    model: ModelConfig
    accelerator: Accelerator
    gpus: int = 1

    def __post_init__(self) -> None:
        where = f"deployment {self.name!r}"
        if self.gpus < 1 or self.model.num_heads % self.gpus:
            raise InputError(
                f"{self.gpus} GPUs cannot share {self.model.num_heads} heads evenly",
                where=where,
                remedy="take a divisor of the number of heads",
            )
        if self.model.weight_bytes >= self.memory_bytes:
            raise InputError(
                f"the weights take {self.model.weight_bytes / 1e9:.1f} GB, the memory has {self.memory_bytes / 1e9:.1f}"
                " GB",
                where=where,
                remedy="take more or larger GPUs",
            )

    @property
    def name(self) -> str:
        """Short name: ``llama-2-70b@8xa100``."""
        return f"{self.model.name}@{self.gpus}x{self.accelerator.name}"

    @property
    def memory_bytes(self) -> float:
        """Memory of all GPUs."""
        return self.gpus * self.accelerator.memory_bytes

    @property
    def kv_capacity_tokens(self) -> int:
        """Tokens whose keys and values fit beside the weights (activations, below 5 %, are ignored)."""
        return int((self.memory_bytes - self.model.weight_bytes) // self.model.kv_bytes_per_token)


def parse_deployment(text: str) -> Deployment:
    """The deployment that ``MODEL@NxGPU`` (or ``MODEL@GPU``) stands for, for example ``llama-2-70b@8xa100``.

    ``MODEL`` is a name or the path of a Hugging Face folder or ``config.json``.

    Raises
    ------
    InputError
        Text of another form, or a deployment that is not possible.
    UnknownNameError
        An unknown model or GPU; near misses are suggested.
    """
    found = _TEXT.fullmatch(text.strip())
    if found is None:
        raise InputError(
            f"{text!r} is not of the form MODEL@NxGPU", where="instance", remedy="for example llama-2-70b@8xa100"
        )
    return Deployment(find_model(found["model"]), find_accelerator(found["accelerator"]), int(found["gpus"] or 1))
