"""Nano-batch LLM serving: planner, simulator and engine (NanoFlow)."""
