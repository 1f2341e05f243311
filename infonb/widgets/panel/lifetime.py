"""Widgets that are closed for good: out of the registry in which ipywidgets keeps every widget."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

__all__ = ["close_widgets", "together"]


def together(widgets: Iterable[Any]) -> list[Any]:
    """
    Return widgets with all that belong to them: children, layouts, styles, links.

    Examples
    --------
    >>> import ipywidgets
    >>> box = ipywidgets.HBox([ipywidgets.Label("play")])
    >>> sorted(type(one).__name__ for one in together([box]))
    ['HBox', 'Label', 'LabelStyle', 'Layout', 'Layout']
    """
    from ipywidgets import Widget

    found: dict[int, Any] = {}
    left = list(widgets)
    while left:
        one = left.pop()
        if isinstance(one, list | tuple):
            left += one
        elif isinstance(one, Widget) and id(one) not in found:
            found[id(one)] = one
            left += [*one._trait_values.values(), *vars(one).values()]
    return list(found.values())


def close_widgets(widgets: Iterable[Any], keep: Iterable[Any] = ()) -> None:
    """
    Close widgets and all that belong to them; they keep their values.

    Parameters
    ----------
    widgets
        Some widgets.
    keep
        Widgets that stay as they are, with all that belongs to them.

    Examples
    --------
    >>> import ipywidgets
    >>> slider = ipywidgets.IntSlider(3)
    >>> close_widgets([slider])
    >>> slider.comm is None, slider.value
    (True, 3)
    """
    stay = {id(one) for one in together(keep)}
    for one in together(widgets):
        if id(one) not in stay:
            one.close()
