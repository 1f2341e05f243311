"""The answer in words, computed from the runs: what was memorized, and what kept it away."""

from __future__ import annotations

import xarray as xr

from infonb.claims import ClaimsTable
from infonb.claims.verdict import HOLDS
from infonb.experiments.early_learning.claims import at_the_end, information, memorized
from infonb.experiments.early_learning.levels import CE, CLEAN, first_of, loss_of

__all__ = ["answer"]

#: A loss that lets fewer of the wrong labels be memorized keeps a network from it.
_FEW = 0.1
#: Below this part of the MI on true labels it is low: what was measured in all networks tried.
_LOW = 0.65
#: From which share on they count as memorized, and from which at the peak as known better.
_HALF = 0.5


def answer(runs: xr.Dataset, table: ClaimsTable) -> str:
    """Return the verdict in Markdown: sentences with numbers, then a table of the losses."""
    elr = first_of("elr", runs.loss.values.tolist())
    parts = [_memorized(runs), _kept(runs, elr, table) if elr else "", _neurons(runs, elr)]
    words = " ".join([*(part for part in parts if part), _caveat(runs)])
    return words + "\n\n" + "\n".join(_lines(runs))


def _memorized(runs: xr.Dataset) -> str:
    curve = runs.fraction.sel(loss=CE, group="wrong", outcome="true").mean("seed")
    best = int(curve.epoch[int(curve.argmax("epoch"))])
    if not _is_memorized(runs):
        verdict = "Most wrong labels are not memorized, not even with cross-entropy."
    elif float(curve.max()) < _HALF:
        verdict = "Networks memorize wrong labels, and hardly knew better before."
    else:
        verdict = "Networks know better before they memorize."
    return (
        f"**{verdict}** With cross-entropy {_percent(curve.max())} of the images with a wrong "
        f"label get their true class at epoch {best}, and {_percent(curve[-1])} at the end, when "
        f"{_percent(memorized(runs).sel(loss=CE))} of the wrong labels are memorized."
    )


def _is_memorized(runs: xr.Dataset) -> bool:
    return float(memorized(runs).sel(loss=CE).mean()) >= _HALF


def _kept(runs: xr.Dataset, elr: str, table: ClaimsTable) -> str:
    accuracy = runs.final_validation_accuracy.mean("seed")
    return (
        f"**Early-learning regularization {_helps(runs, elr, table)}**: with weight "
        f"λ = {loss_of(elr).lam:g} (*{elr}*) {_percent(memorized(runs).sel(loss=elr))} of the "
        f"wrong labels are memorized, and {_percent(accuracy.sel(loss=elr))} of other images are "
        f"right instead of {_percent(accuracy.sel(loss=CE))} (trained on true labels: "
        f"{_percent(accuracy.sel(loss=CLEAN))})."
    )


def _helps(runs: xr.Dataset, elr: str, table: ClaimsTable) -> str:
    """Return what ELR does against memorizing, if there is any and accuracy is higher for it."""
    better = [one for one in table.of_paper if "other images" in one.statement]
    is_one = runs.sizes["seed"] < 2
    higher = (
        all(min(one.effect) > 0 for one in better) if is_one
        else all(one.verdict == HOLDS for one in better)
    )  # fmt: skip
    if not (better and higher):
        return "is not shown to help"
    if not _is_memorized(runs):
        return "helps"
    few = float(memorized(runs).sel(loss=elr).mean()) < _FEW
    return "keeps them from it" if few else "lessens it"


def _neurons(runs: xr.Dataset, elr: str | None) -> str:
    shared = _information(runs)
    clean, noisy = (shared.sel(loss=level) for level in (CLEAN, CE))
    words = (
        f"Mutual information (MI) of neurons, less that of permuted values (its null), is with "
        f"cross-entropy {_percent(noisy / clean)} of what it is on true labels (mean of the layers)"
    )
    if elr is None:
        return words + "."
    ratio = shared.sel(loss=elr) / clean
    words += f", with *{elr}* {_percent(ratio)}"
    few = float(memorized(runs).sel(loss=elr).mean()) < _FEW
    if few and _is_memorized(runs) and max(float(noisy / clean), float(ratio)) < _LOW:
        return f"{words}: low MI goes with noisy labels here, memorized or not."
    return words + "."


def _caveat(runs: xr.Dataset) -> str:
    n, images = runs.sizes["seed"], runs.attrs["dataset"]
    if n < 2:
        return f"One seed on small images ({images}): nothing is decided by it."
    return f"Small images ({images}), {n} seeds, no augmentation: a direction, no more."


def _information(runs: xr.Dataset) -> xr.DataArray:
    """Return the mean over layers and seeds of the MI less its null, at the end."""
    return information(at_the_end(runs)).mean(["layer", "seed"])


def _lines(runs: xr.Dataset) -> list[str]:
    """Return the table: one line for each loss."""
    lines = [
        "| loss | wrong labels memorized | their true class | other images right | median entropy "
        "| MI less null | wrong labels found (AUROC) | by confident learning |",
        "|---|---|---|---|---|---|---|---|",
    ]
    entropy = at_the_end(runs).entropy.median("neuron").mean("layer")
    means = {
        "memorized": memorized(runs),
        "true": runs.final_fraction.sel(group="wrong", outcome="true"),
        "right": runs.final_validation_accuracy,
    }
    for level in runs.loss.values.tolist():
        shares = [_percent(value.sel(loss=level)) for value in means.values()]
        areas = [_number(one.mean("seed").sel(loss=level)) for one in _areas(runs)]
        numbers = [
            f"{float(entropy.sel(loss=level).mean()):.2f}",
            _number(_information(runs).sel(loss=level)), *areas,
        ]  # fmt: skip
        lines.append(f"| {level} | {' | '.join([*shares, *numbers])} |")
    return [*lines, "", _legend(runs.loss.values.tolist())]


def _legend(levels: list[str]) -> str:
    """Return what the columns and the names of the losses mean."""
    modes = {loss_of(level).mode for level in levels}
    words = ["*clean*: cross-entropy on true labels", "*ce*: on noisy ones"]
    if "elr" in modes:
        words.append("*elr*: early-learning regularization with its weight λ")
    if "kl" in modes:
        words.append("*kl*: its variant that the paper expects to fail")
    return (
        f"{'; '.join(words)}. Means over seeds and layers, entropy and MI in nats. AUROC: the "
        "chance that a wrong label looks more suspect than a right one, 0.5 by guessing."
    )


def _areas(runs: xr.Dataset) -> list[xr.DataArray]:
    return [runs.detector_auroc.sel(detector=name) for name in ("table", "confident learning")]


def _percent(share: xr.DataArray) -> str:
    value = float(share.mean())
    return "–" if value != value else f"{100 * value:.1f}\N{NO-BREAK SPACE}%"


def _number(value: xr.DataArray) -> str:
    return "–" if bool(value.isnull()) else f"{float(value):.3f}"
