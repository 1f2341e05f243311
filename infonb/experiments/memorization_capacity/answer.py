"""What the runs say in sentences and a table: how many bits, is it full, has it converged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import xarray as xr

from infonb.claims import ClaimsTable
from infonb.claims.verdict import UNCLEAR
from infonb.experiments.memorization_capacity.capacity import (
    PUBLISHED,
    alike,
    bits_along,
    exponent,
    last_growth,
)
from infonb.experiments.memorization_capacity.claims import LEAST

if TYPE_CHECKING:
    from pandas.io.formats.style import Styler

__all__ = ["answer_words", "capacity_table", "convergence_words", "information_words"]


def answer_words(runs: xr.Dataset) -> str:
    """Return the answer in a few sentences with their numbers."""
    each = runs.capacity_per_parameter
    reached = bool((each >= LEAST).all())
    opening = (
        "**Yes, as many as published at least.**" if reached else
        "**Fewer than published.**" if bool((each < LEAST).all()) else "**By some networks.**"
    )  # fmt: skip
    sizes = ", ".join(
        f"{_of(each.sel(size=size), '.2f')} (width {size})" for size in runs["size"].values.tolist()
    )
    null = runs.bits_each.sel(group="held out")
    return (
        f"{opening} At most the networks hold {sizes} bits a parameter; the paper finds about "
        f"{PUBLISHED}. {_growth(runs)} {_full(runs)} {_null(null)}"
    )


def _null(bits: xr.DataArray) -> str:
    """Return what is held of strings that nobody was trained on."""
    if float(bits.max()) > 0:
        return (
            f"**Of held-out strings, the null, up to {float(bits.max()):.1f} bits each are held, "
            "where there should be none:** strings that are trained on may be among them."
        )
    return (
        f"A held-out string, the null, costs them {-float(bits.mean()):.0f} bits *more* than the "
        f"code of its true source ({-float(bits.max()):.0f} at least): nothing is held of it."
    )


def _growth(runs: xr.Dataset) -> str:
    if runs.sizes["size"] < 2:
        return ""
    return (
        f"The capacity grows as parameters to the power of {_of(exponent(runs), '.2f')} (1: in "
        "proportion)."
    )


def _full(runs: xr.Dataset) -> str:
    """Return what the last strings have added."""
    if runs.sizes["n_strings"] < 2:
        return ""
    n = sorted(runs.n_strings.values.tolist())
    added = 100 * last_growth(runs).mean("seed")
    said = ", ".join(
        f"{float(added.sel(size=size)):+.0f} % (width {size})".replace("-", "−")
        for size in added["size"].values.tolist()
    )
    return f"From {n[-2]:,} to {n[-1]:,} strings the bits change by {said}."


def convergence_words(runs: xr.Dataset) -> str:
    """Return how much the last quarter of the training has added, on the most strings."""
    course = bits_along(runs).isel(n_strings=-1).mean("seed")
    last, before = course.isel(epoch=-1), course.isel(epoch=3 * course.sizes["epoch"] // 4)
    added = 100 * (last / before - 1)
    return (
        f"The last quarter of the {course.sizes['epoch']:,} steps has added "
        f"{float(added.min()):.1f} to {float(added.max()):.1f} %. The rate falls to 0 over the "
        "training, so that a curve that is level at its end does not say that a longer training "
        "would hold no more: compare trainings of several lengths (`steps`)."
    )


def capacity_table(runs: xr.Dataset) -> Styler:
    """
    Return a row for each width: parameters, capacity, what the last strings add, what is recited.

    Means over seeds; ``recited`` is the share of the strings whose end is told from their beginning
    without a slip, with the fewest and the most strings.
    """
    recited = runs.recited.sel(group="trained").mean("seed")
    per_inner = runs.capacity / alike(runs.n_inner_parameters)
    columns: dict[str, tuple[xr.DataArray, str]] = {
        "parameters": (alike(runs.n_parameters), "{:,.0f}"),
        "of these not the tokens'": (alike(runs.n_inner_parameters), "{:,.0f}"),
        "capacity (bit)": (runs.capacity.mean("seed"), "{:,.0f}"),
        "bits a parameter": (runs.capacity_per_parameter.mean("seed"), "{:.2f}"),
        "without the tokens'": (per_inner.mean("seed"), "{:.2f}"),
    }
    for at in (0, -1):
        n = int(runs.n_strings[at])
        columns[f"recited of {n:,}"] = (recited.isel(n_strings=at), "{:.0%}")
    held_out = runs.recited.sel(group="held out").mean(["seed", "n_strings"])
    columns["recited, held out"] = (held_out, "{:.0%}")
    values = {name: one.values for name, (one, _) in columns.items()}
    table = pd.DataFrame(values, [f"width {size}" for size in runs["size"].values.tolist()])
    formats: dict[Any, Any] = {name: words for name, (_, words) in columns.items()}
    return table.style.format(formats)


def information_words(table: ClaimsTable) -> str:
    """Return what entropy and MI do from the fewest to the most strings, by width."""
    rows = [one for one in table.claims if " of MLP neurons, " in one.statement]
    if not rows:
        return "Too few numbers of strings to compare."
    said = [
        f"{_measure(one.statement)}, width {one.where}: {one.here} (that it "
        f"{'rises' if 'rises' in one.statement else 'falls'}: {one.verdict})" for one in rows
    ]  # fmt: skip
    told, clear = "; ".join(said), [one for one in rows if one.verdict != UNCLEAR]
    return (
        f"{len(clear)} of {len(rows)} changes are clear, from the fewest to the most strings. "
        f"{told[0].upper()}{told[1:]}."
    ).replace("-", "−")


def _measure(statement: str) -> str:
    return "entropy" if "entropy" in statement else "MI"


def _of(values: xr.DataArray, form: str) -> str:
    """Return the mean over seeds, and their range."""
    low, high = float(values.min()), float(values.max())
    spread = f" [{low:{form}} … {high:{form}}]" if values.size > 1 else ""
    return f"{float(values.mean()):{form}}{spread}"
