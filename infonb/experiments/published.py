"""Numbers of the paper's figures and tables, read off by eye (±0.05), for the tables of claims."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

__all__ = [
    "BIAS_IN_BIOS",
    "COLORED_MNIST",
    "SENTIMENT_ADJECTIVES",
    "SHUFFLED_IMDB",
    "SHUFFLED_MNIST",
    "TABLE_2",
    "Ordered",
    "Published",
]


@dataclass(frozen=True)
class Published:
    """What the paper reports of one experiment with levels; layers are fc1, fc2, ..."""

    levels: tuple[float, ...]
    entropy: dict[str, tuple[float, ...]]
    accuracy: tuple[float, ...]
    density: dict[str, str]
    tau_entropy: float
    tau_information: float

    def of_entropy(self, layer: str, start: Any, end: Any) -> str:
        """Return the two medians of a layer before the ReLU, or say that none are reported."""
        return self._ends(self.entropy.get(layer), start, end, "{:.2f}")

    def of_information(self, layer: str, start: Any, end: Any) -> str:
        """Return what the figure of MI shows from the lowest to the highest level."""
        ends = (start, end) == (self.levels[0], self.levels[-1])
        return self.density.get(layer, "") if ends and self.density.get(layer) else "not reported"

    def of_accuracy(self, where: str, start: Any, end: Any) -> str:
        """Return the two validation accuracies, or say that none are reported."""
        return self._ends(self.accuracy, start, end, "{:.3g}")

    def _ends(self, values: tuple[float, ...] | None, start: Any, end: Any, form: str) -> str:
        if values is None or start not in self.levels or end not in self.levels:
            return "not reported"
        found = dict(zip(self.levels, values, strict=True))
        return " → ".join(form.format(found[level]) for level in (start, end))


class Ordered(NamedTuple):
    """Of networks that have an order, but no levels: Kendall's τ with several metrics."""

    tau_entropy: tuple[float, ...]
    tau_information: tuple[float, ...]


#: Figures 2 and 3 (left) and Table 2, over α.
COLORED_MNIST = Published(
    levels=(0.0, 0.25, 0.5, 0.75, 1.0),
    entropy={
        "fc1": (3.03, 2.92, 2.78, 2.55, 1.00),
        "fc2": (2.93, 2.80, 2.61, 2.29, 1.36),
        "fc3": (2.92, 2.77, 2.69, 2.75, 2.08),
    },
    accuracy=(0.635, 0.628, 0.60, 0.55, 0.505),
    density=dict.fromkeys(("fc1", "fc2", "fc3"), "all pairs: peak below 0.1 → flat to 0.5"),
    tau_entropy=1.0,
    tau_information=1.0,
)

#: Figures 2 and 3 (right) and Table 2, over α: the last two blocks of DistilBERT.
SENTIMENT_ADJECTIVES = Published(
    levels=(0.0, 0.25, 0.5, 0.75, 1.0),
    entropy={
        "block5": (1.87, 1.84, 1.72, 1.58, 1.30),
        "block6": (2.10, 2.16, 2.03, 1.98, 1.65),
    },
    accuracy=(0.92, 0.88, 0.80, 0.735, 0.705),
    density=dict.fromkeys(("block5", "block6"), "all pairs: peak about 0.64 → about 0.87"),
    tau_entropy=0.80,
    tau_information=0.80,
)

#: Figures 6 and 7 (left) and Table 2, over β.
SHUFFLED_MNIST = Published(
    levels=(0.0, 0.25, 0.5, 0.75, 1.0),
    entropy={
        "fc1": (1.60, 2.17, 2.12, 2.26, 2.20),
        "fc2": (1.66, 2.47, 2.50, 2.71, 2.74),
        "fc3": (2.12, 2.74, 2.80, 3.00, 3.08),
    },
    accuracy=(0.98, 0.82, 0.58, 0.33, 0.10),
    density={"fc1": "peak 0.046 → 0.02 to 0.026"},
    tau_entropy=1.0,
    tau_information=0.88,
)

#: Figures 6 and 7 (right) and Table 2, over β: the first two blocks of DistilBERT.
SHUFFLED_IMDB = Published(
    levels=(0.0, 0.2, 0.4, 0.6, 0.8),
    entropy={
        "block1": (0.05, 0.03, 0.03, 0.03, 0.41),
        "block2": (0.77, 0.76, 0.77, 0.86, 1.71),
    },
    accuracy=(0.93, 0.88, 0.78, 0.67, 0.57),
    density={"block1": "mass up to 0.75 → peak 0.02"},
    tau_entropy=0.60,
    tau_information=0.80,
)

#: Figure 4 and Table 2: Kendall's τ with the compression of the gender, the gap of true positive
#: rates and the sufficiency gap.
BIAS_IN_BIOS = Ordered(tau_entropy=(0.47, 0.20, 0.20), tau_information=(0.60, 0.07, 0.33))

#: Table 2: column → the experiment here, with its metric if it has several, None if there is none,
#: and Kendall's τ of the rankings by mean entropy and by mean MI with that by the metric.
TABLE_2: dict[str, tuple[str | None, float, float]] = {
    "Sentiment Adjectives": (
        "sentiment_adjectives", SENTIMENT_ADJECTIVES.tau_entropy,
        SENTIMENT_ADJECTIVES.tau_information,
    ),
    "Colored MNIST": ("colored_digits", COLORED_MNIST.tau_entropy, COLORED_MNIST.tau_information),
    "Bias in Bios, compression": ("biographies, compression", 0.47, 0.60),
    "Bias in Bios, TPR gap": ("biographies, TPR gap", 0.20, 0.07),
    "Bias in Bios, sufficiency gap": ("biographies, sufficiency gap", 0.20, 0.33),
    "Shuffled IMDb": (
        "shuffled_reviews", SHUFFLED_IMDB.tau_entropy, SHUFFLED_IMDB.tau_information
    ),
    "Shuffled MNIST": (
        "shuffled_digits", SHUFFLED_MNIST.tau_entropy, SHUFFLED_MNIST.tau_information
    ),
}  # fmt: skip
