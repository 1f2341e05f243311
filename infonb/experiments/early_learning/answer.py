"""The answer in words, computed from the runs: what was memorized, and what kept it away."""

from __future__ import annotations

import xarray as xr

from infonb.claims import Claim, ClaimsTable
from infonb.claims.verdict import HOLDS
from infonb.experiments.early_learning.claims import at_the_end, information, memorized
from infonb.experiments.early_learning.levels import CE, CLEAN, first_of

__all__ = ["answer"]

#: A loss that lets fewer of the wrong labels be memorized keeps a network from it.
_FEW = 0.1


def answer(runs: xr.Dataset, table: ClaimsTable) -> str:
    """Return the verdict in Markdown: three sentences with numbers, then a table of the losses."""
    elr = first_of("elr", runs.loss.values.tolist())
    parts = [_memorized(runs), _kept(runs, elr, table) if elr else "", _neurons(runs, elr)]
    return " ".join(part for part in parts if part) + "\n\n" + "\n".join(_lines(runs))


def _memorized(runs: xr.Dataset) -> str:
    curve = runs.fraction.sel(loss=CE, group="wrong", outcome="true").mean("seed")
    best = int(curve.epoch[int(curve.argmax("epoch"))])
    return (
        f"**Networks know better before they memorize.** With cross-entropy "
        f"{_percent(curve.max())} of the images with a wrong label get their true class at "
        f"epoch {best}, and {_percent(curve[-1])} at the end, when "
        f"{_percent(memorized(runs).sel(loss=CE))} of the wrong labels are memorized."
    )


def _kept(runs: xr.Dataset, elr: str, table: ClaimsTable) -> str:
    better = [one for one in table.of_paper if "other images" in one.statement]
    few = float(memorized(runs).sel(loss=elr).mean()) < _FEW
    helps = "keeps it from that" if few else "lessens that"
    words = helps if _holds(better) else "is not shown to help"
    accuracy = runs.final_validation_accuracy.mean("seed")
    return (
        f"**Early-learning regularization {words}**: with *{elr}* "
        f"{_percent(memorized(runs).sel(loss=elr))} are memorized, and "
        f"{_percent(accuracy.sel(loss=elr))} of other images are right instead of "
        f"{_percent(accuracy.sel(loss=CE))} (true labels: {_percent(accuracy.sel(loss=CLEAN))})."
    )


def _holds(claims: list[Claim]) -> bool:
    return bool(claims) and all(one.verdict == HOLDS for one in claims)


def _neurons(runs: xr.Dataset, elr: str | None) -> str:
    shared = _information(runs)
    clean, noisy = (shared.sel(loss=level) for level in (CLEAN, CE))
    words = (
        f"Where labels are memorized, MI between neurons less its null is "
        f"{_percent(noisy / clean)} of that of networks on true labels (mean of the layers)"
    )
    if elr is None:
        return words + "."
    few = _percent(memorized(runs).sel(loss=elr))
    ratio = _percent(shared.sel(loss=elr) / clean)
    return f"{words}; with *{elr}*, which memorizes {few}, it is {ratio}."


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
    return [*lines, "", "Means over seeds and layers, entropy and MI in nats."]


def _areas(runs: xr.Dataset) -> list[xr.DataArray]:
    return [runs.detector_auroc.sel(detector=name) for name in ("table", "confident learning")]


def _percent(share: xr.DataArray) -> str:
    value = float(share.mean())
    return "–" if value != value else f"{100 * value:.1f} %"


def _number(value: xr.DataArray) -> str:
    return "–" if bool(value.isnull()) else f"{float(value):.3f}"
