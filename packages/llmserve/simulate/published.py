"""Figures of NanoFlow (arXiv 2408.12757 v2) on serving LLaMA-2-70B with eight A100 that the simulator stands beside."""

from __future__ import annotations

OFFLINE = {
    "512-512": 1286.0,
    "1024-512": 1263.0,
    "512-1024": 1212.0,
    "splitwise": 1259.0,
    "lmsys": 1247.0,
    "sharegpt": 1272.0,
}
"""Figure 7: tokens/s/GPU."""

OFFLINE_OTHERS = {
    # vLLM 0.5.3, DeepSpeed-FastGen 0.2.3, TensorRT-LLM 0.8
    "512-512": (494.0, 490.0, 735.0),
    "1024-512": (552.0, 513.0, 817.0),
    "512-1024": (410.0, 372.0, 636.0),
    "splitwise": (484.0, 548.0, 831.0),
    "lmsys": (251.0, 293.0, 560.0),
    "sharegpt": (255.0, 335.0, 639.0),
}
"""Figure 7: the same of other engines, which have other kernels."""

KNEES = {"splitwise": 8.2, "lmsys": 32.1, "sharegpt": 16.3}
"""Figure 8: highest rate in requests/s with a mean normalised latency of at most 0.2 s per token."""

LATENCY = {
    "splitwise": {3: 0.10, 6: 0.12, 7: 0.135, 8: 0.185, 9: 0.235, 12: 0.69},
    "lmsys": {5: 0.10, 10: 0.10, 20: 0.105, 25: 0.125, 28: 0.15, 32: 0.20, 36: 0.38},
    "sharegpt": {5: 0.105, 8: 0.105, 11: 0.11, 14: 0.14, 16: 0.205, 19: 0.24, 22: 0.62},
}
"""Seconds per token by rate, read off the figure of the first version's README (to 0.01)."""

BUDGETS = (768, 1024, 2048)
"""Dense batches of the published latency curve, which is the lowest of the three at each rate."""

ABLATION_512_0 = (1273.0, 1171.0, 1446.0, 1402.0)
"""Figure 9 for prompts of 512 tokens without answers (run as answers of 2 tokens)."""

SEED = 420
"""Of the authors' traces; our streams are others."""
