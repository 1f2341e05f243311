"""What a block shows waits for a click: text, pictures and tables, but never an error."""

from __future__ import annotations

import pandas as pd
import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

from infonb.plots.picture import subplots
from infonb.widgets import folded


@pytest.fixture
def html():
    """Return what a cell shows, the HTML of its only output."""
    shell = InteractiveShell.instance()

    def run(code, **names):
        shell.push({"folded": folded, **names})
        with capture_output() as shown:
            result = shell.run_cell(code)
        result.raise_error()
        assert shown.stdout == ""
        (output,) = shown.outputs
        return output.data["text/html"]

    yield run
    InteractiveShell.clear_instance()


def test_text_is_folded_and_escaped(html):
    shown = html("with folded('How < many?'):\n    print('a < b')")
    assert shown.startswith("<details><summary>How &lt; many?</summary>")
    assert "<pre>a &lt; b\n</pre>" in shown


def test_pictures_keep_their_alt_text_and_tables_their_form(html):
    picture = subplots(alt='two "empty" panels')[0]
    table = pd.DataFrame({"entropy": [1.0]})
    code = "from IPython.display import display\nwith folded():\n    display(picture, table)"
    shown = html(code, picture=picture, table=table)
    assert 'alt="two &quot;empty&quot; panels"' in shown
    assert "data:image/png;base64,iVBOR" in shown
    assert "<table" in shown


def test_an_error_is_not_folded(html):
    with pytest.raises(ZeroDivisionError):
        html("with folded():\n    print('before')\n    1 / 0")
