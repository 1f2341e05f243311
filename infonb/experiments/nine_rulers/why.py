"""Why rulers of samples did otherwise than planting implies, with numbers of the run."""

from __future__ import annotations

import pandas as pd
import xarray as xr

from infonb.experiments.nine_rulers.answer import means, named
from infonb.experiments.nine_rulers.expected import WHY
from infonb.experiments.nine_rulers.verdict import with_minus

__all__ = ["why_words"]

#: Readings that are taken of the course of the loss.
_OF_LOSS = ("cumulative_loss", "area_under_margin", "forgetting_events", "early_learning")


def why_words(runs: xr.Dataset, expected: pd.DataFrame) -> str:
    """Return why rulers did otherwise than expected, with numbers of this run; a list."""
    wrong = {index for index, row in expected.iterrows() if not row["as expected"]}
    parts = [_why_outliers(runs, wrong), _why_membership(runs, wrong), _why_density(runs, wrong),
             _why_shortcut(runs, wrong)]  # fmt: skip
    found = [f"- {part}" for part in parts if part]
    told = {("density", "shortcut"), *(("membership", k) for k in _KINDS),
            *((name, "outlier") for name in (*_OF_LOSS, "loss_curvature")),
            *((name, "shortcut") for name in (*_OF_LOSS, "loss_curvature"))}  # fmt: skip
    rest = [index for index in expected.index if index in wrong and index not in told]
    for ruler, kind in rest:
        row = expected.loc[(ruler, kind)]
        found.append(
            f"- **{named([ruler])}, {kind}**: {row['expected']} was expected, for {WHY[ruler]}; "
            f"AUROC {row['auroc']:.2f} [{row['low']:.2f}, {row['high']:.2f}]. This run does not "
            "tell why."
        )
    return with_minus("\n".join(found)) if found else "All came out as expected."


_KINDS = ("wrong label", "outlier", "near-duplicate", "shortcut")


def _why_outliers(runs: xr.Dataset, wrong: set[tuple[str, str]]) -> str:
    """Return why readings of the loss miss outliers: these are learnt sooner than noisy typical."""
    names = [name for name in (*_OF_LOSS, "loss_curvature") if (name, "outlier") in wrong]
    if not names:
        return ""
    loss, clean = means(runs, "cumulative_loss"), means(runs, "cumulative_loss", "true labels")
    sooner = loss["outlier"] < loss["typical"]
    return (
        f"**{named(names)}, outlier**: an odd image is far from all others, so that nothing speaks "
        f"against its label. Over the training its loss adds up to {loss['outlier']:.1f} nats, "
        f"that of typical samples with their true label to {loss['typical']:.1f} (others like "
        f"them have wrong ones), and that of a wrong label to {loss['wrong label']:.1f}. Where all "
        f"labels are true it is {clean['outlier']:.1f} against {clean['typical']:.1f}. "
        + (
            "So it is learnt sooner than they are: these readings see a conflict with other "
            "samples, and here there is none to be overcome."
            if sooner else "These readings do not see it clearly in this run.")
    )  # fmt: skip


def _why_membership(runs: xr.Dataset, wrong: set[tuple[str, str]]) -> str:
    kinds = [kind for kind in _KINDS if ("membership", kind) in wrong]
    if not kinds:
        return ""
    loss = {kind: -value for kind, value in means(runs, "membership").items()}
    told = ", ".join(f"{kind} {_small(loss[kind])}" for kind in kinds)
    return (
        f"**membership, {named(kinds)}**: all were trained on, but at the end their loss is lower "
        f"({told} nats) than that of typical samples ({_small(loss['typical'])}). A low loss "
        "tells who was there only beside samples that are alike in all else, as twins are."
    )


def _small(value: float) -> str:
    return "below 0.001" if value < 0.001 else f"{value:.3f}"


def _why_density(runs: xr.Dataset, wrong: set[tuple[str, str]]) -> str:
    if ("density", "shortcut") not in wrong:
        return ""
    mem = means(runs, "density")
    return (
        f"**density, shortcut**: the mark is part of the image and makes it rarer: "
        f"{mem['shortcut']:.2g} nats, typical images {mem['typical']:.2g}. This ruler sees "
        "images; that the mark is a rule it cannot know."
    )


def _why_shortcut(runs: xr.Dataset, wrong: set[tuple[str, str]]) -> str:
    names = [name for name in (*_OF_LOSS, "loss_curvature") if (name, "shortcut") in wrong]
    if not names:
        return ""
    loss = means(runs, "cumulative_loss")
    return (
        f"**{named(names)}, shortcut**: the digit speaks against the mark until the rule is learnt "
        f"(loss {loss['shortcut']:.1f} nats over the training, typical {loss['typical']:.1f})."
    )
