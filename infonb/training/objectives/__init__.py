"""Objectives for training without labels, for `infonb.fit`."""

from __future__ import annotations

from infonb.training.objectives.contrastive import Contrastive
from infonb.training.objectives.elbo import NegativeELBO
from infonb.training.objectives.image_text import ImageText
from infonb.training.objectives.masked import MaskedReconstruction
from infonb.training.objectives.next_token import NextToken
from infonb.training.objectives.simsiam import SimSiam

__all__ = [
    "Contrastive",
    "ImageText",
    "MaskedReconstruction",
    "NegativeELBO",
    "NextToken",
    "SimSiam",
]
