"""What a visitor reads where no dashboard is shown."""

from __future__ import annotations

from html import escape

from tornado.web import HTTPError

__all__ = ["Refused", "page"]

_PAGE = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<link rel="icon" href="data:;base64,=">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; }}
body {{ font: 1rem/1.5 system-ui, sans-serif; }}
main {{ max-width: 36rem; margin: 4rem auto; padding: 0 1rem; }}
h1 {{ font-size: 1.5rem; font-weight: normal; }}
code {{ overflow-wrap: anywhere; }}
input, button {{ font: inherit; padding: 0.25rem 0.5rem; }}
</style>
</head>
<body>
<main>
<h1>{title}</h1>
<p>{text}</p>
{form}
</main>
</body>
</html>
"""


class Refused(HTTPError):
    """A request that gets no dashboard, and the words for its page; nothing is logged."""

    def __init__(self, status: int, title: str, text: str, *, asks: bool = False) -> None:
        super().__init__(status)
        self.title = title
        self.text = text
        #: Whether the page has a field for the token.
        self.asks = asks


def page(title: str, text: str, form: str = "") -> str:
    """Return a page of a few words; the form is HTML already."""
    return _PAGE.format(title=escape(title), text=escape(text), form=form)
