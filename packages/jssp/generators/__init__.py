"""Generators of instances; the same parameters and seed give the same bytes on every machine."""

from __future__ import annotations

from jssp.generators.brandimarte import BrandimarteParameters, brandimarte
from jssp.generators.demirkol import demirkol, new_demirkol
from jssp.generators.progen import ProGenParameters, network_complexity, progen, resource_factor
from jssp.generators.taillard import new_taillard, taillard

__all__ = [
    "BrandimarteParameters",
    "ProGenParameters",
    "brandimarte",
    "demirkol",
    "network_complexity",
    "new_demirkol",
    "new_taillard",
    "progen",
    "resource_factor",
    "taillard",
]
