"""The answer of the page: a sentence for each model, and the table of all of them."""

from __future__ import annotations

from collections import Counter
from html import escape
from typing import TYPE_CHECKING, Any

import pandas as pd
import xarray as xr

from infonb.claims.words import join

if TYPE_CHECKING:
    from infonb.widgets.sortable import SortableTable

__all__ = ["answer", "caveats", "models_table", "most_different", "plain", "summary_of_verdicts"]

#: So many models are named with their verdicts in one line.
_FEW = 4

#: Of more models the sentences are folded: the figure and the table say it sooner.
_MANY = 8


def answer(found: xr.Dataset) -> str:
    """Return the verdicts as Markdown: a sentence for each model, with its numbers."""
    if "comparison" not in found.dims:
        return f"**No verdict**: {found.attrs.get('no_verdict', 'there is no reference.')}"
    lines = [
        f"- **{plain(name)}: {verdict}.** {plain(why)}"
        for name, verdict, why in zip(
            found["comparison"].values, found["verdict"].values, found["why"].values, strict=True
        )
    ]
    reference = plain(found.attrs["reference"])
    cannot = [f"*What this cannot say.* {caveat}" for caveat in caveats(found)]
    if len(lines) <= _MANY:
        return "\n".join([f"Compared with **{reference}**:", "", *lines, "", *cannot]).rstrip()
    counts = [
        f"- **{number} {verdict}**: {join(names) if len(names) <= _MANY else _some(names)}"
        for verdict, number, names in _by_verdict(found)
    ]
    fold = f"<details><summary>A sentence for each of the {len(lines)} models</summary>"
    return "\n".join(
        [f"Compared with **{reference}**:", "", *counts, "", fold, "", *lines, "", "</details>", "",
         *cannot]
    ).rstrip()  # fmt: skip


def caveats(found: xr.Dataset) -> list[str]:
    """Return what the verdicts cannot say, each once; results of older versions say nothing."""
    told = found["caveat"].values.tolist() if "caveat" in found else []
    return list(dict.fromkeys(caveat for caveat in told if caveat))


def summary_of_verdicts(found: xr.Dataset) -> str:
    """Return the count of the verdicts in one line."""
    if "comparison" not in found.dims:
        return "no verdict: there is no reference"
    n = found.sizes["comparison"]
    if n <= _FEW:
        pairs = zip(found["comparison"].values, found["verdict"].values, strict=True)
        said = "; ".join(f"{name}: {verdict}" for name, verdict in pairs)
        return f"{said} (compared with {found.attrs['reference']})"
    counts = [f"{number} {verdict}" for verdict, number, _ in _by_verdict(found)]
    return f"{n} model{'s' if n > 1 else ''} compared with {found.attrs['reference']}: " + (
        ", ".join(counts)
    )


def models_table(found: xr.Dataset) -> SortableTable:
    """Return all models with verdict and measures, means over layers, sorted by its reader."""
    from infonb.widgets.sortable import SortableTable

    shown: list[dict[str, str]] = []
    by: list[dict[str, Any]] = []
    rulers = [str(ruler) for ruler in found["edges"].values]
    for name in found["model"].values.tolist():
        medians = {f"entropy, {ruler}": _median(found, "entropy", name, edges=ruler)
                   for ruler in rulers}  # fmt: skip
        medians["MI"] = _median(found, "mutual_information", name)
        changes = _changes(found, name, rulers)
        row = {"model": name}
        if "comparison" in found.dims:
            row |= _verdict_of(found, name)
        texts = {
            column: f"{value:.{3 if column == 'MI' else 2}f}"
            + (f" ({_signed(changes[column], 3 if column == 'MI' else 2)})" if changes else "")
            for column, value in medians.items()
        }
        shown.append(row | texts)
        by.append(changes or (dict.fromkeys(medians, 0.0) if _compared(found) else medians))
    return SortableTable(
        pd.DataFrame(shown), pd.DataFrame(by), summary_of_verdicts(found), "infonb-verdicts"
    )


def most_different(found: xr.Dataset) -> str:
    """Return the model whose MI differs most from the reference; without one, the first."""
    if not _compared(found):
        return str(found["model"].values[0])
    size = abs(found["mutual_information_change"]).mean("layer").fillna(-1)
    return str(found["comparison"].values[int(size.values.argmax())])


def _compared(found: xr.Dataset) -> bool:
    return "comparison" in found.dims


def _by_verdict(found: xr.Dataset) -> list[tuple[str, int, list[str]]]:
    """Return verdict, how many, and which, the most frequent first."""
    verdicts = [str(verdict) for verdict in found["verdict"].values]
    return [
        (verdict, number, [
            str(name) for name, own in zip(found["comparison"].values, verdicts, strict=True)
            if own == verdict
        ])
        for verdict, number in Counter(verdicts).most_common()
    ]  # fmt: skip


def _some(names: list[str]) -> str:
    return f"{', '.join(plain(name) for name in names[: _MANY - 1])} and others"


def _verdict_of(found: xr.Dataset, name: str) -> dict[str, str]:
    if name not in found["comparison"].values:
        return {"verdict": "reference", "rulers that agree": ""}
    one = found.sel(comparison=name)
    agree = [str(ruler) for ruler in one["edges"].values[one["rulers_agree"].values]]
    return {"verdict": str(one["verdict"].item()), "rulers that agree": join(agree) or "none"}


def _median(found: xr.Dataset, measure: str, name: str, **chosen: str) -> float:
    return float(found[f"median_{measure}"].sel({"model": name, **chosen}).mean())


def _changes(found: xr.Dataset, name: str, rulers: list[str]) -> dict[str, float]:
    """Return the changes from the reference, means over layers; none of the reference itself."""
    if not _compared(found) or name not in found["comparison"].values:
        return {}
    one = found.sel(comparison=name)
    changes = {
        f"entropy, {ruler}": float(one["entropy_change"].sel(edges=ruler).mean())
        for ruler in rulers
    }
    return changes | {"MI": float(one["mutual_information_change"].mean())}


def _signed(value: float, digits: int) -> str:
    from infonb.claims.table import signed

    return signed(value, digits)


def plain(words: Any) -> str:
    """Return words as Markdown shows them as they are."""
    text = escape(str(words), quote=False)
    return "".join(f"\\{sign}" if sign in "*_`[]|~$" else sign for sign in text)
