"""A table that its reader sorts by any column: by mouse or keyboard, without a script."""

from __future__ import annotations

from collections.abc import Hashable
from hashlib import blake2b
from html import escape

import pandas as pd

__all__ = ["SortableTable"]

#: Rows are boxes of a grid, whose `order` a chosen column gives; without this style, a plain table.
_STYLE = """
.infonb-sortable table { display: grid; width: fit-content; max-width: none; margin: .4rem 0;
  font-variant-numeric: tabular-nums; border-collapse: collapse; }
.infonb-sortable :is(thead, tbody, tr) { display: contents; }
.infonb-sortable :is(th, td) { order: calc(var(--way, 1) * var(--place, 0)); display: block;
  padding: .35rem .6rem; text-align: left; vertical-align: top; font-weight: 400; max-width: none;
  border: 0; border-bottom: 1px solid rgb(128 128 128 / 40%); white-space: normal; }
.infonb-sortable thead th { order: -1000000; font-weight: 600; align-self: stretch;
  border-bottom-width: 2px; }
.infonb-sortable .number { text-align: right; white-space: nowrap; }
.infonb-sortable :is(label, input) { cursor: pointer; }
.infonb-sortable label { font-size: inherit; margin: 0 1rem 0 0; }
.infonb-sortable th label { margin: 0; }
.infonb-sortable input { margin: 0 .3em 0 0; vertical-align: -.1em; }
@media print { .infonb-sortable input, .infonb-sortable > p:first-of-type { display: none; } }
"""


class SortableTable:
    """
    Rows of words and numbers, sorted by the column whose heading is chosen.

    Each heading is a radio button, so that the table is sorted by keyboard and without a script; a
    printed page keeps the order. Where styles are taken away it is a plain table.

    Parameters
    ----------
    shown : pandas.DataFrame
        The texts; the first column names the rows.
    by : pandas.DataFrame, optional
        What rows are sorted by, for columns whose texts would not do: the same rows, some of the
        columns. Columns of numbers there are set flush right. What is missing comes last.
    summary : str
        What follows from the table, in one line below it.
    kind : str
        A class of the table, by which a page knows it.

    Examples
    --------
    >>> frame = pd.DataFrame({"model": ["b", "a"], "change": ["+10.0", "−2.0"]})
    >>> table = SortableTable(frame, pd.DataFrame({"change": [10.0, -2.0]}))
    >>> table.places("model"), table.places("change")
    ([1, 0], [1, 0])
    """

    def __init__(
        self, shown: pd.DataFrame, by: pd.DataFrame | None = None, summary: str = "", kind: str = ""
    ) -> None:
        self.shown, self.by = shown, shown[[]] if by is None else by
        self.summary, self.kind = summary, kind

    def places(self, column: Hashable) -> list[int]:
        """Return the place of each row when the table is sorted by a column; ties as given."""
        values = (self.by if column in self.by else self.shown)[column].reset_index(drop=True)
        if not pd.api.types.is_numeric_dtype(values):
            values = values.astype(str).str.casefold()
        order = values.sort_values(kind="stable", na_position="last").index
        return [int(place) for place in pd.Series(range(len(order)), index=order).sort_index()]

    def __repr__(self) -> str:
        return f"{self.shown.to_string(index=False)}\n{self.summary}".rstrip()

    def _repr_html_(self) -> str:
        body = self._rows()
        name = f"sort-{blake2b(body.encode(), digest_size=4).hexdigest()}"
        radio = f'<input type="radio" name="{name}" '
        heads = "".join(
            f'<th role="columnheader" scope="col"{self._class(column)}><label>{radio}'
            f'value="{number}" aria-label="sort by {escape(str(column))}">'
            f"{escape(str(column))}</label></th>"
            for number, column in enumerate(self.shown.columns)
        )
        choice = (
            f'<p>Sort by a heading: <label>{radio}value="given" checked>as given</label>'
            '<label><input type="checkbox">the other way round</label></p>'
        )
        summary = f"<p><strong>{escape(self.summary)}</strong></p>" if self.summary else ""
        return (
            f'<div class="infonb-sortable {name}"><style>{_STYLE}{self._style(name)}</style>'
            f"{choice if len(self.shown) > 1 else ''}"
            f'<table role="table" class="{self.kind}"><thead role="rowgroup"><tr role="row">'
            f'{heads}</tr></thead><tbody role="rowgroup">{body}</tbody></table>'
            f"{summary}</div>"
        )

    def _style(self, name: str) -> str:
        """Return what the choices of this very table do."""
        n = self.shown.shape[1]
        lines = [
            f".{name} table {{ grid-template-columns: repeat({n}, auto); }}",
            f".{name}:has(input[type='checkbox']:checked) {{ --way: -1; }}",
        ]
        lines += [
            f".{name}:has(input[value='{number}']:checked) tr {{ --place: var(--by{number}, 0) }}"
            for number in range(n)
        ]
        return "\n".join(lines)

    def _rows(self) -> str:
        places = [self.places(column) for column in self.shown.columns]
        rows = []
        for number, row in enumerate(self.shown.itertuples(index=False)):
            style = ";".join(f"--by{at}:{place[number]}" for at, place in enumerate(places))
            first, *rest = zip(self.shown.columns, row, strict=True)
            cells = f'<th role="rowheader" scope="row">{escape(str(first[1]))}</th>' + "".join(
                f'<td role="cell"{self._class(column)}>{escape(str(text))}</td>'
                for column, text in rest
            )
            rows.append(f'<tr role="row" style="{style}">{cells}</tr>')
        return "".join(rows)

    def _class(self, column: Hashable) -> str:
        numbers = column in self.by and pd.api.types.is_numeric_dtype(self.by[column])
        return ' class="number"' if numbers else ""
