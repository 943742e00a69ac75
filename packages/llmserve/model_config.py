"""Decoder-only language models, as far as cost depends on them: by name or from a Hugging Face ``config.json``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from schedcore.errors import FormatError, InputError, unknown_name


@dataclass(frozen=True, slots=True)
class ModelConfig:
    """Shape of a decoder-only transformer with gated feed-forward layers.

    Parameters
    ----------
    name
        Name on the command line.
    family
        ``model_type`` of Hugging Face: ``llama``, ``mistral``, ``qwen2``, ``qwen3`` or ``mixtral``.
    hidden_size, num_layers, num_heads, num_kv_heads, head_dim, intermediate_size, vocab_size
        As in ``config.json``; ``intermediate_size`` is that of one expert.
    num_experts, experts_per_token
        Experts of a layer and how many of them a token visits; 1 and 1 for dense models.
    tied_embeddings
        Whether the head shares the weights of the embedding.
    attention_bias
        Whether the query, key and value projections have biases.
    bytes_per_value
        Size of weights, activations and cached keys and values (2: 16-bit).
    nominal_params
        The (active) parameter count that papers use for the model, where it differs from the exact one.
    """

    name: str
    family: str
    hidden_size: int
    num_layers: int
    num_heads: int
    num_kv_heads: int
    head_dim: int
    intermediate_size: int
    vocab_size: int
    num_experts: int = 1
    experts_per_token: int = 1
    tied_embeddings: bool = False
    attention_bias: bool = False
    bytes_per_value: int = 2
    nominal_params: float | None = None

    def __post_init__(self) -> None:
        where = f"model {self.name!r}"
        for field in (
            "hidden_size",
            "num_layers",
            "num_heads",
            "num_kv_heads",
            "head_dim",
            "intermediate_size",
            "vocab_size",
            "num_experts",
            "experts_per_token",
            "bytes_per_value",
        ):
            value = getattr(self, field)
            if not isinstance(value, int) or isinstance(value, bool) or value < 1:
                raise InputError(f"{field} is {value!r}", where=where, remedy="give a positive whole number")
        if self.num_heads % self.num_kv_heads:
            raise InputError(
                f"num_heads {self.num_heads} is no multiple of num_kv_heads {self.num_kv_heads}",
                where=where,
                remedy="every key/value head serves the same number of query heads",
            )
        if self.experts_per_token > self.num_experts:
            raise InputError(
                f"experts_per_token {self.experts_per_token} exceeds num_experts {self.num_experts}",
                where=where,
                remedy="a token cannot visit more experts than there are",
            )

    @property
    def query_size(self) -> int:
        """Width of the queries of a layer: heads times head dimension."""
        return self.num_heads * self.head_dim

    @property
    def kv_size(self) -> int:
        """Width of the keys (and of the values) of a layer."""
        return self.num_kv_heads * self.head_dim

    @property
    def kv_bytes_per_token(self) -> int:
        """Bytes of keys and values that one token leaves in the cache, all layers."""
        return 2 * self.kv_size * self.bytes_per_value * self.num_layers

    @property
    def attention_params_per_layer(self) -> int:
        """Weights of the query, key, value and output projections of one layer."""
        return self.hidden_size * (2 * self.query_size + 2 * self.kv_size)

    @property
    def expert_params_per_layer(self) -> int:
        """Weights of one expert (the whole feed-forward part of a dense model) of one layer."""
        return 3 * self.hidden_size * self.intermediate_size

    @property
    def router_params_per_layer(self) -> int:
        """Weights of the router of one layer; 0 for dense models."""
        return self.hidden_size * self.num_experts if self.num_experts > 1 else 0

    @property
    def layer_params(self) -> int:
        """Weights of the matrices of all layers that one token meets (active experts only)."""
        return self.num_layers * (
            self.attention_params_per_layer
            + self.experts_per_token * self.expert_params_per_layer
            + self.router_params_per_layer
        )

    @property
    def active_params(self) -> int:
        """Parameters that one token meets: its experts, embedding, head and norms included."""
        return self.total_params - self.num_layers * self.expert_params_per_layer * (
            self.num_experts - self.experts_per_token
        )

    @property
    def total_params(self) -> int:
        """All parameters."""
        per_layer = (
            self.attention_params_per_layer
            + self.num_experts * self.expert_params_per_layer
            + self.router_params_per_layer
            + 2 * self.hidden_size
            + (self.query_size + 2 * self.kv_size if self.attention_bias else 0)
            + (2 * self.head_dim if self.family == "qwen3" else 0)
        )
        embeddings = self.vocab_size * self.hidden_size * (1 if self.tied_embeddings else 2)
        return self.num_layers * per_layer + embeddings + self.hidden_size

    @property
    def bound_params(self) -> float:
        """The active parameters that throughput bounds are stated with: the nominal count where there is one."""
        return self.nominal_params or float(self.active_params)

    @property
    def weight_bytes(self) -> int:
        """Memory that the weights take."""
        return self.total_params * self.bytes_per_value


def _dense(
    name: str,
    family: str,
    shape: tuple[int, int, int, int, int, int],
    *,
    head_dim: int | None = None,
    tied: bool = False,
    nominal: float | None = None,
) -> tuple[str, ModelConfig]:
    hidden, layers, heads, kv_heads, intermediate, vocab = shape
    return name, ModelConfig(
        name,
        family,
        hidden,
        layers,
        heads,
        kv_heads,
        head_dim or hidden // heads,
        intermediate,
        vocab,
        tied_embeddings=tied,
        attention_bias=family == "qwen2",
        nominal_params=nominal,
    )


def _mixtral(
    name: str, shape: tuple[int, int, int, int, int, int], nominal: float | None = None
) -> tuple[str, ModelConfig]:
    hidden, layers, heads, kv_heads, intermediate, vocab = shape
    return name, ModelConfig(
        name,
        "mixtral",
        hidden,
        layers,
        heads,
        kv_heads,
        hidden // heads,
        intermediate,
        vocab,
        num_experts=8,
        experts_per_token=2,
        nominal_params=nominal,
    )


# (hidden, layers, heads, key/value heads, intermediate, vocabulary), from the models' own config.json.
MODELS: Mapping[str, ModelConfig] = MappingProxyType(
    dict(
        (
            _dense("llama-2-7b", "llama", (4096, 32, 32, 32, 11008, 32000)),
            _dense("llama-2-13b", "llama", (5120, 40, 40, 40, 13824, 32000)),
            _dense("llama-2-70b", "llama", (8192, 80, 64, 8, 28672, 32000), nominal=70e9),
            _dense("llama-3-8b", "llama", (4096, 32, 32, 8, 14336, 128256), nominal=8e9),
            _dense("llama-3-70b", "llama", (8192, 80, 64, 8, 28672, 128256), nominal=70e9),
            _dense("llama-3.1-405b", "llama", (16384, 126, 128, 8, 53248, 128256), nominal=405e9),
            _dense("llama-3.2-1b", "llama", (2048, 16, 32, 8, 8192, 128256), tied=True),
            _dense("llama-3.2-3b", "llama", (3072, 28, 24, 8, 8192, 128256), tied=True),
            _dense("mistral-7b", "mistral", (4096, 32, 32, 8, 14336, 32000)),
            _dense("qwen2-7b", "qwen2", (3584, 28, 28, 4, 18944, 152064)),
            _dense("qwen2-72b", "qwen2", (8192, 80, 64, 8, 29568, 152064), nominal=72e9),
            _dense("qwen2.5-0.5b", "qwen2", (896, 24, 14, 2, 4864, 151936), tied=True),
            _dense("qwen2.5-1.5b", "qwen2", (1536, 28, 12, 2, 8960, 151936), tied=True),
            _dense("qwen2.5-3b", "qwen2", (2048, 36, 16, 2, 11008, 151936), tied=True),
            _dense("qwen2.5-7b", "qwen2", (3584, 28, 28, 4, 18944, 152064)),
            _dense("qwen2.5-14b", "qwen2", (5120, 48, 40, 8, 13824, 152064)),
            _dense("qwen2.5-32b", "qwen2", (5120, 64, 40, 8, 27648, 152064)),
            _dense("qwen2.5-72b", "qwen2", (8192, 80, 64, 8, 29568, 152064), nominal=72e9),
            _dense("deepseek-67b", "llama", (8192, 95, 64, 8, 22016, 102400), nominal=67e9),
            _mixtral("mixtral-8x7b", (4096, 32, 32, 8, 14336, 32000), nominal=12.6e9),
            _mixtral("mixtral-8x22b", (6144, 56, 48, 8, 16384, 32000)),
        )
    )
)
"""Models by name."""

_FAMILIES = ("llama", "mistral", "qwen2", "qwen3", "mixtral")
_BYTES = {"float32": 4, "float16": 2, "bfloat16": 2}


def find_model(name: str) -> ModelConfig:
    """The model called ``name``, or described by the file or folder ``name`` (``config.json`` of Hugging Face).

    Raises
    ------
    UnknownNameError
        With near misses.
    FormatError
        A file that is no usable configuration.
    """
    key = name.strip().lower().replace("_", "-")
    if key in MODELS:
        return MODELS[key]
    path = Path(name).expanduser()
    if path.is_dir() and not (path / "config.json").is_file():
        raise InputError(f"the folder {name!r} has no config.json", where="model", remedy="give the model's folder")
    if path.is_dir() or path.is_file():
        return read_config(path / "config.json" if path.is_dir() else path)
    if "/" in name or path.suffix == ".json":
        raise InputError(f"there is no file or folder {name!r}", where="model", remedy="check the path")
    raise unknown_name("model", name, MODELS, where="model")


def read_config(path: Path) -> ModelConfig:
    """The model that the ``config.json`` at ``path`` describes; its folder is its name."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise FormatError(f"cannot be read: {error}", where=str(path), remedy="give a config.json") from error
    except json.JSONDecodeError as error:
        raise FormatError(
            f"is no JSON: {error.msg}", where=f"{path}:{error.lineno}", remedy="give a config.json of Hugging Face"
        ) from error
    name = path.parent.name if path.name == "config.json" and path.parent.name else path.stem
    return config_from_dict(data, name=name, where=str(path))


def config_from_dict(data: Any, *, name: str, where: str = "config.json") -> ModelConfig:
    """The model that the parsed ``config.json`` ``data`` describes.

    Raises
    ------
    FormatError
        A family that is not known here, or a field that is missing or absurd.
    """
    if not isinstance(data, dict):
        raise FormatError("is no JSON object", where=where, remedy="give a config.json of Hugging Face")
    family = data.get("model_type")
    if family not in _FAMILIES:
        raise FormatError(
            f"model_type {family!r} is not supported", where=where, remedy=f"supported: {', '.join(_FAMILIES)}"
        )

    def whole(field: str, default: int | None = None) -> int:
        value = data.get(field)
        if value is None:
            value = default
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            shown = "missing" if value is None else f"{value!r}"
            raise FormatError(f"{field} is {shown}", where=where, remedy="it must be a positive whole number")
        return value

    hidden, heads = whole("hidden_size"), whole("num_attention_heads")
    dtype = data.get("torch_dtype") or data.get("dtype") or "bfloat16"
    if dtype not in _BYTES:
        raise FormatError(
            f"torch_dtype {dtype!r} is not supported", where=where, remedy=f"supported: {', '.join(_BYTES)}"
        )
    if "head_dim" not in data and hidden % heads:
        raise FormatError(
            f"hidden_size {hidden} is no multiple of num_attention_heads {heads}", where=where, remedy="give head_dim"
        )
    mixture = family == "mixtral"
    try:
        return ModelConfig(
            name,
            family,
            hidden,
            whole("num_hidden_layers"),
            heads,
            whole("num_key_value_heads", heads),
            whole("head_dim", hidden // heads),
            whole("intermediate_size"),
            whole("vocab_size"),
            num_experts=whole("num_local_experts", 8) if mixture else 1,
            experts_per_token=whole("num_experts_per_tok", 2) if mixture else 1,
            tied_embeddings=bool(data.get("tie_word_embeddings", False)),
            attention_bias=bool(data.get("attention_bias", family == "qwen2")),
            bytes_per_value=_BYTES[dtype],
        )
    except FormatError:
        raise
    except InputError as error:
        raise FormatError(error.what, where=where, remedy=error.remedy) from error
