"""Policies for the executor: priority rules, a greedy packer, and the registry of both."""

from schedcore.policies.facts import RuleFacts, facts_of
from schedcore.policies.optional import OptionalChoice, chosen_optional
from schedcore.policies.packer import GreedyPacker
from schedcore.policies.priority import PriorityPolicy, find_rule
from schedcore.policies.registry import get_policy, policy_names
from schedcore.policies.rules import RULES, Rule

__all__ = [
    "RULES",
    "GreedyPacker",
    "OptionalChoice",
    "PriorityPolicy",
    "Rule",
    "RuleFacts",
    "chosen_optional",
    "facts_of",
    "find_rule",
    "get_policy",
    "policy_names",
]
