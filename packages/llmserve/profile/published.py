"""Durations that the authors of NanoFlow published with their code (A100, fp16), as far as they are known."""

from __future__ import annotations

from llmserve.cost import DOWN, KQV, O_PROJECTION, PREFILL_ATTENTION, UP_GATE
from llmserve.deployment import Deployment
from llmserve.profile.times import ALL_GATHER, ALL_REDUCE, AttentionTable, ProfiledTimes

_MS = 1e-3
_CONTEXTS = (512.0, 1024.0, 2048.0, 3072.0)


def _table(*points: tuple[float, float]) -> tuple[tuple[float, float], ...]:
    return tuple((tokens, ms * _MS) for tokens, ms in points)


def _attention(rows: dict[int, tuple[float, ...]]) -> AttentionTable:
    seconds = tuple(tuple(ms * _MS for ms in row) for row in rows.values())
    return AttentionTable(tuple(float(b) for b in rows), _CONTEXTS, seconds)


_COLLECTIVES = {
    ALL_GATHER: _table((512, 0.0675), (1024, 0.1189), (1536, 0.1699), (2048, 0.2207)),
    ALL_REDUCE: _table((512, 0.1314), (1024, 0.2231), (1536, 0.3148), (2048, 0.4056)),
}
"""As calibrated for the search, with 8 (AllGather) and 16 (ReduceScatter) thread blocks, to fit beside GEMMs."""

BEST_COLLECTIVES = 0.5 * 47.92 / 80 / 0.4056
"""Best stand-alone over calibrated time: table 2 measured 47.92 ms for 160 AllReduces of 2048 tokens."""

LLAMA_70B_TP8_A100 = ProfiledTimes(
    "llama-2-70b@8xa100",
    {
        # The notebook doubled these by hand; half of them lies on a line with table 2 (2048 tokens: 16.08 ms / 80).
        KQV: _table((256, 0.043), (384, 0.050), (640, 0.0775), (768, 0.081), (2048, 0.201)),
        O_PROJECTION: _table((640, 0.058), (1408, 0.104), (2048, 0.2001)),
        UP_GATE: _table((640, 0.287), (1408, 0.587), (2048, 0.874)),
        DOWN: _table((640, 0.138), (1408, 0.313), (2048, 0.437)),
        PREFILL_ATTENTION: _table((128, 0.1 / 16), (2048, 0.1)),
        **{
            name: tuple((tokens, BEST_COLLECTIVES * seconds) for tokens, seconds in points)
            for name, points in _COLLECTIVES.items()
        },
    },
    _attention(
        {
            128: (0.0528, 0.0752, 0.1160, 0.1589),
            256: (0.0745, 0.1156, 0.1938, 0.2710),
            512: (0.1180, 0.1963, 0.3492, 0.4953),
            768: (0.1637, 0.2789, 0.5067, 0.7290),
            1024: (0.2094, 0.3615, 0.6642, 0.9627),
            1280: (0.2489, 0.4427, 0.8304, 1.2029),
            1408: (0.2686, 0.4834, 0.9135, 1.3230),
            1536: (0.2884, 0.5240, 0.9965, 1.4431),
            2048: (0.3675, 0.6866, 1.3288, 1.9236),
        }
    ),
    source="efeslab/Nanoflow: search notebook and calibration tables; 2048 tokens of GEMMs, and scale of the "
    "collectives: NanoFlow, table 2",
)

LLAMA_70B_TP8_A100_FEW_BLOCKS = ProfiledTimes(
    "llama-2-70b@8xa100, collectives with few blocks",
    {**LLAMA_70B_TP8_A100.tables, **_COLLECTIVES},
    LLAMA_70B_TP8_A100.attention,
    source="the same with the collectives as calibrated for the search",
)

LLAMA_8B_A100 = ProfiledTimes(
    "llama-3-8b@1xa100",
    {
        KQV: _table((384, 0.084), (640, 0.138)),
        O_PROJECTION: _table((384, 0.056), (640, 0.089)),
        UP_GATE: _table((384, 0.356), (640, 0.555)),
        DOWN: _table((384, 0.177), (640, 0.270)),
        PREFILL_ATTENTION: _table(
            (640, 0.0625),
        ),
    },
    _attention(
        {
            128: (0.196, 0.349, 0.637, 0.940),
            256: (0.361, 0.664, 1.252, 1.855),
            384: (0.524, 0.997, 1.872, 2.776),
            512: (0.687, 1.329, 2.491, 3.696),
            640: (0.851, 1.669, 3.112, 4.616),
            768: (1.016, 2.009, 3.732, 5.536),
            1024: (1.344, 2.685, 4.976, 7.379),
        }
    ),
    source="efeslab/Nanoflow: result of the search for one GPU, and calibration table of decode attention",
)

_PROFILES = {p.name: p for p in (LLAMA_70B_TP8_A100, LLAMA_8B_A100)}
_SAME_SHAPE = {"llama-3-70b": "llama-2-70b"}


def published_profile(deployment: Deployment) -> ProfiledTimes | None:
    """The published durations of ``deployment``, or ``None``; LLaMA-3-70B has the layers of LLaMA-2-70B."""
    model = _SAME_SHAPE.get(deployment.model.name, deployment.model.name)
    return _PROFILES.get(f"{model}@{deployment.gpus}x{deployment.accelerator.name}")
