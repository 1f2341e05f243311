"""Memorization of density models: how much likelier a sample is to a model that saw it."""

from __future__ import annotations

from infonb.memorization.density.log_density import log_density

__all__ = ["log_density"]
