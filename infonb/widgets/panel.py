"""A picture with controls that works live in JupyterLab and stays visible without a kernel."""

from __future__ import annotations

import html
from collections.abc import Callable, Mapping
from typing import Any

from infonb.plots.picture import Picture

__all__ = ["Panel"]


class Panel:
    """
    Controls above a picture that is drawn again whenever one of them changes.

    An `ipywidgets.Output` or ``interact`` leaves nothing in an exported page. This object shows the
    live widgets where there is a kernel and carries the picture as PNG for pages without one.

    Parameters
    ----------
    draw
        Function of the controls' values, by name, that returns a `Picture`.
    controls
        Name → widget with a ``value``, in the order of `draw`'s arguments.
    interactive
        False: only the picture, for reports.

    Attributes
    ----------
    controls : dict
        The widgets, by name.
    image : ipywidgets.Image
        The picture on show.

    Examples
    --------
    >>> import ipywidgets
    >>> from infonb.plots.picture import subplots
    >>> def draw(bins):
    ...     return subplots(alt=f"{bins} bins")[0]
    >>> panel = Panel(draw, {"bins": ipywidgets.IntSlider(10, description="bins")})
    >>> panel.controls["bins"].value = 20
    >>> panel.alt, panel.value
    ('20 bins', {'bins': 20})
    """

    def __init__(
        self,
        draw: Callable[..., Picture],
        controls: Mapping[str, Any],
        *,
        interactive: bool = True,
    ) -> None:
        import ipywidgets as widgets

        self.controls = dict(controls)
        self.interactive = interactive
        self._draw = draw
        self.alt = ""
        self.image = widgets.Image(format="png")
        self.image.layout.max_width = "100%"
        self.message = widgets.HTML()
        for control in self.controls.values():
            if hasattr(control, "continuous_update"):
                control.continuous_update = False  # one drawing per choice, not per pixel
            control.style.description_width = "initial"
            control.observe(self._update, names="value")
        rows = widgets.Box(
            list(self.controls.values()), layout=widgets.Layout(flex_flow="row wrap")
        )
        self._view = widgets.VBox(
            [rows, self.message, self.image], layout=widgets.Layout(align_items="flex-start")
        )
        self._picture = self._redraw()

    @property
    def value(self) -> dict[str, Any]:
        """The controls' values, for use in the next cell."""
        return {name: control.value for name, control in self.controls.items()}

    def _redraw(self) -> Picture:
        picture = self._draw(**self.value)
        self.alt = picture.alt
        self.image.value = picture.to_png()
        return picture

    def _update(self, change: Any) -> None:
        try:
            self._picture = self._redraw()
        except ValueError as error:
            # an exception in a callback would vanish in the log: say it where the reader looks
            self.message.value = f"<p role='alert'><strong>{html.escape(str(error))}</strong></p>"
        else:
            self.message.value = ""

    def _repr_mimebundle_(self, *args: Any, **kwargs: Any) -> tuple[dict, dict]:
        data, metadata = self._picture._repr_mimebundle_()
        if self.interactive:
            data |= self._view._repr_mimebundle_()
        return data, metadata
