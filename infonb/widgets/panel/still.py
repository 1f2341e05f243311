"""A picture that stays as it is: what a panel holds where there is no page to keep up to date."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field

__all__ = ["Still"]


@dataclass
class Still:
    """
    The same values as `infonb.widgets.panel.live_picture.LivePicture`, without a widget.

    Examples
    --------
    >>> still = Still()
    >>> with still.hold_sync():
    ...     still.alt = "two neurons"
    >>> still.alt
    'two neurons'
    """

    value: bytes = b""
    alt: str = ""
    width: int = 800
    axes: list[float] = field(default_factory=list)
    cursor: list[float] = field(default_factory=list)
    pointed: list[float] = field(default_factory=list)
    stepped: list[int] = field(default_factory=list)

    def hold_sync(self) -> AbstractContextManager[None]:
        """Do nothing: there is nobody to send values to."""
        return nullcontext()
