"""Live: regions of decision in the plane, and wrong answers beside their nearest neighbours."""

from __future__ import annotations

import functools
import math
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

if TYPE_CHECKING:
    from infonb.experiments.generalizable_memorizers.experiment import GeneralizableMemorizers
    from infonb.plots import Picture
    from infonb.widgets import Panel

__all__ = ["explore_regions", "explore_wrong", "plot_regions", "plot_wrong"]

_POINTS = (12, 40, 120)
_SHARP = {"1": 1.0, "3": 3.0, "10": 10.0, "∞ (nearest neighbour)": math.inf}
#: Half the side of the plane that is shown, points along a side, and points that are asked.
_SIDE, _GRID, _ASKED = 2.7, 61, 1000


def plot_regions(n: int, rank: int, sharpness: float) -> Picture:
    """Draw what a memorizer of n points of ball and shell decides in the plane."""
    from infonb.plots import palette, subplots  # here, for it brings matplotlib along

    x, y, decided, accuracy = _decided(n, rank, sharpness)
    margins = {"left": 0.1, "right": 0.98, "top": 0.9, "bottom": 0.1}
    picture, axes = subplots(1, 1, size=(4.6, 4.4), margins=margins)
    axis: Any = axes[0, 0]
    colours = palette(2, "layers")
    for sign, colour in zip((1, -1), colours, strict=True):
        shade = np.where(decided * sign > 0, 1.0, np.nan)
        axis.imshow(
            shade, extent=(-_SIDE, _SIDE, -_SIDE, _SIDE), origin="lower", alpha=0.28, vmin=0,
            vmax=1, cmap=_one_colour(colour), interpolation="nearest",
        )  # fmt: skip
        axis.scatter(*x[y == sign].T, s=22, color=colour, edgecolor="white", lw=0.6)
    for radius in (1.0, 1.5, 2.5):
        axis.add_patch(_circle(radius))
    axis.set(xlim=(-_SIDE, _SIDE), ylim=(-_SIDE, _SIDE), aspect="equal")
    axis.tick_params(labelsize=8.5)
    seen = "both directions" if rank == 2 else "one direction"
    sharp = "∞" if math.isinf(sharpness) else f"{sharpness:g}"
    axis.set_title(
        f"{n} points, {seen}, sharpness {sharp}: {100 * accuracy:.1f} % of others", fontsize=9.5,
        loc="left",
    )  # fmt: skip
    picture.alt = (
        f"Regions of decision of a memorizer of {n} points of a ball (radius 1) and a shell (1.5 "
        f"to 2.5) that sees {seen}, sharpness {sharp} times the least: right on "
        f"{100 * accuracy:.1f} % of {_ASKED:,} other points."
    )
    return picture


@functools.lru_cache(maxsize=64)
def _decided(
    n: int, rank: int, sharpness: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
    from infonb.data import ball_shell
    from infonb.networks import cell_memorizer, projected_memorizer

    points, others = ball_shell(2, n, seed=4), ball_shell(2, _ASKED, seed=5)
    x, y = points["input"].values, points["label"].values
    rows = np.eye(2) if rank == 2 else projected_memorizer(x, y, rank=1).project.weight.numpy()
    seen = x @ rows.T
    net = cell_memorizer(seen, y)
    if sharpness > 1:
        net = cell_memorizer(seen, y, sharpness=sharpness * net.least_sharpness)
    ticks = np.linspace(-_SIDE, _SIDE, _GRID)
    grid = np.stack(np.meshgrid(ticks, ticks), axis=-1).reshape(-1, 2)
    said = net.decide(others["input"].values @ rows.T)
    right = float((said == others["label"].values).mean())
    return x, y, net.decide(grid @ rows.T).reshape(_GRID, _GRID), right


def explore_regions(*, interactive: bool = True) -> Panel:
    """Choose how many points, how many directions are seen, and how sharp cells are."""
    from infonb.widgets import Panel
    from infonb.widgets.panel.controls import choice

    def draw(points: int, directions: int, sharpness: float) -> Picture:
        return plot_regions(points, directions, sharpness)

    controls = {
        "points": choice([(str(one), one) for one in _POINTS], "points", _POINTS[1]),
        "directions": choice([("2 (all)", 2), ("1", 1)], "directions seen", 2),
        "sharpness": choice(list(_SHARP.items()), "sharpness / least", 1.0),
    }
    return Panel(draw, controls, interactive=interactive, owns_controls=True)


def plot_wrong(pair: str, images: np.ndarray, digits: np.ndarray, accuracy: float) -> Picture:
    """Draw held-out images that cells get wrong, (2, shown, row, column), each above its nearest.

    `digits` (2, shown); -1: there is none.
    """
    from infonb.plots import subplots

    columns = digits.shape[1]
    margins = {"left": 0.1, "right": 0.99, "top": 0.86, "bottom": 0.02, "wspace": 0.1,
               "hspace": 0.35}  # fmt: skip
    picture, axes = subplots(2, columns, size=(1.25, 1.4), margins=margins)
    for axis, image, digit in zip(
        axes.flat, images.reshape(-1, *images.shape[2:]), digits.ravel(), strict=True
    ):
        axis.set(xticks=[], yticks=[])
        axis.spines[:].set_visible(digit >= 0)
        if digit >= 0:
            axis.imshow(image, cmap="gray_r", interpolation="nearest", vmin=0)
            axis.set_title(str(digit), fontsize=9, pad=3)
    for row, words in enumerate(("held out", "nearest")):
        axes[row, 0].set_ylabel(words, fontsize=9)
    none = not (digits[0] >= 0).any()
    picture.suptitle(
        f"{pair}: {100 * accuracy:.2f} % right" + (", none wrong" if none else ""), fontsize=10,
        x=0.02, ha="left",
    )  # fmt: skip
    told = ", ".join(f"{a} taken for {b}" for a, b in digits.T if a >= 0)
    picture.alt = f"Pair {pair}: {100 * accuracy:.2f} % right; {told or 'no wrong answers'}."
    return picture


def explore_wrong(
    experiment: GeneralizableMemorizers, runs: xr.Dataset, *, interactive: bool = True
) -> Panel:
    """Choose a pair: the images that cells get wrong, each above its nearest training image."""
    from infonb.widgets import Panel
    from infonb.widgets.panel.controls import choice

    one = runs.sel(memorizer="cells").isel(seed=0)
    pairs = one["pair"].values.tolist()
    seed = int(runs["seed"][0])
    kept = {pair: _images_of(experiment, one.sel(pair=pair), pair, seed) for pair in pairs}
    hardest = pairs[int(np.nanargmin(one["accuracy"].values))]

    def draw(pair: str) -> Picture:
        return plot_wrong(pair, *kept[pair], float(one["accuracy"].sel(pair=pair)))

    controls = {"pair": choice([(name, name) for name in pairs], "pair", hardest)}
    return Panel(draw, controls, interactive=interactive, owns_controls=True)


def _images_of(
    experiment: GeneralizableMemorizers, run: xr.Dataset, pair: str, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return images and digits of wrong answers and of their nearest: (2, shown, ...)."""
    data = experiment.data(("cells", pair), seed)
    images, digits = [], []
    for role, name in (("evaluation", "wrong"), ("train", "nearest")):
        part, numbers = data[role], run[name].values.astype(int)
        place = {number: at for at, number in enumerate(part["sample"].values.tolist())}
        at = np.array([place.get(number, 0) for number in numbers.tolist()])
        images.append(part["input"].values[at])
        digits.append(np.where(numbers >= 0, part["digit"].values[at], -1))
    return np.stack(images), np.stack(digits)


def _one_colour(colour: Any) -> Any:
    from matplotlib.colors import ListedColormap

    return ListedColormap([colour])


def _circle(radius: float) -> Any:
    from matplotlib.patches import Circle

    return Circle((0, 0), radius, fill=False, color="0.55", lw=0.8, ls=":")
