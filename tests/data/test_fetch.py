from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from infonb.data.fetch import locate

CONTENT = b"some data"
FILES = {"a.gz": hashlib.sha256(CONTENT).hexdigest()}
NOBODY = "http://127.0.0.1:9/"  # the discard port: refuses at once


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv("INFONB_DATA", raising=False)
    monkeypatch.setattr("pooch.os_cache", lambda project: tmp_path / "cache" / project)
    return tmp_path / "cache" / "infonb" / "things"


@pytest.fixture
def mirror(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    folder = tmp_path / "mirror"
    folder.mkdir()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/", folder
    server.shutdown()
    thread.join()
    server.server_close()


def put(folder: Path, content: bytes = CONTENT) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "a.gz").write_bytes(content)
    return folder / "a.gz"


@pytest.mark.parametrize("sub", ["", "things"])
def test_the_named_folder_comes_first(
    sub: str, tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = put(tmp_path / "data" / sub)
    monkeypatch.setenv("INFONB_DATA", str(tmp_path / "data"))
    assert locate(FILES, subfolder="things", urls=[NOBODY]) == {"a.gz": path}
    assert locate(FILES, subfolder="things", folder=tmp_path / "data") == {"a.gz": path}
    assert not cache.exists()


def test_mirrors_are_tried_in_turn_and_the_cache_is_used(
    cache: Path, mirror: tuple[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url, folder = mirror
    served = put(folder)
    monkeypatch.setenv("INFONB_DATA", str(tmp_path / "without"))
    assert locate(FILES, subfolder="things", urls=[NOBODY, url]) == {"a.gz": cache / "a.gz"}
    assert (cache / "a.gz").read_bytes() == CONTENT
    served.unlink()
    assert locate(FILES, subfolder="things", urls=[NOBODY, url]) == {"a.gz": cache / "a.gz"}


def test_a_damaged_download_leaves_nothing(cache: Path, mirror: tuple[str, Path]) -> None:
    url, folder = mirror
    put(folder, CONTENT[:-1])
    with pytest.raises(FileNotFoundError, match="INFONB_DATA") as error:
        locate(FILES, subfolder="things", urls=[url])
    assert "ValueError" in str(error.value)
    assert list(cache.glob("*")) == []


def test_offline_the_remedy_is_named(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INFONB_DATA", str(tmp_path / "elsewhere"))
    with pytest.raises(FileNotFoundError) as error:
        locate(FILES, subfolder="things", urls=[NOBODY])
    for part in (
        "Put a.gz into a folder (or its subfolder 'things')",
        "set the environment variable INFONB_DATA",
        f"looked in {tmp_path / 'elsewhere'}, the value of INFONB_DATA, which is no folder",
        NOBODY + "a.gz",
    ):
        assert part in str(error.value)
    assert list(cache.glob("*")) == []


def test_a_local_file_with_another_checksum_is_refused(
    tmp_path: Path, cache: Path, mirror: tuple[str, Path]
) -> None:
    url, folder = mirror
    put(folder)
    path = put(tmp_path / "data", CONTENT[:-1])
    with pytest.raises(ValueError, match="damaged or not the original") as error:
        locate(FILES, subfolder="things", urls=[url], folder=tmp_path / "data")
    assert str(path) in str(error.value)
    assert FILES["a.gz"] in str(error.value)


def test_removing_is_a_remedy_only_where_there_is_a_download(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path / "data", CONTENT[:-1])
    monkeypatch.setenv("INFONB_DATA", str(tmp_path / "data"))
    with pytest.raises(ValueError, match=r"original file, or remove it to have it downloaded\.$"):
        locate(FILES, subfolder="things", urls=[NOBODY])
    for options in ({}, {"urls": [NOBODY], "folder": tmp_path / "data"}):
        with pytest.raises(ValueError, match=r"Replace it by the original file\.$"):
            locate(FILES, subfolder="things", **options)


def test_a_folder_that_is_given_must_have_the_files(
    tmp_path: Path, cache: Path, mirror: tuple[str, Path]
) -> None:
    url, folder = mirror
    put(folder)
    with pytest.raises(FileNotFoundError, match="give it as folder"):
        locate(FILES, subfolder="things", urls=[url], folder=tmp_path / "empty")
    assert not cache.exists()


def test_without_an_address_nothing_is_downloaded(cache: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no public address"):
        locate(FILES, subfolder="things")
