"""What a click on a picture, or a step of the arrow keys, chooses."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from infonb.plots.picture import Picture
from infonb.validate import check_choice

__all__ = ["OnClick", "OnStep", "Pointing"]

OnClick = Mapping[str, Callable[[float, float], Mapping[str, Any]]]
OnStep = Mapping[str, Callable[[int, int], Mapping[str, Any]]]


class Pointing:
    """The functions that say what a place, or a step, in some of the pictures chooses."""

    def __init__(
        self, pictures: Sequence[str], on_click: OnClick | None, on_step: OnStep | None
    ) -> None:
        self._clicks, self._steps = dict(on_click or {}), dict(on_step or {})
        for name in self._clicks:
            check_choice("on_click", name, pictures)
        for name in self._steps:
            check_choice("on_step", name, list(self._clicks))

    @property
    def pictures(self) -> list[str]:
        """Those that can be clicked."""
        return list(self._clicks)

    def locate(self, name: str, image: Any, picture: Picture) -> None:
        """Tell the browser where the first axes of a picture are, and what is chosen there."""
        if name not in self._clicks:
            return
        axis = picture.axes[0]
        bounds = (*axis.get_position().bounds, *axis.get_xlim(), *axis.get_ylim())
        image.axes = [float(at) for at in bounds]
        image.cursor = [float(at) for at in picture.cursor or ()]

    def chosen(self, name: str, change: Any) -> Mapping[str, Any]:
        """Return name → value of the controls to set, of a change that the browser tells."""
        old, new, image = change["old"], change["new"], change["owner"]
        if change["name"] == "pointed":
            return self._clicks[name](new[0], new[1])
        right, up = new[0] - old[0], new[1] - old[1]
        if name in self._steps:
            return self._steps[name](right, up)
        x0, x1, y0, y1 = image.axes[4:]
        x, y = image.cursor or ((x0 + x1) / 2, (y0 + y1) / 2)
        if image.cursor:
            x, y = _further(x, right, x0, x1), _further(y, up, y0, y1)
        return self._clicks[name](x, y)


def _further(start: float, step: int, low: float, high: float) -> float:
    """Return the place so many steps of 1 towards the second end of an axis, but not beyond it."""
    sign = 1 if high > low else -1
    room = int(abs(high - start)) if step > 0 else int(abs(start - low))
    return start + sign * max(min(step, room), -room)
