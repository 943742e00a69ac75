"""Job shops and flexible job shops: instances, rules, adapters, and learned dispatchers."""

from __future__ import annotations

from jssp.bounds import Bounds, bounds, gap
from jssp.generators.expression import generate
from jssp.instance import FlexibleJobShopInstance, JobShopInstance
from jssp.project import ProjectInstance
from jssp.rules import RULES, dispatch, dispatch_many, makespans
from jssp.standard import size_class, standard_instance, standard_names

__all__ = [
    "RULES",
    "Bounds",
    "FlexibleJobShopInstance",
    "JobShopInstance",
    "ProjectInstance",
    "bounds",
    "dispatch",
    "dispatch_many",
    "gap",
    "generate",
    "makespans",
    "size_class",
    "standard_instance",
    "standard_names",
]
