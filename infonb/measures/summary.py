"""What ``ds.infonb`` shows in a notebook: tables of activations and of measures."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from html import escape
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import xarray as xr

from infonb.dims import count_neurons, within_layers, without_diagonal

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Table", "quantiles", "summarise", "to_html", "to_text"]

# attributes of a measure that are not parameters of its estimator
_NO_PARAMETER = {"long_name", "units", "estimator", "n_samples", "bias"}
_SHARES = {"5 %": 0.05, "median": 0.5, "95 %": 0.95}


class Table(NamedTuple):
    """A table and the words above it."""

    caption: str
    rows: pd.DataFrame


def summarise(obj: xr.Dataset | xr.DataArray) -> list[Table]:
    """Return tables of activations, of measures, and of the values of a single one in memory."""
    arrays = [obj] if isinstance(obj, xr.DataArray) else list(obj.data_vars.values())
    measured = [one for one in arrays if "estimator" in one.attrs]
    recorded = [
        one for one in arrays
        if "sample" in one.dims and "estimator" not in one.attrs
        and (one.name == "activation" or isinstance(obj, xr.DataArray))
    ]  # fmt: skip
    tables = [_activations(one, obj.attrs) for one in recorded]
    if measured:
        tables.append(_measures(measured))
    if len(measured) == 1 and not recorded:
        tables += _spread(measured[0])
    return tables


def to_text(obj: xr.Dataset | xr.DataArray) -> str:
    """Return the tables as plain text."""
    tables = summarise(obj)
    if not tables:
        return _nothing()
    return "\n\n".join(f"{table.caption}\n{table.rows.to_string(index=False)}" for table in tables)


def to_html(obj: xr.Dataset | xr.DataArray) -> str:
    """Return the tables as HTML, in the style that the notebook gives to data frames."""
    tables = summarise(obj)
    if not tables:
        return f"<p>{escape(_nothing())}</p>"
    parts = [
        f"<p>{escape(table.caption)}</p>\n{table.rows.to_html(index=False, border=0)}"
        for table in tables
    ]
    return "<div>\n" + "\n".join(parts) + "\n</div>"


def _nothing() -> str:
    return (
        "Nothing of infonb in here: no variable 'activation' with a dim 'sample', and no measure."
    )


def _activations(values: xr.DataArray, attrs: dict[Any, Any]) -> Table:
    import pandas as pd

    widths, layers = count_neurons(values), _layers(values)
    samples = values.sizes["sample"]
    others = {str(d): n for d, n in values.sizes.items() if d not in ("layer", "neuron", "sample")}
    copies = math.prod(others.values())
    megabytes = [width * samples * copies * values.dtype.itemsize / 1e6 for width in widths]
    modules = _modules(str(attrs.get("modules", "")), layers)
    columns = {
        "layer": layers,
        "module": modules if any(modules) else None,
        "neurons": widths,
        "samples": samples,
        "MB": [_short(size) for size in megabytes],
        "hook point": attrs.get("hook"),
    }
    rows = pd.DataFrame({name: value for name, value in columns.items() if value is not None})
    words = "Activations"
    if "model" in attrs:
        words += f" of {attrs['model']}" + (f" on {attrs['data']}" if attrs.get("data") else "")
    parts = [f"{values.dtype}, {_short(sum(megabytes))} MB"]
    if values.chunks is not None:
        parts.append("not loaded")
    parts += [f"{name}: {size}" for name, size in others.items()]
    known = [str(n) for n, c in values.coords.items() if c.dims == ("sample",) and n != "sample"]
    if known:
        parts.append(f"known of the samples: {', '.join(known)}")
    return Table(f"{words} ({'; '.join(parts)})", rows)


def _measures(measured: list[xr.DataArray]) -> Table:
    import pandas as pd

    rows = [
        {
            "measure": one.attrs.get("long_name", one.name),
            "units": one.attrs.get("units", ""),
            "estimator": one.attrs["estimator"],
            "parameters": ", ".join(
                f"{key} = {value}" for key, value in one.attrs.items()
                if key not in _NO_PARAMETER and (key, value) != ("clip", "none")
            ),
            "samples": one.attrs.get("n_samples", ""),
            "dims": " × ".join(f"{dim}: {size}" for dim, size in one.sizes.items()),
        }
        for one in measured
    ]  # fmt: skip
    notes = [
        f"{row['measure']}: {one.attrs['bias']}"
        for row, one in zip(rows, measured, strict=True)
        if one.attrs.get("bias") not in (None, "none")
    ]
    return Table("; ".join(["Measures", *notes]), pd.DataFrame(rows))


def _spread(measure: xr.DataArray) -> list[Table]:
    """Return median and quantiles of each layer, pairs within it for MI; none of what is lazy."""
    import pandas as pd

    if measure.chunks is not None or not measure.notnull().any():
        return []
    values = without_diagonal(within_layers(measure))
    rows = []
    for number, layer in enumerate(_layers(values)):
        found = quantiles(values.isel(layer=number) if "layer" in values.dims else values, _SHARES)
        if found:
            rows.append({"layer": layer, **{name: f"{x:.3g}" for name, x in found.items()}})
    what = "pairs within a layer" if "other_neuron" in measure.dims else "neurons"
    return [Table(f"Over {what}, in {measure.attrs.get('units', 'nat')}", pd.DataFrame(rows))]


def quantiles(values: xr.DataArray | np.ndarray, shares: Mapping[str, float]) -> dict[str, float]:
    """Return {name: quantile} of values, NaN left out; nothing where there are none."""
    flat = np.ravel(values)
    flat = flat[~np.isnan(flat)]
    if not flat.size:
        return {}
    # a value that is there: between minus infinity and another is nothing
    method: Any = "nearest" if np.isinf(flat).any() else "linear"
    found = np.quantile(flat, list(shares.values()), method=method)
    return dict(zip(shares, found.tolist(), strict=True))


def _short(size: float) -> str:
    return f"{size:,.0f}" if size >= 100 else f"{size:.3g}"


def _layers(values: xr.DataArray) -> list[str]:
    """Return the names of the layers, also of one that was selected or has no name."""
    if "layer" in values.dims:
        return [str(name) for name in values.layer.values]
    return [str(values.layer.values) if "layer" in values.coords else "all neurons"]


def _modules(text: str, layers: list[str]) -> list[str]:
    """Return the type of each layer's module from the text that `infonb.record` writes."""
    found = [re.search(rf"(?:^|, ){re.escape(layer)}: ([^,]*)", text) for layer in layers]
    return [match[1] if match else "" for match in found]
