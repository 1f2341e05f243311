"""Names of rulers as a reader knows them: on axes and in tables."""

from __future__ import annotations

__all__ = ["ruler_words"]

#: Those whose words are not their letters with a space for the underscore.
_WORDS = {
    "in_out": "in/out",
    "imbalance_to_label": "imbalance to the label",
    "label_information": "MI with the label",
    "layer_information": "MI of the layer and label",
    "mean_in_out": "mean in/out",
    "mean_information": "mean MI with others",
    "mean_mi": "mean MI of pairs",
    "mean_unit_mem": "mean UnitMem",
    "membership_auroc": "AUROC of membership",
    "memorized_share": "wrong labels memorized",
    "mi_over_entropy": "MI / entropy",
    "unit_mem": "UnitMem",
}


def ruler_words(name: object) -> str:
    """Return the name of a ruler in words."""
    return _WORDS.get(str(name), str(name).replace("_", " "))
