"""The browser's own checks can fail: they are shown a page on which all is wrong."""

from __future__ import annotations

import http.server
import threading

import pytest
from browser.colours import ENOUGH, contrasts
from browser.watch import keep

pytestmark = pytest.mark.slow


class Wrong(http.server.BaseHTTPRequestHandler):
    """A page with everything that a page should not have."""

    def do_GET(self):
        self.send_response(404 if self.path == "/missing.png" else 200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(
            b"<p style='color: #999; background: #fff'>faint</p>"
            b"<p style='color: rgb(0 0 0 / 50%); background: rgb(0 0 0 / 90%)'>dark</p>"
            b"<p style='color: #000; background: #fff'>plain</p>"
            b"<img src='missing.png'><img src='http://example.org/x.png'>"
            b"<script>console.error('said'); throw new Error('thrown')</script>"
        )

    def log_message(self, *args):
        pass


@pytest.fixture
def wrong():
    server = http.server.HTTPServer(("127.0.0.1", 0), Wrong)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()
    thread.join(10)


def test_all_that_goes_wrong_is_noted_and_kept(wrong, open_page, tmp_path, monkeypatch):
    watch = open_page(wrong)
    watch.page.goto(wrong)
    noted = "\n".join(watch.take_troubles())
    for words in (
        "answer 404", "missing.png", "foreign address: http://example.org",
        "failed: http://example.org", "console: said", "page error: thrown",
    ):  # fmt: skip
        assert words in noted
    monkeypatch.setenv("INFONB_ARTEFACTS", str(tmp_path))
    kept = {path.suffix for path in keep("test_x.py::test_y[z]").iterdir()}
    assert kept == {".png", ".html", ".txt"}

    found = {one["text"]: one["contrast"] for one in contrasts(watch.page, "p")}
    assert found["plain"] == pytest.approx(21)
    assert found["faint"] == pytest.approx(2.85, abs=0.01)
    assert found["dark"] < ENOUGH
    watch.close()
