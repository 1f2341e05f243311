"""Déjà vu: what a vision-language model remembers of images whose captions it has seen."""

from __future__ import annotations

from infonb.experiments.deja_vu.experiment import DejaVu

__all__ = ["DejaVu"]
