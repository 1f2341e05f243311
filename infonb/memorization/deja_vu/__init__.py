"""Déjà vu: what a model that saw a pair of image and caption knows beyond one that did not."""

from infonb.memorization.deja_vu.gains import deja_vu_gains
from infonb.memorization.deja_vu.neighbours import nearest_public
from infonb.memorization.deja_vu.objects import predicted_objects
from infonb.memorization.deja_vu.one_model import memorization_confidence, naive_bayes_objects
from infonb.memorization.deja_vu.survival import recall_survival
from infonb.memorization.deja_vu.top import deja_vu_top

__all__ = [
    "deja_vu_gains",
    "deja_vu_top",
    "memorization_confidence",
    "naive_bayes_objects",
    "nearest_public",
    "predicted_objects",
    "recall_survival",
]
