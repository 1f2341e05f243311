"""
Entropy and mutual information along named dimensions.

Three layers: array kernels (``kernels``; the last axis is the samples, no labels), labelled
functions (here), and the accessor ``ds.infonb``. Nothing here imports numba, scikit-learn, dask or
torch before it is used.
"""

from __future__ import annotations

from infonb.dims import take_activation
from infonb.measures._entropy import entropy
from infonb.measures._mutual_information import mutual_information
from infonb.measures.binary import binary_entropy, binary_mutual_information
from infonb.measures.density import mixture_density
from infonb.measures.information_imbalance import information_imbalance
from infonb.measures.layer_information import layer_information
from infonb.measures.matrix_entropy import matrix_entropy
from infonb.measures.reliability import reliability
from infonb.measures.scale import ScaleWarning
from infonb.measures.tidy import summary
from infonb.measures.ties import TiesWarning

__all__ = [
    "ScaleWarning",
    "TiesWarning",
    "binary_entropy",
    "binary_mutual_information",
    "entropy",
    "information_imbalance",
    "layer_information",
    "matrix_entropy",
    "mixture_density",
    "mutual_information",
    "reliability",
    "summary",
    "take_activation",
]
