"""What objectives want of views."""

from __future__ import annotations

from typing import Any

__all__ = ["check_views"]


def check_views(views: Any) -> None:
    """Raise a TypeError unless this is a function of images, or an object that is one."""
    if isinstance(views, type) or not callable(views):
        what = f"the class {views.__name__}" if isinstance(views, type) else repr(views)
        raise TypeError(
            "views must be a function of images that returns changed ones, such as "
            f"ImageViews(); not {what}."
        )
