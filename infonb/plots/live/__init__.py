"""Figures for live controls: made once, then given new values, which takes half the time."""

from __future__ import annotations

from infonb.plots.live.boxes import EntropyBoxes
from infonb.plots.live.estimators import EstimatorDots
from infonb.plots.live.examples import ExampleList, ExampleRow
from infonb.plots.live.figure import LiveFigure
from infonb.plots.live.histogram import NeuronHistogram
from infonb.plots.live.matrix import PairMatrix
from infonb.plots.live.scatter import PairScatter

__all__ = [
    "EntropyBoxes",
    "EstimatorDots",
    "ExampleList",
    "ExampleRow",
    "LiveFigure",
    "NeuronHistogram",
    "PairMatrix",
    "PairScatter",
]
