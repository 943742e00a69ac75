"""Figures of the NanoFlow paper (arXiv 2408.12757 v2) that ours stand beside."""

from __future__ import annotations

FIGURE_2_GPUS = (
    "v100", "a100-40", "a100", "h100", "h200", "b100", "b200", "mi250", "mi300", "mi325x", "gaudi2", "gaudi3",
    "ada6000",
)  # fmt: skip

FIGURE_2 = {
    "llama-3-8b": (0.382, 0.477, 0.477, 1.008, 1.008, 0.918, 1.147, 0.415, 1.171, 1.171, 1.529, 1.376, 2.609),
    "mixtral-8x7b": (0.243, 0.303, 0.303, 0.640, 0.640, 0.583, 0.728, 0.264, 0.744, 0.744, 0.971, 0.874, 1.657),
    "llama-2-70b": (0.218, 0.273, 0.273, 0.576, 0.576, 0.524, 0.655, 0.237, 0.669, 0.669, 0.874, 0.786, 1.491),
    "llama-3-70b": (0.218, 0.273, 0.273, 0.576, 0.576, 0.524, 0.655, 0.237, 0.669, 0.669, 0.874, 0.786, 1.491),
    "qwen2-72b": (0.212, 0.265, 0.265, 0.560, 0.560, 0.510, 0.637, 0.231, 0.651, 0.651, 0.850, 0.765, 1.450),
    "llama-3.1-405b": (0.119, 0.148, 0.148, 0.314, 0.314, 0.285, 0.357, 0.129, 0.364, 0.364, 0.476, 0.428, 0.812),
}
"""Network over compute time on 8 GPUs, by model and GPU (:data:`FIGURE_2_GPUS`)."""

WORKLOADS = {
    "lmsys": (102.0, 222.0),
    "splitwise": (1155.0, 211.0),
    "sharegpt": (246.0, 322.0),
    "512-512": (512.0, 512.0),
    "1024-512": (1024.0, 512.0),
    "512-1024": (512.0, 1024.0),
}
"""Mean prompt and output lengths (table 4; unfiltered traces)."""

FIGURE_3 = {
    ("llama-3-8b", 1): (0.23, 0.31, 0.37, 0.61, 0.68, 1.09),
    ("mixtral-8x7b", 8): (0.12, 0.17, 0.20, 0.32, 0.36, 0.58),
    ("llama-2-70b", 8): (0.07, 0.09, 0.11, 0.18, 0.20, 0.32),
    ("llama-3-70b", 8): (0.07, 0.09, 0.11, 0.18, 0.20, 0.32),
    ("qwen2-72b", 8): (0.07, 0.09, 0.11, 0.18, 0.20, 0.31),
}
"""Memory over compute time on A100-80 GPUs, by model and number of GPUs and workload."""

TABLE_2 = {
    # operation: GFLOP, GB of memory, GB of network, then compute, memory and network ms, and measured ms
    "KQV": (27_487.8, 19.5, 0.0, 11.01, 1.22, 0.0, 16.08),
    "O": (21_990.2, 16.1, 0.0, 8.81, 1.01, 0.0, 16.01),
    "UG": (153_931.6, 96.6, 0.0, 61.67, 6.04, 0.0, 69.92),
    "D": (76_965.8, 49.7, 0.0, 30.84, 3.11, 0.0, 34.96),
    "decode attention": (3_665.9, 462.2, 0.0, 1.47, 28.89, 0.0, 35.60),
    "prefill attention": (916.3, 2.1, 0.0, 0.37, 0.13, 0.0, 4.56),
    "network": (18.8, 75.2, 75.2, 0.01, 4.70, 31.33, 47.92),
}
"""LLaMA-2-70B on 8 A100, 2048 dense tokens, one iteration, all GPUs together."""

TABLE_2_TOTALS_MS = (114.17, 45.09, 31.33)

ABLATION = {
    # non-overlap, nano-batches only, NanoFlow, NanoFlow with offload: tokens/s/GPU
    "512-0": (1273.0, 1171.0, 1446.0, 1402.0),
    "512-512": (1106.0, 982.0, 1323.0, 1290.0),
    "1024-512": (1092.0, 958.0, 1291.0, 1259.0),
    "512-1024": (1048.0, 952.0, 1277.0, 1244.0),
}
"""Figure 9: LLaMA-2-70B on 8 A100."""

OPTIMA = {
    "llama-2-70b@8xa100": 1857.1,
    "llama-3-8b@1xa100": 16_250.0,
    "mixtral-8x7b@8xa100": 10_294.0,
    "qwen2-72b@8xa100": 1_800.0,
    "deepseek-67b@8xa100": 1_941.0,
    "llama-3-70b@8xa100": 1_850.0,
}
"""Optimal tokens/s/GPU that the percentages of figures 7 and 11 decode to."""

OTHER_S = 19.2e-3
"""Time of an iteration outside the operations of table 2: the difference of figure 9's 1048 tokens/s to their sum."""
