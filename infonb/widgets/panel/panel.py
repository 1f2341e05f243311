"""Pictures with controls that work live in JupyterLab and stay visible without a kernel."""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from infonb.plots.picture import join_pngs, png_bundle, png_size
from infonb.validate import check_choice
from infonb.widgets.panel.check_value import check_value
from infonb.widgets.panel.dependence import Draw, controls_of
from infonb.widgets.panel.layout import lay_out
from infonb.widgets.panel.lifetime import Closable, close_previous
from infonb.widgets.panel.pointing import OnClick, OnStep, Pointing

__all__ = ["Panel"]

#: The name of the picture of a panel that has only one.
_ONLY = "picture"

#: What went wrong with a click is kept under this name, which is no picture's.
_CLICK = ""

_SHOWN = (
    "This panel was made with interactive=False and has been shown: its data are gone. Make it "
    "anew, or choose before it is shown."
)


class Panel(Closable):
    """
    Controls above pictures, each drawn again when a control that it depends on changes.

    An `ipywidgets.Output` or ``interact`` leaves nothing in an exported page. This object shows the
    live widgets where there is a kernel and carries the pictures as PNG for pages without one.

    Parameters
    ----------
    draw
        Function of the controls' values, by name, that returns a `Picture`. Or name → such a
        function, for several pictures: the names of a function's arguments say on which controls
        its picture depends. A function with ``**`` depends on all.
    controls
        Name → widget with a ``value``.
    interactive
        False: only the pictures, for reports.
    columns
        How many pictures stand side by side.
    on_click
        Name of a picture → function of a place in its first axes, (x, y) in data coordinates, that
        returns name → value of the controls to set. The picture can then be clicked; when it has
        the focus, the arrow keys go on from its ``cursor`` by 1, with shift by 10. A panel with a
        single `draw` calls its picture ``"picture"``.
    on_step
        Name of such a picture → function of a step of the arrow keys, (right, up), that returns
        name → value of the controls to set, where to go on from the cursor by 1 is not meant: 1 or
        -1, with shift 10, and several keys are one step while the kernel is busy.
    beside
        Widgets to show after the controls that hold no choice of their own, such as a list from
        which to set several controls.
    owns_controls
        Whether nobody else uses the controls and the widgets beside: then they are closed when the
        cell that made the panel runs again, and with ``interactive=False`` at once.

    Attributes
    ----------
    controls : dict
        The widgets, by name.
    images : dict
        The pictures on show, by name: widgets with a ``value``, the PNG.
    image
        The first of them.
    beside : list
        The widgets that were given.
    message : ipywidgets.HTML
        What is wrong with the choice, if something is; the pictures it concerns stay as they were.

    Notes
    -----
    ipywidgets keep every widget until it is closed, and IPython keeps what a cell showed: when a
    cell runs again, the panels that it made before are closed and hold no data any more. With
    ``interactive=False`` the data go once the pictures have been shown; they can be shown again.

    Raises
    ------
    ValueError
        For an argument of a function that is no control, a click on no picture, and whatever the
        functions raise for the values with which the controls start.

    Examples
    --------
    >>> import ipywidgets
    >>> from infonb.plots import subplots
    >>> def draw(bins):
    ...     return subplots(alt=f"{bins} bins")[0]
    >>> panel = Panel(draw, {"bins": ipywidgets.IntSlider(10, description="bins")})
    >>> panel.controls["bins"].value = 20
    >>> panel.alt, panel.value
    ('20 bins', {'bins': 20})
    """

    def __init__(
        self,
        draw: Draw | Mapping[str, Draw],
        controls: Mapping[str, Any],
        *,
        interactive: bool = True,
        columns: int = 2,
        on_click: OnClick | None = None,
        on_step: OnStep | None = None,
        beside: Sequence[Any] = (),
        owns_controls: bool = False,
    ) -> None:
        import ipywidgets as widgets

        from infonb.widgets.panel.live_picture import LivePicture, StaticPicture

        self.controls, self.beside = dict(controls), list(beside)
        self.interactive = interactive
        self._draws = dict(draw) if isinstance(draw, Mapping) else {_ONLY: draw}
        self._takes = {
            name: controls_of(one, name, list(self.controls)) for name, one in self._draws.items()
        }
        self._columns = min(columns, len(self._draws))
        self._pointing = Pointing(list(self._draws), on_click, on_step)
        self._shown: dict[str, dict[str, Any]] = {}
        self._errors: dict[str, str] = {}
        self._held = 0
        self._owns_controls = owns_controls
        self.images: dict[str, Any] = {
            name: (LivePicture if interactive else StaticPicture)() for name in self._draws
        }
        self.message = widgets.HTML()
        for name in self._draws:
            self._redraw(name)
        for control in self.controls.values():
            if hasattr(control, "continuous_update"):
                control.continuous_update = False  # one drawing per choice, not per pixel
            control.observe(self._update, names="value")
        if interactive:
            for name in self._pointing.pictures:
                self.images[name].observe(self._on_point(name), names=["pointed", "stepped"])
            self._view = lay_out(
                [*self.controls.values(), *self.beside], self.message, list(self.images.values()),
                self._columns,
            )  # fmt: skip
        else:
            self._close_widgets(everything=False)  # nobody will see them; they go on working
        close_previous(self)

    @property
    def value(self) -> dict[str, Any]:
        """The controls' values, for use in the next cell."""
        return {name: control.value for name, control in self.controls.items()}

    @property
    def image(self) -> Any:
        """The first picture on show."""
        self._check_open()
        return next(iter(self.images.values()))

    @property
    def alt(self) -> str:
        """What the pictures show, in words."""
        self._check_open()
        return " ".join(image.alt for image in self.images.values())

    def set(self, **values: Any) -> None:
        """
        Set several controls at once; each picture is drawn once at most.

        For a name that is no control, or a value that it does not have, nothing is set.
        """
        self._check_open(drawing=True)
        for name in values:
            check_choice("control", name, list(self.controls))
        before = self.value
        with self.hold():
            try:
                # in their order: the layer says which neurons there are
                for name in (name for name in self.controls if name in values):
                    check_value(name, self.controls[name], values[name])
                    self.controls[name].value = values[name]
            except Exception:
                for name, value in before.items():
                    self.controls[name].value = value
                raise

    def _forget(self, why: str) -> None:
        super()._forget(why)
        self._draws, self._shown = {}, {}
        self._pointing = Pointing([], None, None)

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Put off drawing until the end of a ``with`` block."""
        self._check_open(drawing=True)
        self._held += 1
        try:
            yield
        finally:
            self._held -= 1
            self._update()

    def _redraw(self, name: str) -> None:
        """Draw a picture unless it shows the present choice already."""
        chosen = {take: self.controls[take].value for take in self._takes[name]}
        if self._shown.get(name) == chosen:
            return
        self._shown[name] = chosen
        picture = self._draws[name](**chosen)
        image = self.images[name]
        png = picture.to_png(compress_level=1)
        with image.hold_sync():
            image.value, image.alt, image.width = png, picture.alt, png_size(png)[0]
            self._pointing.locate(name, image, picture)

    def _update(self, change: Any = None) -> None:
        if self._held:
            return
        for name in self._draws:
            before = self._shown[name]
            try:
                self._redraw(name)
            except Exception as error:
                # in a callback it would vanish in the log: say it where the reader looks
                self._errors[name] = _words(error)
            else:
                if self._shown[name] is not before:
                    self._errors.pop(name, None)
        said = [f"<strong>{words}</strong>" for words in dict.fromkeys(self._errors.values())]
        self.message.value = f"<p role='alert'>{'<br>'.join(said)}</p>" if said else ""

    def _on_point(self, name: str) -> Any:
        def follow(change: Any) -> None:
            self._errors.pop(_CLICK, None)
            try:
                self.set(**self._pointing.chosen(name, change))
            except Exception as error:
                self._errors[_CLICK] = _words(error)
                self._update()

        return follow

    def to_png(self) -> bytes:
        """Return all pictures as one PNG, as a page without a kernel shows them."""
        self._check_open()
        return join_pngs([image.value for image in self.images.values()], self._columns)

    def _repr_mimebundle_(self, *args: Any, **kwargs: Any) -> tuple[dict, dict]:
        if not self.images:
            return {"text/plain": self._over}, {}
        data, metadata = png_bundle(self.to_png(), self.alt)
        if self.interactive:
            data |= self._view._repr_mimebundle_()
        elif not self._over:
            self._forget(_SHOWN)
        return data, metadata


def _words(error: Exception) -> str:
    return html.escape(str(error) if isinstance(error, ValueError) else repr(error))
