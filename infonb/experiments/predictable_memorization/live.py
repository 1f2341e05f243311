"""Choose a model, a checkpoint, the prompt, a threshold and copies; nothing is computed anew."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from infonb.experiments.predictable_memorization.prediction import TRAINED
from infonb.experiments.predictable_memorization.sizes import in_order

if TYPE_CHECKING:
    from infonb.plots import Picture
    from infonb.widgets import Panel

__all__ = ["explore_predictable", "plot_choice"]

_GREY = "#8a8a8a"
_ALL = "all"


def plot_choice(
    runs: xr.Dataset, size: str, checkpoint: float, prompt: int, threshold: float, truth: str,
    copies: int | str,
) -> Picture:  # fmt: skip
    """Draw scores of planted sequences, the share memorized by copies, precision and recall."""
    from infonb.plots import palette, subplots

    scores = _scores(runs, size, checkpoint, prompt)
    end = float(runs.checkpoint[-1])
    told, true = scores >= threshold, _scores(runs, truth, end, prompt) >= threshold
    planted, role = runs["planted"].values, runs["role"].values
    trained = np.isin(role, TRAINED)
    both, said, real = ((one & trained).sum() for one in (told & true, told, true))
    precision = f"{both / said:.2f}" if said else "none claimed"
    recall = f"{both / real:.2f}" if real else "nothing to tell"

    picture, axes = subplots(1, 2, size=(4.3, 3.1))
    left, right = axes[0]
    n = runs.attrs["length"] - prompt
    edges = (np.arange(n + 2) - 0.5) / n
    chosen = planted > 0 if copies == _ALL else planted == copies
    blue = palette(1, "layers")[0]
    left.hist(scores[:, chosen].ravel(), edges, color=blue, alpha=0.8, label="planted")
    left.hist(scores[:, role == "held_out"].ravel(), edges, histtype="step", color=_GREY, lw=1.6,
              label="held out (null)")  # fmt: skip
    left.axvline(threshold, color="black", lw=1, ls=":")
    left.set(xlabel=f"score after {prompt} tokens", ylabel="sequences, all seeds", xlim=(-0.1, 1.1))
    left.set_title(f"{'all copies' if copies == _ALL else f'{copies} copies'}", fontsize=10,
                   loc="left")  # fmt: skip
    left.legend(frameon=False, fontsize=9, loc="upper center")
    levels = np.unique(planted[planted > 0])
    shares = [told[:, planted == level].mean() for level in levels]
    right.bar(np.arange(levels.size), shares, color=blue, alpha=0.8)
    right.set_xticks(np.arange(levels.size), [str(level) for level in levels])
    right.set(xlabel="copies in the corpus", ylabel="share memorized", ylim=(0, 1.02))
    when = (
        "finished"
        if checkpoint == end or prompt != runs.attrs["prompt"]
        else (f"at {100 * checkpoint:g} %")
    )
    right.set_title(
        f"width {size}, {when}\nforetells width {truth}: precision {precision}, recall {recall}",
        fontsize=9, loc="left",
    )  # fmt: skip
    picture.alt = (
        f"Width {size}, {when}, prompt {prompt}, score {threshold:g} or more counts: memorized "
        + ", ".join(f"{level} copies {share:.2f}"
                    for level, share in zip(levels, shares, strict=True))
        + f"; precision {precision}, recall {recall} of width {truth}."
    )  # fmt: skip
    return picture


def _scores(runs: xr.Dataset, size: str, checkpoint: float, prompt: int) -> np.ndarray:
    """Return scores (seed, sample): other prompts were tried on finished models only."""
    if prompt == runs.attrs["prompt"]:
        found = runs.score.sel(size=size, checkpoint=checkpoint)
    else:
        found = runs.score_by_prompt.sel(size=size, prompt=prompt)
    return found.transpose("seed", "sample").values


def explore_predictable(runs: xr.Dataset, *, interactive: bool = True) -> Panel:
    """
    Choose a model, a checkpoint, the length of the prompt, a threshold, the truth, and copies.

    Dims of `runs` as of `PredictableMemorization`: all is measured already, and only looked up.
    """
    from infonb.widgets import Panel
    from infonb.widgets.panel.controls import choice, named

    kept = runs[["score", "score_by_prompt"]].load()

    def draw(
        size: str, checkpoint: float, prompt: int, threshold: float, truth: str, copies: Any
    ) -> Picture:
        return plot_choice(kept, size, checkpoint, prompt, threshold, truth, copies)

    sizes = in_order(kept["size"].values.tolist())
    every = kept["size"].values.tolist()
    own = int(kept.attrs["prompt"])
    planted = np.unique(kept["planted"].values)
    levels = [_ALL, *planted[planted > 0].tolist()]
    thresholds = [0.25, 0.5, 0.75, 1.0]
    checks = kept.checkpoint.values.tolist()
    controls = {
        "size": choice(named(every), "width", sizes[0]),
        "checkpoint": choice([(f"{100 * one:g} %", one) for one in checks], "trained for",
                             checks[-1]),
        "prompt": choice(named(kept.prompt.values.tolist()), "prompt (tokens)", own),
        "threshold": choice(named(thresholds), "memorized from", 1.0),
        "truth": choice(named(sizes), "truth: width", sizes[-1]),
        "copies": choice(named(levels), "copies", _ALL),
    }  # fmt: skip
    return Panel(draw, controls, interactive=interactive, owns_controls=True)
