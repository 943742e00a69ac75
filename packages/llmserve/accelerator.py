"""GPUs and how many of them serve a model: rates, memory, interconnect.

All figures are SI (1 GB = 1e9 B) and per GPU.  ``interconnect_bytes_per_s`` is what data sheets print, the
sum of both directions; a collective gets half of it (:attr:`Accelerator.one_way_bytes_per_s`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from schedcore.errors import InputError, unknown_name


@dataclass(frozen=True, slots=True)
class Accelerator:
    """One GPU.

    Parameters
    ----------
    name, year
        Name on the command line, and the year of its release.
    memory_bytes
        Capacity of its memory.
    memory_bytes_per_s
        Bandwidth of its memory by data sheet.
    interconnect_bytes_per_s
        Bandwidth to the other GPUs by data sheet, both directions together.
    compute_flop_per_s
        Dense 16-bit rate by data sheet.
    sustained_flop_per_s, sustained_memory_bytes_per_s, sustained_one_way_bytes_per_s
        Rates that were measured on large kernels (the last: of collectives); ``None`` where we know of none.
    source
        Where the figures come from.
    """

    name: str
    year: int
    memory_bytes: float
    memory_bytes_per_s: float
    interconnect_bytes_per_s: float
    compute_flop_per_s: float
    sustained_flop_per_s: float | None = None
    sustained_memory_bytes_per_s: float | None = None
    sustained_one_way_bytes_per_s: float | None = None
    source: str = "NanoFlow (arXiv 2408.12757), table 1"

    def __post_init__(self) -> None:
        for field in (
            "memory_bytes",
            "memory_bytes_per_s",
            "interconnect_bytes_per_s",
            "compute_flop_per_s",
            "sustained_flop_per_s",
            "sustained_memory_bytes_per_s",
            "sustained_one_way_bytes_per_s",
        ):
            value = getattr(self, field)
            if value is not None and not (math.isfinite(value) and value > 0):
                raise InputError(
                    f"{field} is {value}", where=f"accelerator {self.name!r}", remedy="give a positive number"
                )

    @property
    def one_way_bytes_per_s(self) -> float:
        """Bandwidth to the other GPUs in one direction."""
        return self.interconnect_bytes_per_s / 2

    @property
    def best_one_way_bytes_per_s(self) -> float:
        """The measured rate of collectives where there is one, else half of the data sheet's."""
        return self.sustained_one_way_bytes_per_s or self.one_way_bytes_per_s

    @property
    def best_flop_per_s(self) -> float:
        """The measured 16-bit rate where there is one, else that of the data sheet."""
        return self.sustained_flop_per_s or self.compute_flop_per_s

    @property
    def best_memory_bytes_per_s(self) -> float:
        """The measured memory bandwidth where there is one, else that of the data sheet."""
        return self.sustained_memory_bytes_per_s or self.memory_bytes_per_s


def _paper(
    name: str, year: int, memory_gb: float, memory_gb_s: float, link_gb_s: float, gflop_s: float
) -> tuple[str, Accelerator]:
    return name, Accelerator(name, year, memory_gb * 1e9, memory_gb_s * 1e9, link_gb_s * 1e9, gflop_s * 1e9)


PAPER_ACCELERATORS: Mapping[str, Accelerator] = MappingProxyType(
    dict(
        (
            _paper("v100", 2017, 16, 900, 300, 125_000),
            _paper("a100-40", 2020, 40, 1_555, 600, 312_000),
            _paper("a100", 2021, 80, 2_000, 600, 312_000),
            _paper("h100", 2023, 80, 3_352, 900, 989_000),
            _paper("h200", 2024, 96, 4_800, 900, 989_000),
            _paper("b100", 2024, 120, 8_000, 1_800, 1_800_000),
            _paper("b200", 2024, 120, 8_000, 1_800, 2_250_000),
            _paper("mi250", 2021, 128, 3_352, 800, 362_000),
            _paper("mi300", 2023, 192, 5_300, 1_024, 1_307_000),
            _paper("mi325x", 2024, 256, 6_000, 1_024, 1_307_000),
            _paper("gaudi2", 2022, 96, 2_400, 600, 1_000_000),
            _paper("gaudi3", 2024, 128, 3_700, 1_200, 1_800_000),
            _paper("ada6000", 2022, 48, 960, 64, 182_000),
        )
    )
)
"""Table 1 of the paper as printed, kept to reproduce its figures (its H200 has 96 GB)."""


ACCELERATORS: Mapping[str, Accelerator] = MappingProxyType(
    {
        **PAPER_ACCELERATORS,
        # 260 TFLOP/s is the rate to which every percentage of the paper decodes (1857 tok/s/GPU for 70e9 parameters);
        # the text itself says 280, which is the best single GEMM of the authors' profile.
        "a100": Accelerator(
            "a100",
            2021,
            80e9,
            2e12,
            600e9,
            312e12,
            sustained_flop_per_s=260e12,
            sustained_memory_bytes_per_s=1.65e12,
            # Slope of the published AllGather times: 7/8 of 25.2 MB more in 153 us.
            sustained_one_way_bytes_per_s=144e9,
            source="NanoFlow, table 1; sustained: decoded from its percentages, fits of its published profiles",
        ),
        "h200": Accelerator(
            "h200",
            2024,
            149.25e9,
            4.8e12,
            900e9,
            989e12,
            sustained_flop_per_s=790e12,
            sustained_memory_bytes_per_s=4.3e12,
            source="data sheet; sustained rates and usable memory measured on one H200 (bf16 GEMM, copy)",
        ),
    }
)
"""Accelerators by name, lower case, with measured rates where known."""


def find_accelerator(name: str) -> Accelerator:
    """The accelerator called ``name`` (case, blanks and an ``-80``/``-80gb`` of the A100 do not matter).

    Raises
    ------
    UnknownNameError
        With near misses.
    """
    key = name.strip().lower().replace("_", "-").replace(" ", "-")
    key = {"a100-80": "a100", "a100-80g": "a100", "a100-80gb": "a100", "a100-40gb": "a100-40"}.get(key, key)
    if key not in ACCELERATORS:
        raise unknown_name("accelerator", name, ACCELERATORS, where="accelerator")
    return ACCELERATORS[key]
