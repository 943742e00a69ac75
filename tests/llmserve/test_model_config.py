"""Models by name and from config.json."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from llmserve.model_config import MODELS, config_from_dict, find_model
from schedcore.errors import FormatError, InputError, UnknownNameError

LLAMA_8B = {
    "model_type": "llama",
    "hidden_size": 4096,
    "num_hidden_layers": 32,
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
    "intermediate_size": 14336,
    "vocab_size": 128256,
    "torch_dtype": "bfloat16",
}


def test_parameter_counts_are_those_of_the_released_weights() -> None:
    counts = {
        "llama-2-7b": 6_738_415_616,
        "llama-2-70b": 68_976_648_192,
        "llama-3-8b": 8_030_261_248,
        "llama-3.2-1b": 1_235_814_400,
        "mistral-7b": 7_241_732_096,
        "qwen2.5-7b": 7_615_616_512,
        "qwen2.5-0.5b": 494_032_768,
        "mixtral-8x7b": 46_702_792_704,
        "deepseek-67b": 67_425_001_472,
    }
    assert {name: MODELS[name].total_params for name in counts} == counts


def test_a_token_meets_two_of_eight_experts() -> None:
    mixtral = MODELS["mixtral-8x7b"]
    assert mixtral.total_params - mixtral.active_params == 32 * 6 * 3 * 4096 * 14336
    assert MODELS["llama-3-8b"].active_params == MODELS["llama-3-8b"].total_params


def test_cache_of_a_token() -> None:
    assert MODELS["llama-2-70b"].kv_bytes_per_token == 327_680
    assert MODELS["llama-3-8b"].kv_bytes_per_token == 131_072


def test_config_json_gives_the_named_model(tmp_path: Path) -> None:
    folder = tmp_path / "my-llama"
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(LLAMA_8B))
    for text in (str(folder), str(folder / "config.json")):
        found = find_model(text)
        assert found.name == "my-llama"
        assert dataclasses.replace(found, name="llama-3-8b", nominal_params=8e9) == MODELS["llama-3-8b"]


def test_mixtral_and_qwen_have_their_own_fields() -> None:
    mixtral = config_from_dict({**LLAMA_8B, "model_type": "mixtral", "num_local_experts": 4}, name="m")
    assert (mixtral.num_experts, mixtral.experts_per_token) == (4, 2)
    assert config_from_dict({**LLAMA_8B, "model_type": "qwen2"}, name="q").attention_bias
    assert config_from_dict({**LLAMA_8B, "model_type": "qwen3", "head_dim": 64}, name="q").kv_size == 512


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"model_type": "gpt2"}, "model_type 'gpt2' is not supported"),
        ({"hidden_size": None}, "hidden_size is missing"),
        ({"hidden_size": "big"}, "hidden_size is 'big'"),
        ({"vocab_size": 0}, "vocab_size is 0"),
        ({"num_hidden_layers": True}, "num_hidden_layers is True"),
        ({"num_key_value_heads": 5}, "no multiple of num_kv_heads"),
        ({"num_attention_heads": 24, "num_key_value_heads": 8}, "no multiple of num_attention_heads"),
        ({"torch_dtype": "int3"}, "torch_dtype 'int3' is not supported"),
    ],
)
def test_absurd_configurations_are_refused(change: dict[str, object], message: str) -> None:
    with pytest.raises(FormatError, match=message):
        config_from_dict({**LLAMA_8B, **change}, name="x")


def test_files_that_are_no_configuration(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"has no config\.json"):
        find_model(str(tmp_path))
    with pytest.raises(InputError, match="there is no file or folder"):
        find_model(str(tmp_path / "none.json"))
    bad = tmp_path / "config.json"
    bad.write_text('{"model_type": ')
    with pytest.raises(FormatError, match=r"config\.json:1: is no JSON"):
        find_model(str(bad))
    bad.write_text("[1]")
    with pytest.raises(FormatError, match="is no JSON object"):
        find_model(str(bad))
    bad.write_bytes(b"\xff\xfe\xff")
    with pytest.raises(FormatError, match="cannot be read"):
        find_model(str(bad))


def test_unknown_models_are_suggested() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'llama-2-70b'"):
        find_model("llama2-70b")


@pytest.mark.parametrize(("field", "value"), [("num_layers", 0), ("hidden_size", 1.5), ("experts_per_token", 9)])
def test_models_are_checked(field: str, value: object) -> None:
    with pytest.raises(InputError):
        dataclasses.replace(MODELS["mixtral-8x7b"], **{field: value})
