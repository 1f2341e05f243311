"""Kept runs are listed and removed: what infonb has made, and nothing else."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner
from means import Means, place

from infonb import cli
from infonb.experiments.cache import CachedRun
from infonb.experiments.clearing import describe_runs, kept_runs, remove_runs
from infonb.experiments.run_folder import digest, noted
from infonb.storage import Lock


@pytest.fixture
def cache(tmp_path, monkeypatch):
    folder = tmp_path / "cache"
    monkeypatch.setenv("INFONB_CACHE", str(folder))
    Means(shift=[0.0], seed=[0, 1], cache=str(folder)).run(progress=False)
    return folder


def command(*arguments):
    return CliRunner().invoke(cli.main, ["cache", *arguments])


def files(folder: Path) -> list[str]:
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if not p.is_dir())


def test_all_that_infonb_made_is_removed(cache):
    assert "means: 2 runs, 0 MB" in command().stdout
    assert command("--clear").stdout.splitlines()[-1] == "2 removed"
    assert files(cache) == []
    assert kept_runs(cache) == {}


def test_foreign_folders_are_kept_whatever_they_hold(cache, tmp_path):
    note = json.loads(next(cache.glob("*/*/run.json")).read_text())
    theirs = {
        "projects/thesis/run.json": "{}",
        "projects/thesis/chapter.tex": "all of it",
        "means/0123456789abcdef0123/run.json": json.dumps(note),  # another folder than it says
        "means/0123456789abcdef0124/run.json": "[" * 100_000,
        "means/0123456789abcdef0125/run.json": "",
        "means/mine.zarr/zarr.json": "{}",
        f"others/{digest({})}/run.json": "{}",
    }
    for name, text in theirs.items():
        (cache / name).parent.mkdir(parents=True, exist_ok=True)
        (cache / name).write_text(text)
    shown = command("--clear")
    assert shown.exit_code == 0, shown.output
    assert "means: 2 runs" in shown.stdout
    assert "besides 5 folders" in shown.stdout
    assert f"kept, for it is not known to be made by infonb: {cache / 'projects/thesis'}" in (
        shown.stdout.splitlines()
    )
    assert files(cache) == sorted(theirs)


def test_what_somebody_put_into_a_run_is_kept_and_said(cache):
    one, other = sorted(cache.glob("means/*"))
    store = next(one.glob("*.zarr"))
    theirs = [
        one / "notes.txt", store / "notes.txt", one / "figures" / "a.png", one / "other.zarr" / "c",
        store / "mean" / "c.txt",
    ]  # fmt: skip
    for path in theirs:
        path.parent.mkdir(exist_ok=True)
        path.write_text("mine")
    shown = command("--clear").stdout
    assert "2 removed" in shown
    for path in theirs:
        assert path.read_text() == "mine"
        assert f"infonb: {path}" in shown
    assert [cache / name for name in files(cache)] == sorted(theirs)
    assert not other.exists()


def test_links_are_never_followed(cache, tmp_path):
    one, other = sorted(cache.glob("means/*"))
    outside = tmp_path / "outside"
    shutil.copytree(cache, outside / "cache")
    before = files(outside)
    (cache / "linked").symlink_to(outside / "cache" / "means")
    shutil.rmtree(other)
    other.symlink_to(outside / "cache" / "means" / other.name)
    (one / "link").symlink_to(outside)
    shutil.rmtree(next(one.glob("*.zarr")) / "mean")
    (next(one.glob("*.zarr")) / "mean").symlink_to(outside)
    (one / "history.json").symlink_to(outside / "cache")
    shown = command("--clear").stdout
    assert "1 removed" in shown
    assert f"infonb: {cache / 'linked'}" in shown
    assert files(outside) == before
    assert (one / "history.json").is_symlink()
    assert other.is_symlink()


def test_a_note_cannot_name_what_lies_elsewhere(cache, tmp_path):
    (tmp_path / "precious").write_text("mine")
    run = next(cache.glob("means/*"))
    for name in ("../../../precious", str(tmp_path / "precious")):
        note = json.loads((run / "run.json").read_text())
        note.pop("checksum", None)
        (run / "run.json").write_text(json.dumps({**note, "files": {name: "00"}}))
        command("--clear")
        assert (tmp_path / "precious").exists()


def test_files_of_another_training_are_known_by_the_note(tmp_path):
    class Own(Means):
        name = "own"

        def train(self, shift, seed, data, checkpoint=None, progress=False):
            (checkpoint / "deep").mkdir(exist_ok=True)
            (checkpoint / "deep" / "state.bin").write_bytes(b"state")
            return 1.0, None

    Own(shift=[0.0], seed=[0], cache=str(tmp_path)).run(progress=False)
    (run,) = kept_runs(tmp_path)["own"]
    assert list(noted(run)["files"]) == ["deep/state.bin"]
    assert list(remove_runs(tmp_path)) == ["1 removed"]
    assert not run.exists()


def test_what_a_kill_leaves_is_removed_unless_somebody_writes_it(cache):
    run = next(cache.glob("means/*"))
    store = next(run.glob("*.zarr"))
    left = [
        run / f".{store.name}.saving" / "new" / "zarr.json", run / "run.json.new",
        run / f".{store.name}.old-01234567" / "mean" / "c", run / ".last.safetensors.12.tmp",
        run / "lock",
    ]  # fmt: skip

    def leave():
        for path in left:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("half" if path.name != "lock" else "1 on a-machine")  # nobody holds it

    before = files(cache)
    leave()
    lock = Lock(run, "a run")
    Means(shift=[0.0], seed=[0, 1], cache=str(cache)).run(progress=False)
    assert all(path.exists() for path in left)
    lock.release()
    Means(shift=[0.0], seed=[0, 1], cache=str(cache)).run(progress=False)
    assert files(cache) == before
    leave()
    begun = run.with_name("0123456789abcdef0123")  # killed before it was noted down
    begun.mkdir()
    (begun / "lock").touch()
    partial = run.with_name(".0123456789abcdef0123.partial")
    partial.mkdir()
    (partial / "last.safetensors").touch()
    assert "3 runs (1 of them not finished)" in "".join(describe_runs(cache))
    command("--clear")
    assert os.listdir(cache / "means") == []


def test_only_finished_runs_are_counted_so_whatever_their_step(cache):
    experiment = Means(cache=str(cache))
    for seed, step in ((5, "other"), (6, "measure")):
        data = experiment.data(0.0, seed)
        run = CachedRun.of(experiment, 0.0, seed, data, step)
        lock = run.lock()
        if step == "other":
            run.save(experiment.other(0.0, seed, 1.0, data))
        lock.release()
    assert "means: 4 runs (1 of them not finished)" in command().stdout


def test_places_that_cannot_be_are_one_line(tmp_path, monkeypatch):
    def said(folder, *arguments):
        monkeypatch.setenv("INFONB_CACHE", str(folder))
        result = command(*arguments)
        assert "Traceback" not in result.output
        assert "runs\n" not in result.output or result.exit_code == 0
        return result.exit_code, result.stderr.strip()

    (tmp_path / "file").touch()
    code, line = said(tmp_path / "file")
    assert code == 1
    assert line == f"Error: {tmp_path / 'file'}, where runs are to be kept, is not a folder."
    assert said(tmp_path / "new") == (0, "")
    monkeypatch.setattr(os, "access", lambda path, mode: not mode & os.W_OK)
    (tmp_path / "read").mkdir()
    assert said(tmp_path / "read") == (0, "")
    code, line = said(tmp_path / "read", "--clear")
    assert (code, line.count("\n")) == (1, 0)
    assert "cannot be written to" in line
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    code, line = said(tmp_path / "read")
    assert (code, line) == (1, f"Error: {tmp_path / 'read'}, where runs are kept, cannot be read.")


def test_a_run_of_which_a_part_cannot_be_removed(cache, monkeypatch):
    true = Path.unlink

    def refuse(path, **kwargs):
        if path.name == "zarr.json":
            raise PermissionError(13, "Permission denied", str(path))
        true(path, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", refuse)
        shown = command("--clear")
    assert shown.exit_code == 1
    assert "Error: 2 of the runs could not be removed: " in shown.stderr
    assert "2 removed" in command("--clear").stdout  # they are still known as ours
    assert place(cache).folder.exists() is False
