"""What each ruler is, in a sentence; what planting implies for it, written down beforehand."""

from __future__ import annotations

import numpy as np
import xarray as xr

__all__ = ["EXPECTED", "SENTENCES", "WHY", "expected_of", "outcome_of"]

#: Ruler of samples → kind → whether it should lie above typical samples (True), should not (False).
EXPECTED: dict[str, dict[str, bool]] = {
    "in_out": {
        "wrong label": True, "outlier": True, "near-duplicate": False, "shortcut": False,
    },
    "cumulative_loss": {
        "wrong label": True, "outlier": True, "near-duplicate": False, "shortcut": False,
    },
    "area_under_margin": {
        "wrong label": True, "outlier": True, "near-duplicate": False, "shortcut": False,
    },
    "forgetting_events": {
        "wrong label": True, "outlier": True, "near-duplicate": False, "shortcut": False,
    },
    "loss_curvature": {
        "wrong label": True, "outlier": True, "near-duplicate": False, "shortcut": False,
    },
    "pointwise_information": {
        "wrong label": True, "outlier": True, "near-duplicate": False, "shortcut": False,
    },
    "membership": {
        "wrong label": False, "outlier": False, "near-duplicate": False, "shortcut": False,
    },
    "early_learning": {
        "wrong label": True, "outlier": True, "near-duplicate": False, "shortcut": False,
    },
    "units_owned": {
        "wrong label": False, "outlier": True, "near-duplicate": False, "shortcut": False,
    },
    "density": {
        "wrong label": False, "outlier": True, "near-duplicate": False, "shortcut": False,
    },
}  # fmt: skip

#: Why that is expected.
WHY = {
    "in_out": "it leaves samples out: only what no other sample tells is lost with them",
    "cumulative_loss": "what no other sample tells is learnt last, so that losses add up",
    "area_under_margin": "what no other sample tells is held against the label for long",
    "forgetting_events": "what others speak against is learnt and lost again",
    "loss_curvature": "a label that holds at one point alone bends the loss around it",
    "pointwise_information": "in the layer such a sample lies among samples of other labels",
    "membership": "all were trained on, so that none should stand out: it is of trained or not",
    "early_learning": "early in training the network says what the other samples say",
    "units_owned": "it sees no label; a unit answers to an image that is like no other",
    "density": "it sees no label and no network; copies make an image less rare",
}

#: What each ruler is, for readers who know none of the papers.
SENTENCES = {
    "in_out": "how much more probable a label is to networks that saw the sample than to others",
    "cumulative_loss": "the losses of a sample, added up over all epochs of one training",
    "area_under_margin": "how far its label led before the next class, on average over the epochs",
    "forgetting_events": "how often the network was right on a sample and wrong one epoch later",
    "loss_curvature": "how strongly the loss bends where the image is changed a little",
    "pointwise_information": "how much the last hidden layer tells of just this sample's label",
    "membership": "how low the loss of a sample is at the end, which gives away who was there",
    "early_learning": "how little the network believed a label in the first fifth of its training",
    "units_owned": "how many units answer to this sample more than to any other",
    "density": "how much rarer an image would be among all images if it were not there itself",
    "unit_mem": "how much more a unit answers to one image than to the mean of all others",
    "class_selectivity": "how much more a unit answers to one class than to the others",
    "entropy": "how evenly the values of a unit are spread over bins",
    "label_information": "how much a unit tells of the labels that were taught",
    "mean_information": "how much a unit tells of the other units of its layer",
    "switching_off": "how much more wrong labels lose without the unit than typical ones do",
    "mean_in_out": "the mean of in and out over all samples that were trained on",
    "memorized_share": "the share of wrong labels that the network says after training",
    "membership_auroc": "how surely the loss tells trained samples from their twins",
    "mean_entropy": "the mean entropy of the units",
    "mean_mi": "the mean information that two units of a layer share",
    "mi_over_entropy": "that information, divided by the entropy in the same bins",
    "mean_unit_mem": "the mean UnitMem of the units",
    "matrix_entropy": "over how many directions a layer spreads the images",
    "imbalance_to_label": "how often the nearest image in a layer is of another class",
    "layer_information": "how much a whole layer tells of the true class of unseen images",
}


def expected_of(ruler: str, kind: str) -> bool | None:
    """Return whether a kind should lie above typical samples; None if nothing is expected."""
    return EXPECTED.get(ruler, {}).get(kind)


def outcome_of(interval: xr.DataArray) -> str:
    """Return "above", "below" or "alike" by the interval of an AUROC; "" where there is none."""
    low, high = (float(one) for one in interval.values)
    if np.isnan(low):
        return ""
    return "above" if low > 0.5 else "below" if high < 0.5 else "alike"
