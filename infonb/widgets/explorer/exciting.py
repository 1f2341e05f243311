"""The examples that excite the chosen neuron most, below its histogram."""

from __future__ import annotations

from infonb.plots.activating import three_digits
from infonb.plots.examples import Examples, Shown
from infonb.plots.live import ExampleList, ExampleRow
from infonb.plots.live.names import shortened
from infonb.plots.picture import Picture
from infonb.selection.activating.activating_examples import highest
from infonb.widgets.explorer.choice import Choice
from infonb.widgets.explorer.measured import Measured

__all__ = ["ExcitingExamples"]

#: Of the picture, in inches.
_WIDTH = 4.6


class ExcitingExamples:
    """Images or texts of the samples, of which those of the highest activation are drawn."""

    def __init__(self, examples: Shown, measured: Measured) -> None:
        self._examples = Examples(examples)
        self._examples.check_number(measured.of_samples)
        # of all samples now, so that a missing one is told before anything is drawn
        self._places = self._examples.places(measured.order, measured.values["sample"].values)
        self._view = (ExampleRow if self._examples.are_images else ExampleList)(_WIDTH)

    def draw(self, measured: Measured, choice: Choice, neuron: str) -> Picture:
        """Return the picture of a neuron, named in words."""
        values = measured.neuron(choice)
        best = highest(values, min(self._view.n, len(values)))
        places, shown = self._places[best], three_digits(values[best])
        words = self._examples.words(places)
        n, whole = choice.n_samples, measured.of_samples
        title = f"{neuron}: what excites it most\nhighest activations of {n:,} samples" + (
            f" ({whole:,} in all)" if n < whole else ""
        )
        listed = [f"{shortened(a, 60)} ({b})" for a, b in zip(words, shown, strict=True)]
        alt = f"The examples that excite {neuron} most: {', '.join(listed)}."
        if isinstance(self._view, ExampleRow):
            return self._view.draw(self._examples.images(places), shown, title, alt)
        return self._view.draw(words, shown, title, alt)
