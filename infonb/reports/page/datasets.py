"""What a cell shows of a labelled array: folded, behind a line with its dims."""

from __future__ import annotations

from typing import Any

from infonb.reports.page.elements import new

__all__ = ["fold_datasets"]

_INSIDE = {"Dataset": "all variables and attributes", "DataArray": "values and attributes"}


def fold_datasets(soup: Any) -> None:
    """Fold xarray's own tables of datasets and arrays."""
    for shown in soup.select("main .jp-RenderedHTML .xr-wrap"):
        box = shown.parent.wrap(new(soup, "details", "dataset"))
        summary = new(soup, "summary")
        summary.string = _line(shown)
        box.insert(0, summary)


def _line(shown: Any) -> str:
    """Return the line of a dataset: what it is, its dims and their sizes, what is folded."""
    kind = shown.select_one(".xr-obj-type").get_text().removeprefix("xarray.")
    dims = shown.select_one(".xr-dim-list")
    sizes = [_size(item) for item in dims.select("li")] if dims else []
    told = f" ({', '.join(sizes)})" if sizes else ""
    return f"{kind}{told}: {_INSIDE.get(kind, 'all of it')}"


def _size(item: Any) -> str:
    name, _, size = "".join(item.get_text().split()).partition(":")
    return f"{name}: {int(size):,}" if size.isdigit() else name
