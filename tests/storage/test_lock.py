"""One writer at a time, also among the threads of a process, and also while folders go away."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from infonb.storage import Held, Lock

pytestmark = pytest.mark.slow

ELSEWHERE = (
    "import sys, infonb.storage as s; from pathlib import Path\n"
    "try: s.Lock(Path(sys.argv[1]), 'a.zarr')\n"
    "except RuntimeError as error: print(error)\n"
)

unix = pytest.mark.skipif(sys.platform == "win32", reason="locks of files are Unix")


def elsewhere(folder):
    command = [sys.executable, "-c", ELSEWHERE, str(folder)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@unix
def test_another_process(tmp_path):
    lock = Lock(tmp_path, "a.zarr")
    with pytest.raises(RuntimeError):  # does not give up the lock of the process
        Lock(tmp_path, "a.zarr")
    assert elsewhere(tmp_path).startswith(
        f"a.zarr is being written by another process ({os.getpid()} on {os.uname().nodename}); wait"
    )
    lock.release()
    assert elsewhere(tmp_path) == ""


def test_another_thread(tmp_path, monkeypatch):
    said = []

    def other(path):
        try:
            Lock(path, "a.zarr").release()
            said.append("")
        except RuntimeError as error:
            said.append(str(error))

    monkeypatch.chdir(tmp_path)
    lock = Lock(tmp_path / "a", "a.zarr")
    (tmp_path / "link").symlink_to(tmp_path / "a")
    for path in (tmp_path / "a", Path("a"), tmp_path / "link", tmp_path / "b"):
        thread = threading.Thread(target=other, args=(path,))
        thread.start()
        thread.join()
    lock.release()
    lock.release()
    other(tmp_path / "a")
    refused = "a.zarr is being written by another thread of this process (MainThread); wait for it"
    assert [text.startswith(refused) for text in said] == [True, True, True, False, False]
    assert said[3:] == ["", ""]


def test_whoever_can_never_let_go_is_told_apart(tmp_path):
    held = Lock(tmp_path, "a.zarr")
    with pytest.raises(RuntimeError, match="by this very thread") as error:
        Lock(tmp_path, "a.zarr")
    assert not isinstance(error.value, Held)
    held.release()
    # a thread that has ended without letting go
    thread = threading.Thread(target=Lock, args=(tmp_path, "a.zarr"))
    thread.start()
    thread.join()
    again = Lock(tmp_path, "a.zarr")
    assert "another process" in elsewhere(tmp_path)
    again.release()
    assert elsewhere(tmp_path) == ""


def test_only_one_of_many_threads_has_it(tmp_path):
    barrier, held, refused = threading.Barrier(8), [], []

    def take():
        barrier.wait()
        try:
            held.append(Lock(tmp_path, "a.zarr"))
        except RuntimeError:
            refused.append(1)
        barrier.wait()  # a lock whose thread has ended may be taken

    threads = [threading.Thread(target=take) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(held), len(refused)) == (1, 7)
    held[0].release()


@unix
@pytest.mark.parametrize("again", [False, True])
def test_the_folder_is_removed_just_before_it_is_locked(tmp_path, monkeypatch, again):
    """A lock of a file that is not there any more would be one that nobody else sees."""
    import fcntl

    folder, lockf, removed = tmp_path / "a", fcntl.lockf, []

    def late(*args):
        if not removed:
            removed.append(shutil.rmtree(folder))
            if again:
                folder.mkdir()
                (folder / "lock").touch()
        return lockf(*args)

    monkeypatch.setattr(fcntl, "lockf", late)
    lock = Lock(folder, "a.zarr")
    assert elsewhere(folder).startswith("a.zarr is being written by another process")
    lock.release()


def test_a_file_of_another_name_is_a_lock_of_its_own_and_goes_with_it(tmp_path):
    first, second = Lock(tmp_path, "a"), Lock(tmp_path, "b", name=".b.lock")
    assert sorted(os.listdir(tmp_path)) == [".b.lock", "lock"]
    with pytest.raises(RuntimeError, match=r"^b is being written by this very thread"):
        Lock(tmp_path, "b", name=".b.lock")
    second.release()
    Lock(tmp_path, "b", name=".b.lock").release()
    assert os.listdir(tmp_path) == ["lock"]
    first.release()
    assert os.listdir(tmp_path) == []


@unix
def test_nothing_is_written_through_a_link(tmp_path):
    (tmp_path / "thesis").write_text("text")
    (tmp_path / "lock").symlink_to(tmp_path / "thesis")
    with pytest.raises(OSError, match=r"lock"):
        Lock(tmp_path, "a.zarr")
    assert (tmp_path / "thesis").read_text() == "text"


@unix
def test_what_a_killed_process_leaves_locks_nobody_out(tmp_path):
    code = ELSEWHERE.replace("print(error)", "raise") + "import os; os._exit(9)"
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False)
    assert os.listdir(tmp_path) == ["lock"]
    assert os.stat(tmp_path / "lock").st_mode & 0o777 == 0o666  # also for another user
    assert elsewhere(tmp_path) == ""
    Lock(tmp_path, "a.zarr").release()


@unix
def test_it_is_open_to_all_users_whatever_the_umask(tmp_path):
    previous = os.umask(0o077)
    try:
        lock = Lock(tmp_path, "a.zarr")
    finally:
        os.umask(previous)
    assert os.stat(tmp_path / "lock").st_mode & 0o777 == 0o666
    lock.release()


@unix
@pytest.mark.parametrize("content", [b"", b"123 on a-machine", b"\0\0\0"])
def test_a_file_that_was_left_is_taken(tmp_path, content):
    (tmp_path / "lock").write_bytes(content)
    Lock(tmp_path, "a.zarr").release()
    assert os.listdir(tmp_path) == []


@unix
def test_a_file_of_somebody_else_serves_and_stays_as_it_is(tmp_path):
    (tmp_path / "lock").write_text("mine")
    for _ in range(2):
        lock = Lock(tmp_path, "a.zarr")
        assert elsewhere(tmp_path).startswith("a.zarr is being written by another process")
        lock.release()
        assert (tmp_path / "lock").read_text() == "mine"


@unix
@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir, lambda path: path.symlink_to(__file__)])
def test_what_is_no_file_is_left_alone_and_not_waited_for(tmp_path, make):
    make(tmp_path / "lock")
    with pytest.raises(FileExistsError, match="lock is in the way: it is no file that"):
        Lock(tmp_path, "a.zarr")
    assert os.listdir(tmp_path) == ["lock"]


@unix
def test_a_fork_gives_up_nothing(tmp_path):
    lock = Lock(tmp_path, "a.zarr")
    child = os.fork()
    if child == 0:
        lock.release()
        os._exit(0)
    os.waitpid(child, 0)
    assert elsewhere(tmp_path).startswith("a.zarr is being written by another process")
    lock.release()


@unix
def test_a_file_that_was_made_anew_is_not_removed(tmp_path):
    lock = Lock(tmp_path, "a.zarr")
    (tmp_path / "lock").unlink()
    (tmp_path / "lock").touch()
    lock.release()
    assert os.listdir(tmp_path) == ["lock"]


def test_only_one_of_many_threads_inherits_it(tmp_path):
    for number in range(20):
        ended = threading.Thread(target=Lock, args=(tmp_path / str(number), "a.zarr"))
        ended.start()
        ended.join()
        barrier, held = threading.Barrier(8), []

        def take(folder=tmp_path / str(number), barrier=barrier, held=held):
            barrier.wait()
            with contextlib.suppress(RuntimeError):
                held.append(Lock(folder, "a.zarr"))
            barrier.wait()

        threads = [threading.Thread(target=take) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(held) == 1
        held[0].release()
