"""Watch the construction grow: points in a plane, its hyperplanes, and the function on the line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from infonb.plots import Picture
    from infonb.widgets import Panel

__all__ = ["explore_construction", "plot_construction", "points_in_a_plane"]

#: How many points can be chosen.
NUMBERS = (4, 8, 16, 32, 64, 128)


def points_in_a_plane(n: int, shape: str, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return points (sample, 2) and values: random, or digits on two principal directions."""
    rng = np.random.default_rng([seed, 73])
    if shape == "digits":
        from infonb.data import load_digits

        digits = load_digits()
        flat = digits.input.values.reshape(digits.sizes["sample"], -1).astype(float)
        flat -= flat.mean(axis=0)
        _, _, directions = np.linalg.svd(flat, full_matrices=False)
        at = rng.permutation(len(flat))[:n]
        return flat[at] @ directions[:2].T, 2 * digits.label.values[at] / 9 - 1
    return rng.normal(size=(n, 2)), rng.choice([-1.0, 1.0], size=n)


def plot_construction(n: int, shape: str) -> Picture:
    """Draw points, groups and hyperplanes in the plane, and the network's function on the line."""
    import torch

    from infonb.networks import pieces_on_line, relu_memorizer
    from infonb.plots import palette, subplots

    points, values = points_in_a_plane(n, shape)
    net = relu_memorizer(points, values, activation="relu")
    found = net.construction
    direction, place = found.direction.values, found.position.values
    margins = {"left": 0.06, "right": 0.99, "top": 0.9, "bottom": 0.15, "wspace": 0.18}
    picture, axes = subplots(1, 2, size=(5.0, 3.4), margins=margins, width_ratios=[1, 1.5])
    plane, line = axes[0]
    groups = found.group.values
    colours = palette(10, "layers")
    shade = [colours[group % 10] for group in groups]
    plane.scatter(*points.T, c=shade, s=22, zorder=3)
    _draw_planes(plane, points, direction, _edges(place, groups))
    plane.set_title(f"{n} points, {groups.max() + 1} groups", fontsize=10, loc="left")
    plane.set(xticks=[], yticks=[])
    span = np.ptp(place)
    at = np.linspace(place.min() - 0.03 * span, place.max() + 0.03 * span, 4001)
    # a point of the plane above each place of the line: the network sees nothing else of it
    with torch.no_grad():
        said = net(torch.from_numpy(at[:, None] * direction)).numpy().ravel()
    line.plot(at, np.clip(said, -3, 3), color="0.6", lw=0.9)
    line.scatter(place, values, c=shade, s=22, zorder=3)
    pieces = pieces_on_line(net, at[0] * direction, at[-1] * direction)
    line.set_ylim(-3.15, 3.15)
    line.set_xlabel("place on the line, u · x", fontsize=9)
    line.set_title(f"widths {net.sizes.d1} and {net.sizes.d2}: {pieces:,} pieces", fontsize=10,
                   loc="left")  # fmt: skip
    line.tick_params(labelsize=8.5)
    error = float(np.abs(_at(net, points) - values).max())
    picture.alt = (
        f"{n} points in {groups.max() + 1} groups; a network of widths {net.sizes.d1} and "
        f"{net.sizes.d2} runs in {pieces:,} pieces through all of them, largest error {error:.0e}."
    ).replace("e-", "e−")
    return picture


def explore_construction(*, interactive: bool = True) -> Panel:
    """Choose how many points, and which; a network is built for them at once, in milliseconds."""
    from infonb.widgets import Panel
    from infonb.widgets.panel.controls import choice

    controls = {
        "n": choice([(str(n), n) for n in NUMBERS], "points N", 16),
        "shape": choice(
            [("random, labels ±1", "random"), ("digits, 2 principal directions", "digits")],
            "which", "random",
        ),
    }  # fmt: skip
    return Panel(plot_construction, controls, interactive=interactive, owns_controls=True)


def _at(net: Any, points: np.ndarray) -> np.ndarray:
    import torch

    with torch.no_grad():
        said: np.ndarray = net(torch.from_numpy(points)).numpy().ravel()
    return said


def _edges(place: np.ndarray, group: np.ndarray) -> np.ndarray:
    """Return the places on the line between neighbouring groups."""
    last = [place[group == g].max() for g in range(group.max())]
    first = [place[group == g + 1].min() for g in range(group.max())]
    return (np.array(last) + np.array(first)) / 2


def _draw_planes(axis: Any, points: np.ndarray, direction: np.ndarray, edges: np.ndarray) -> None:
    """Draw the lines on which u · x is an edge, within the range of the points."""
    low, high = points.min(axis=0), points.max(axis=0)
    pad = 0.08 * (high - low)
    along = np.array([-direction[1], direction[0]])
    reach = 2 * np.linalg.norm(high - low)
    middle = points.mean(axis=0)
    for edge in edges:
        foot = middle + (edge - middle @ direction) * direction
        axis.plot(*np.stack([foot - reach * along, foot + reach * along]).T, color="0.75", lw=0.9)
    axis.set(xlim=(low[0] - pad[0], high[0] + pad[0]), ylim=(low[1] - pad[1], high[1] + pad[1]))
