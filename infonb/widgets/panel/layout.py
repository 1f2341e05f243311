"""Where the controls and the pictures of a panel stand on the page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

__all__ = ["lay_out"]


def lay_out(controls: Sequence[Any], message: Any, images: Sequence[Any], columns: int) -> Any:
    """Return controls in columns above a message and pictures, none wider than these together."""
    import ipywidgets as widgets

    for control in controls:
        control.layout.width = control.layout.width or "auto"
        if hasattr(control, "description"):
            control.style.description_width = "initial"
    widths = [image.width for image in images]
    starts = range(0, len(images), columns)
    across = max(sum(widths[at : at + columns]) for at in starts) + 10 * columns
    wide = {"width": "100%", "max_width": f"{across}px"}
    rows = widgets.GridBox(
        list(controls),
        layout=widgets.Layout(
            grid_template_columns="repeat(auto-fill, minmax(250px, 1fr))", grid_gap="0 14px", **wide
        ),
    )
    rows.add_class("infonb-controls")
    grid = widgets.GridBox(
        list(images),
        layout=widgets.Layout(
            grid_template_columns=f"repeat({columns}, minmax(0, 1fr))", grid_gap="4px", **wide
        ),
    )
    return widgets.VBox([rows, message, grid], layout=widgets.Layout(align_items="flex-start"))
