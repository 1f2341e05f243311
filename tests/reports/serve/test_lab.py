from __future__ import annotations

import errno
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from itertools import count
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_markdown_cell, new_notebook

from infonb import experiments
from infonb.reports import copy_notebooks
from infonb.reports import notebooks as notebooks_module
from infonb.reports.kernel import own_places, write_kernelspec
from infonb.reports.serve import lab
from infonb.reports.serve.copies import GUIDE
from infonb.reports.serve.guide import guide
from infonb.reports.serve.lab import lab_command, lab_environment, start_lab
from infonb.reports.serve.server import run_server, server_command

EXPERIMENT, LESSON = "notebooks/colored_digits.ipynb", "tutorials/01_entropy_first.ipynb"


def write(path: Path, title: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(new_notebook(cells=[new_markdown_cell(f"# {title}\n\nText.")]), path)


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of what stands for the package's own notebooks."""
    root = tmp_path / "installed"
    write(root / EXPERIMENT, "Digits in colour")
    write(root / LESSON, "1. What entropy is")
    for name in ("tutorials/images/x.png", "notebooks/.ipynb_checkpoints/a.ipynb"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(f"installed {name}")
    monkeypatch.setattr(notebooks_module, "notebook_folder", lambda kind="notebooks": root / kind)
    home = {"colored_digits": experiments._HOME["colored_digits"]}
    monkeypatch.setattr(experiments, "_HOME", home)
    return root


def names(paths: list[Path], folder: Path) -> list[str]:
    return [path.relative_to(folder).as_posix() for path in paths]


def test_everything_is_copied_once(installed: Path, tmp_path: Path) -> None:
    target = tmp_path / "deep" / "lab"
    copies = copy_notebooks(target)
    assert names(copies.copied, target) == [GUIDE, EXPERIMENT, LESSON, "tutorials/images/x.png"]
    assert (copies.kept, copies.updated, copies.beside) == ([], [], [])
    assert (target / LESSON).read_bytes() == (installed / LESSON).read_bytes()
    (target / LESSON).unlink()  # the way to a fresh copy
    assert names(copy_notebooks(target).copied, target) == [LESSON]


def test_a_changed_file_is_kept(installed: Path, tmp_path: Path) -> None:
    copy_notebooks(tmp_path / "lab")
    mine = tmp_path / "lab" / EXPERIMENT
    mine.write_text("mine")
    for _ in range(2):
        copies = copy_notebooks(tmp_path / "lab")
        assert (copies.kept, copies.beside, copies.copied, copies.updated) == ([mine], [], [], [])
        assert mine.read_text() == "mine"


def test_a_new_version_takes_the_place_of_an_unchanged_file(
    installed: Path, tmp_path: Path
) -> None:
    copy_notebooks(tmp_path / "lab")
    write(installed / LESSON, "1. What entropy is, said better")
    copies = copy_notebooks(tmp_path / "lab")
    # the guide has the lesson's title, so it is another one too
    assert names(copies.updated, tmp_path / "lab") == [GUIDE, LESSON]
    assert "said better" in (tmp_path / "lab" / LESSON).read_text()
    assert (copies.copied, copies.kept, copies.beside) == ([], [], [])


def test_a_new_version_is_put_beside_a_changed_file_once(installed: Path, tmp_path: Path) -> None:
    lab = tmp_path / "lab"
    copy_notebooks(lab)
    (lab / LESSON).write_text("mine")
    (lab / "tutorials" / "01_entropy_first.new.ipynb").write_text("mine too")
    write(installed / LESSON, "1. What entropy is, said better")
    copies = copy_notebooks(lab)
    beside = lab / "tutorials" / "01_entropy_first.new1.ipynb"
    assert (copies.kept, copies.beside) == ([lab / LESSON], [beside])
    assert beside.read_bytes() == (installed / LESSON).read_bytes()
    assert (lab / LESSON).read_text() == "mine"
    assert (lab / "tutorials" / "01_entropy_first.new.ipynb").read_text() == "mine too"
    again = copy_notebooks(lab)
    assert (again.kept, again.beside) == ([lab / LESSON], [])


@pytest.mark.parametrize("record", ["", "[]", "{"])
def test_a_folder_whose_record_is_lost_loses_nothing(
    installed: Path, tmp_path: Path, record: str
) -> None:
    lab = tmp_path / "lab"
    copy_notebooks(lab)
    (lab / ".infonb-lab.json").write_text(record)
    (lab / EXPERIMENT).write_text("mine")
    copies = copy_notebooks(lab)
    assert copies.kept == [lab / EXPERIMENT]
    assert (lab / EXPERIMENT).read_text() == "mine"
    assert copies.beside[0].read_bytes() == (installed / EXPERIMENT).read_bytes()


@pytest.mark.parametrize("name", [GUIDE, EXPERIMENT, "tutorials/images/x.png"])
@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 0.99])
@pytest.mark.parametrize("tail", [b"", b"\0" * 20])
def test_the_beginning_of_a_copy_is_no_change(
    installed: Path, tmp_path: Path, name: str, share: float, tail: bytes
) -> None:
    copy_notebooks(tmp_path / "lab")
    path = tmp_path / "lab" / name
    whole = path.read_bytes()
    path.write_bytes(whole[: int(share * len(whole))] + tail)
    for record in (True, False):
        if not record:
            (tmp_path / "lab" / ".infonb-lab.json").write_text("")
        copies = copy_notebooks(tmp_path / "lab")
        assert (copies.kept, copies.beside, copies.cut) == ([], [], [])
        assert path.read_bytes() == whole
        path.write_bytes(whole[: int(share * len(whole))] + tail)


@pytest.mark.parametrize("share", [0.1, 0.3, 0.5, 0.7, 0.9])
def test_the_beginning_of_an_older_notebook_is_put_aside(
    installed: Path, tmp_path: Path, share: float
) -> None:
    lab = tmp_path / "lab"
    copy_notebooks(lab)
    before = (lab / LESSON).read_bytes()
    cut = before[: int(share * len(before))]
    (lab / LESSON).write_bytes(cut)
    nbformat.write(new_notebook(), installed / LESSON)
    copies = copy_notebooks(lab)
    assert (copies.kept, copies.beside) == ([], [])
    assert (lab / LESSON).read_bytes() == (installed / LESSON).read_bytes()
    assert copies.cut == [lab / "tutorials" / "01_entropy_first.cut.ipynb"]
    assert copies.cut[0].read_bytes() == cut
    assert copy_notebooks(lab).cut == []


@pytest.mark.skipif(sys.platform == "win32", reason="no pipes in folders")
@pytest.mark.parametrize("name", [EXPERIMENT, GUIDE, ".infonb-lab.json"])
def test_what_is_no_file_is_left_alone_and_not_waited_for(
    installed: Path, tmp_path: Path, name: str
) -> None:
    lab = tmp_path / "lab"
    makers: list[Callable[[Path], None]] = [os.mkfifo, Path.mkdir]
    makers.append(lambda path: path.symlink_to(tmp_path / "nowhere"))
    is_record = name == ".infonb-lab.json"  # which is written anew
    for make in makers[:1] if is_record else makers:
        copy_notebooks(lab)
        (lab / name).unlink()
        make(lab / name)
        assert copy_notebooks(lab).kept == ([] if is_record else [lab / name])
        assert (lab / name).is_file() == is_record
        assert not (tmp_path / "nowhere").exists()
        shutil.rmtree(lab)


@pytest.mark.parametrize(
    "change",
    [lambda text: text + "my notes", lambda text: text.replace('"cells": [', '"cells": [,'),
     lambda text: "my notes", lambda text: text.replace("Text.", "My text.")],
)  # fmt: skip
def test_what_a_person_has_changed_is_never_taken_for_cut(
    installed: Path, tmp_path: Path, change: Callable[[str], str]
) -> None:
    copy_notebooks(tmp_path / "lab")
    mine = tmp_path / "lab" / LESSON
    mine.write_text(changed := change(mine.read_text()))
    copies = copy_notebooks(tmp_path / "lab")
    assert (copies.kept, copies.updated, copies.cut) == ([mine], [], [])
    assert mine.read_text() == changed


FULL = OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("fault", [FULL, KeyboardInterrupt()])
def test_a_copy_that_is_stopped_anywhere_goes_on(
    installed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: BaseException
) -> None:
    """At each file that is written: none is left cut, and none passes for changed later."""
    for stop in range(20):
        target = tmp_path / f"lab-{stop}"
        write(installed / LESSON, "1. What entropy is")
        copy_notebooks(target)
        (target / EXPERIMENT).unlink()
        write(installed / LESSON, "1. What entropy is, said better")
        with monkeypatch.context() as patch:
            patch.setattr(os, "fsync", stopper(stop, fault))
            if not stops(target):
                break
        assert list(target.rglob("*.partial")) == []
        write(installed / LESSON, "1. What entropy is, said best")
        copies = copy_notebooks(target)
        assert (copies.kept, copies.beside, copies.cut) == ([], [], [])
        for name in (EXPERIMENT, LESSON):
            assert (target / name).read_bytes() == (installed / name).read_bytes()
    assert 4 < stop < 19  # two records, three files


def stopper(stop: int, fault: BaseException) -> Callable[[int], None]:
    """Return what fails when it is called once more than so many times."""
    calls = count()

    def sync(handle: int) -> None:
        if next(calls) == stop:
            raise fault

    return sync


def stops(target: Path) -> bool:
    """Whether copying is stopped, by a fault that is told in one line."""
    try:
        copy_notebooks(target)
    except OSError as error:
        told = rf"{target}/\S+ could not be written: No space left on device\."
        return re.fullmatch(told, str(error)) is not None
    except KeyboardInterrupt:
        return True
    return False


def test_the_home_is_meant_by_its_sign(
    installed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    assert copy_notebooks("~/lab").guide == tmp_path / "home" / "lab" / GUIDE
    assert not (tmp_path / "~").exists()


def test_a_readme_of_another_project_is_kept_alone(installed: Path, tmp_path: Path) -> None:
    (tmp_path / GUIDE).write_text("my project")
    for _ in range(2):
        copies = copy_notebooks(tmp_path)
        assert (copies.kept, copies.beside) == ([], [])
        assert copies.guide == tmp_path / "infonb-README.md"
        assert copies.guide.read_text() == guide()
    assert (tmp_path / GUIDE).read_text() == "my project"
    assert "--LabApp.default_url=/lab/tree/infonb-README.md" in lab_command(tmp_path)


def test_a_guide_that_was_changed_is_still_the_guide(installed: Path, tmp_path: Path) -> None:
    copy_notebooks(tmp_path)
    (tmp_path / GUIDE).write_text(guide() + "\nmy notes")
    copies = copy_notebooks(tmp_path)
    assert (copies.guide, copies.kept) == (tmp_path / GUIDE, [tmp_path / GUIDE])
    assert not (tmp_path / "infonb-README.md").exists()


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="a folder that takes no files: /proc")
def test_a_folder_that_takes_no_files_is_told_at_once(installed: Path) -> None:
    with pytest.raises(PermissionError, match="output folder /proc/x: no permission to write in"):
        copy_notebooks("/proc/x")


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="a folder that takes no files: /proc")
def test_where_the_home_cannot_be_written_to_the_servers_folder_serves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR")
    for name in (*names, "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_RUNTIME_DIR", "MPLCONFIGDIR"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "home").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert own_places(tmp_path) == {}
    assert list((tmp_path / "home").iterdir()) == []
    monkeypatch.setenv("HOME", "/proc")
    environment = lab_environment(tmp_path / "own")
    for name in names:
        assert Path(environment[name]).parent == tmp_path / "own"
        assert Path(environment[name]).is_dir()


def test_the_installed_files_are_never_the_laboratory(installed: Path) -> None:
    before = sorted(installed.rglob("*"))
    for folder in (installed, installed / "notebooks", installed / "tutorials" / "mine"):
        with pytest.raises(ValueError, match="the package's own"):
            copy_notebooks(folder)
    assert sorted(installed.rglob("*")) == before


def test_a_file_is_no_laboratory(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(NotADirectoryError, match="is a file"):
        copy_notebooks(tmp_path / "file" / "lab")


def test_the_guide_names_every_file_by_its_own_title(installed: Path) -> None:
    text = guide()
    assert f"[1. What entropy is]({LESSON})" in text
    assert f"[Digits in colour]({EXPERIMENT})" in text
    assert "infonb run colored-digits" in text


def test_the_guide_of_the_real_notebooks_has_no_dead_link() -> None:
    text = guide()
    for kind in ("notebooks", "tutorials"):
        folder = notebooks_module.notebook_folder(kind)
        for path in folder.glob("*.ipynb"):
            assert text.count(f"]({kind}/{path.name})") == 1


def test_lessons_are_found_by_number_and_by_name(installed: Path) -> None:
    path = installed / LESSON
    for name in ("1", "01", "entropy_first", "entropy-first", "01_entropy_first", path.name):
        assert notebooks_module.find_lesson(name) == path
    for name in ("2", "entropy", "", "colored_digits"):
        assert notebooks_module.find_lesson(name) is None


@pytest.mark.skipif(sys.platform == "win32", reason="accounts")
def test_root_is_told_what_jupyterlab_wants(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[list[str]] = []
    monkeypatch.setattr(lab, "run_server", lambda command, *_, **__: started.append(command) or 0)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    with pytest.raises(PermissionError, match="add: -- --allow-root"):
        start_lab(tmp_path)
    assert started == []
    assert start_lab(tmp_path, ["--allow-root"]) == 0
    monkeypatch.setattr(os, "geteuid", lambda: 1)
    assert start_lab(tmp_path) == 0
    assert started[0][-1] == "--allow-root"


def test_the_laboratory_runs_on_this_interpreter(tmp_path: Path) -> None:
    folder = tmp_path / "lab"
    command = lab_command(folder, ["--port=8890"])
    assert command[0] == sys.executable
    assert command[-2:] == [f"--ServerApp.root_dir={folder.resolve()}", "--port=8890"]
    environment = lab_environment(tmp_path / "own")
    assert environment["JUPYTER_PATH"].split(os.pathsep)[0] == str(tmp_path / "own")
    spec = json.loads((tmp_path / "own" / "kernels" / "python3" / "kernel.json").read_text())
    assert spec["argv"][0] == sys.executable
    with pytest.raises(FileExistsError):
        write_kernelspec(tmp_path / "own")


@pytest.mark.slow
def test_the_laboratory_opens_at_its_guide_and_reads_it(tmp_path: Path) -> None:
    (tmp_path / GUIDE).write_text("# Guide")
    assert f"--LabApp.default_url=/lab/tree/{GUIDE}" in lab_command(tmp_path)
    environment = lab_environment(tmp_path / "own")
    # as JupyterLab itself finds its settings
    code = (
        "from jupyterlab_server.settings_utils import _get_overrides\n"
        "found, error = _get_overrides('nowhere')\n"
        "assert not error\n"
        "viewers = found['@jupyterlab/docmanager-extension:plugin']['defaultViewers']\n"
        "assert viewers == {'markdown': 'Markdown Preview'}\n"
    )
    subprocess.run([sys.executable, "-c", code], env=environment, check=True)


def test_folders_of_the_user_are_found_from_the_kernels_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("INFONB_DATA", "data")
    monkeypatch.setenv("INFONB_CACHE", "none")
    environment = lab_environment(tmp_path / "own")
    assert environment["INFONB_DATA"] == str(tmp_path / "data")
    assert environment["INFONB_CACHE"] == "none"


def test_a_server_gives_its_exit_code() -> None:
    assert run_server([sys.executable, "-c", "raise SystemExit(7)"], dict(os.environ)) == 7


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="signals")
@pytest.mark.parametrize("end", ["INT", "TERM"])
def test_a_server_has_the_last_word_when_it_is_to_end(end: str) -> None:
    """Ctrl-C reaches both from the terminal; a request to end is handed on."""
    server = (
        "import os, signal, sys, time\n"
        f"signal.signal(signal.SIG{end}, lambda *_: (time.sleep(0.2), sys.exit(3)))\n"
        f"os.{'killpg(0' if end == 'INT' else 'kill(os.getppid()'}, signal.SIG{end})\n"
        "time.sleep(20)\n"
    )
    code = (
        "import os, sys\n"
        "from infonb.reports.serve.server import run_server\n"
        f"sys.exit(run_server([sys.executable, '-c', {server!r}], dict(os.environ)))\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False,
        start_new_session=True, timeout=30,
    )  # fmt: skip
    assert (run.returncode, run.stderr) == (3, "")


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="signals")
@pytest.mark.parametrize(
    "starting",  # an interrupted import may fail in other ways
    ["time.sleep(9)", "try: time.sleep(9)\nexcept BaseException: raise ImportError"],
)
def test_a_server_that_is_interrupted_while_it_starts_says_nothing(
    tmp_path: Path, starting: str
) -> None:
    (tmp_path / "slow.py").write_text(
        "import os, signal, threading, time\n"
        "threading.Timer(0.3, lambda: os.killpg(0, signal.SIGINT)).start()\n"
        f"{starting}\n"
    )
    code = (
        "import os, sys\n"
        "from infonb.reports.serve.server import run_server, server_command\n"
        "sys.exit(run_server(server_command('slow', []), dict(os.environ)))\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False,
        start_new_session=True, timeout=30, env=os.environ | {"PYTHONPATH": str(tmp_path)},
    )  # fmt: skip
    assert (run.returncode, run.stdout, run.stderr) == (130, "", "")


def test_a_server_gets_its_options_and_tells_its_errors(tmp_path: Path) -> None:
    (tmp_path / "fails.py").write_text("import sys\nraise RuntimeError(sys.argv[1:])\n")
    run = subprocess.run(
        server_command("fails", ["--port=1"]), capture_output=True, text=True, check=False,
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
    )  # fmt: skip
    assert run.returncode == 1
    assert run.stderr.endswith("RuntimeError: ['--port=1']\n")


def test_the_notebooks_lie_in_the_package_or_beside_it() -> None:
    for kind in ("notebooks", "tutorials"):
        assert notebooks_module.notebook_folder(kind).is_dir()
    with pytest.raises(FileNotFoundError, match="experiment 'nothing' has no notebook"):
        notebooks_module.notebook_path("nothing")
