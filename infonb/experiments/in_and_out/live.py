"""Choose a sample: its image, its scores in and out, and who taught it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from infonb.experiments.in_and_out.teachers import teachers_of

if TYPE_CHECKING:
    from infonb.plots import Picture
    from infonb.widgets import Panel

__all__ = ["explore_in_out"]


def explore_in_out(
    runs: xr.Dataset, found: xr.Dataset, examples: xr.Dataset, *, labels: str = "planted",
    interactive: bool = True,
) -> Panel:  # fmt: skip
    """
    Choose a role, and a sample in it by the rank of its memorization; nothing is computed anew.

    Dims of `runs` as of `InAndOut`, of `found` as of `infonb.memorization.influence`.
    """
    # here, for they bring matplotlib along
    import ipywidgets as widgets

    from infonb.plots import plot_in_out_sample
    from infonb.widgets import Panel
    from infonb.widgets.panel.controls import choice

    one = runs.sel(labels=labels).isel(seed=0)
    mem = one.mem.sel(score="probability").values
    score = (
        one.probability.stack(training=("repeat", "fold")).transpose("training", "sample").values
    )
    out = one.held_out.stack(training=("repeat", "fold")).transpose("training", "sample").values
    role = runs["role"].values
    order = {name: at[np.argsort(-mem[at], kind="stable")] for name in dict.fromkeys(role)
             for at in [np.flatnonzero(role == name)]}  # fmt: skip

    def draw(role: str, rank: int) -> Picture:
        among = order[role]
        at = int(among[min(rank, among.size - 1)])
        sample = examples["sample"].values[at]
        inside, outside = score[~out[:, at], at], score[out[:, at], at]
        return plot_in_out_sample(examples, sample, inside, outside, teachers_of(found, sample))

    controls = {
        "role": choice([(name, name) for name in order], "role", "pair"),
        "rank": widgets.IntSlider(0, 0, order["pair"].size - 1, description="rank"),
    }

    def as_many(change: dict[str, Any]) -> None:
        controls["rank"].max = order[change["new"]].size - 1

    controls["role"].observe(as_many, "value")  # every step of the slider is another sample
    return Panel(draw, controls, interactive=interactive, owns_controls=True)
