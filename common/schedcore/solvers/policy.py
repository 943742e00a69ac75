"""Every policy as a solver of its name."""

from __future__ import annotations
