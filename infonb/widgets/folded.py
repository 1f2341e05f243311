"""Answers that wait for a click: what a block shows, folded in any front end."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from html import escape
from typing import Any

__all__ = ["folded"]


@contextmanager
def folded(summary: str = "Show the answer") -> Iterator[None]:
    """
    Show what a block prints and displays only after a click.

    JupyterLab shows the output of every cell that runs, also of one that was folded; this folds the
    output itself, in notebooks, dashboards and pages.

    Parameters
    ----------
    summary
        What is to be clicked.

    Notes
    -----
    An error in the block is raised as ever, and shown in full. Figures and tables have to be given
    to ``display``.

    Examples
    --------
    >>> with folded("How many?"):
    ...     print("42")
    <IPython.core.display.HTML object>
    """
    from IPython.display import HTML, display
    from IPython.utils.capture import capture_output

    with capture_output() as shown:
        yield
    parts = [f"<pre>{escape(shown.stdout)}</pre>"] if shown.stdout else []
    parts += [_html(output.data, output.metadata or {}) for output in shown.outputs]
    inside = "\n".join(parts)
    display(HTML(f"<details><summary>{escape(summary)}</summary>\n{inside}\n</details>"))


def _html(data: dict[str, Any], metadata: dict[str, Any]) -> str:
    """Return one output as HTML: a picture with its alt text, a table, or plain text."""
    if "image/png" not in data:
        return data.get("text/html") or f"<pre>{escape(data['text/plain'])}</pre>"
    png, told = data["image/png"], metadata.get("image/png", {})
    text = base64.b64encode(png).decode("ascii") if isinstance(png, bytes) else png
    size = f'style="width: {told["width"]}px; max-width: 100%"' if "width" in told else ""
    alt = escape(told.get("alt", ""))
    return f'<img src="data:image/png;base64,{text.strip()}" alt="{alt}" {size}>'
