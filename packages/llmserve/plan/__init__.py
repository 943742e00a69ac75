"""Nano-batch plans: the structure of a layer, its problem in the core, the searches, and the plan file."""
