"""What other rulers say of models that were compared, in words and in a table."""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr

from infonb.claims.words import join
from infonb.experiments.compare_models.answer import plain

__all__ = ["has_other_rulers", "other_rulers_table", "other_rulers_words"]

#: More layers are counted, not named.
_MANY = 6


def has_other_rulers(found: xr.Dataset) -> bool:
    """Whether a result has other rulers, one of them read; results of earlier versions have not."""
    return "other_rulers" in found and bool(found["other_rulers"].notnull().any())


def other_rulers_words(found: xr.Dataset) -> str:
    """Return as Markdown which models differ from the reference by which ruler, and what lacks."""
    if "other_rulers" not in found:
        return "This result was saved without other rulers: compare the recordings again."
    n = int(found["other_rulers"].attrs["n_samples"])
    lines = [
        f"Other rulers of memorization, on the same activations of {n:,} samples (those by "
        "neighbours on at most 400). **The verdict does not rest on them**; each sees something "
        "else."
    ]
    if found.attrs.get("reference") and has_other_rulers(found):
        lines += _apart(found)
    needs: dict[str, list[str]] = {}
    for name, why in zip(found.ruler.values, found.ruler_needs.values, strict=True):
        if why:
            needs.setdefault(str(why), []).append(f"*{_title(name)}*")
    lines += [f"Not read: {join(names)}. Needed: {plain(why)}." for why, names in needs.items()]
    return "\n\n".join(lines)


def _apart(found: xr.Dataset) -> list[str]:
    """Return in which layers the intervals of a model and of the reference lie apart."""
    reference, lines = found.attrs["reference"], []
    ends = found["other_rulers_interval"]
    if "seed" in ends.dims:
        ends = ends.mean("seed")
    for model in found.model.values:
        if model == reference:
            continue
        said = [
            words
            for ruler in found.ruler.values
            for words in _beside(*(ends.sel(ruler=ruler, model=one) for one in (model, reference)))
        ]
        words = "; ".join(said) if said else "no interval lies apart in any layer"
        lines.append(f"- *{plain(model)}*: {words}")
    head = (
        f"Beside *{plain(reference)}*, where the intervals lie apart (in which layers). They are "
        "for other samples: networks that differ by their seed alone may lie apart, too."
    )
    return ["\n".join([head, "", *lines])]


def _beside(own: xr.DataArray, its: xr.DataArray) -> list[str]:
    """Return in which of the layers that both have a ruler is higher, and in which lower."""
    known = own.notnull().all("bound") & its.notnull().all("bound")
    n, words = int(known.sum()), []
    for above, below, word in ((own, its, "higher"), (its, own, "lower")):
        apart = known & (above.sel(bound="low") > below.sel(bound="high"))
        layers = own.layer.values[apart.values]
        if not len(layers):
            continue
        where = ", ".join(plain(one) for one in layers)
        if len(layers) == n:
            where = "every layer"
        elif len(layers) > _MANY:
            where = f"{len(layers)} of {n} layers"
        words.append(f"{_title(own.ruler.item())} {word} ({where})")
    return words


def other_rulers_table(found: xr.Dataset) -> pd.DataFrame:
    """Return readings with interval and null: a row a ruler and model, a column a layer."""
    values, ends, nulls = (
        found[name].mean("seed") if "seed" in found[name].dims else found[name]
        for name in ("other_rulers", "other_rulers_interval", "other_rulers_null")
    )
    rows = {}
    for ruler in found.ruler.values:
        if values.sel(ruler=ruler).isnull().all():
            continue
        for model in found.model.values:
            chosen = {"ruler": ruler, "model": model}
            rows[_title(ruler), model] = {
                layer: _cell(values.sel(chosen), ends.sel(chosen), nulls.sel(chosen), layer)
                for layer in found.layer.values
            }
    table = pd.DataFrame.from_dict(rows, orient="index")
    return table.rename_axis(index=["ruler", "model"])


def _cell(value: xr.DataArray, ends: xr.DataArray, null: xr.DataArray, layer: object) -> str:
    number = float(value.sel(layer=layer))
    if not np.isfinite(number):
        return "–"
    low, high = (float(ends.sel(layer=layer, bound=end)) for end in ("low", "high"))
    chance = float(null.sel(layer=layer))
    told = f"{_short(number)} ({_short(low)} to {_short(high)})"
    return told + (f", null {_short(chance)}" if np.isfinite(chance) else "")


def _short(number: float) -> str:
    told = f"{number:.2f}" if abs(number) >= 0.995 else f"{number:.3f}"
    return "0.000" if told == "-0.000" else told


def _title(ruler: object) -> str:
    """Return what a ruler is called for readers."""
    from infonb.plots.other_rulers import TITLES  # here, for it brings matplotlib along

    return TITLES.get(str(ruler), (str(ruler), ""))[0]
