"""What a report checks before anything is made: presets, data, device, cache, its folder."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from infonb.parameters import ParameterError
from infonb.reports import plan_report, run_report


def test_a_preset_that_would_replace_what_was_asked_for_is_told(tmp_path, monkeypatch) -> None:
    # which wants MNIST's files
    monkeypatch.setattr("infonb.experiments.ColoredDigits.prepare", lambda self: None)
    with pytest.raises(ParameterError, match=r"epochs=40 is the default, which preset='paper'"):
        plan_report("colored_digits", {"preset": "paper", "epochs": "40"}, tmp_path, text=True)
    plan = plan_report("colored_digits", {"preset": "paper", "epochs": "60"}, tmp_path, text=True)
    assert plan.changed["epochs"] == 60
    assert plan.changed["width"] == 256
    assert plan.changed["dataset"] == "mnist"


@pytest.mark.parametrize("harm", ["missing", "truncated", "other bytes"])
@pytest.mark.parametrize("name", ["colored_digits", "shuffled_digits"])
def test_a_bad_file_is_told_before_anything_is_made(name, harm, tmp_path, monkeypatch, data_folder):
    monkeypatch.setenv("INFONB_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for proxy in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(proxy, "http://127.0.0.1:9")
    folder = tmp_path / "data" / "mnist"
    folder.mkdir(parents=True)
    for path in (data_folder / "mnist").glob("train-*"):
        (folder / path.name).write_bytes(path.read_bytes())
    images = folder / "train-images-idx3-ubyte.gz"
    content = images.read_bytes()
    if harm == "missing":
        images.unlink()
    elif harm == "truncated":
        images.write_bytes(content[:5000])
    else:
        images.write_bytes(content[:-1] + b"?")
    with pytest.raises((ValueError, FileNotFoundError), match=r"train-images-idx3-ubyte\.gz"):
        run_report(name, {"dataset": "mnist"}, tmp_path / "report")
    assert not (tmp_path / "report").exists()


@pytest.mark.parametrize("harm", ["missing", "truncated", "other bytes"])
def test_a_bad_archive_of_waterbirds_is_told_before_anything_is_made(
    harm, tmp_path, monkeypatch, data_folder
):
    monkeypatch.delenv("INFONB_DATA", raising=False)
    name = "waterbirds_v1.0_64px.zip"
    content = (data_folder / "waterbirds" / name).read_bytes()
    folder = tmp_path / "data" / "waterbirds"
    folder.mkdir(parents=True)
    if harm == "truncated":
        (folder / name).write_bytes(content[:5000])
    elif harm == "other bytes":
        (folder / name).write_bytes(content[:-1] + b"?")
    words = "Waterbirds not found" if harm == "missing" else "Replace it by the original file.$"
    parameters = {"dataset": "waterbirds", "folder": str(tmp_path / "data")}
    with pytest.raises((ValueError, FileNotFoundError), match=words) as error:
        run_report("contexts", parameters, tmp_path / "report")
    assert name in str(error.value)
    assert str(folder) in str(error.value)
    assert not (tmp_path / "report").exists()


def test_parameters_that_waterbirds_is_too_small_for_are_told(tmp_path, monkeypatch, data_folder):
    monkeypatch.setenv("INFONB_DATA", str(data_folder))
    assert plan_report("contexts", {"dataset": "waterbirds"}, tmp_path / "report").folder
    for wrong, words in (
        ({"n_train": 4000}, "waterbird in land has 831 of"),
        ({"mi_samples": 1000}, "number of evaluation examples, 828; not 1000"),
    ):
        with pytest.raises(ValueError, match=words):
            plan_report("contexts", {"dataset": "waterbirds"} | wrong, tmp_path / "report")
    assert not (tmp_path / "report").exists()


def photographs(folder: Path, n: int) -> Path:
    """Write small photographs in all groups of the paper."""
    import io

    from PIL import Image

    from infonb.data.nico import ANIMALS, COMMON_CONTEXTS

    content = io.BytesIO()
    Image.effect_noise((24, 24), 50).convert("RGB").save(content, "JPEG")
    for context in COMMON_CONTEXTS:
        for animal in ANIMALS:
            place = folder / "train" / context / animal
            place.mkdir(parents=True)
            for number in range(n):
                (place / f"{number}.jpg").write_bytes(content.getvalue())
    return folder


@pytest.mark.parametrize("harm", ["no folder", "no object", "too few", "cut off"])
def test_a_bad_folder_of_nico_is_told_before_anything_is_made(harm, tmp_path, monkeypatch):
    import shutil

    monkeypatch.delenv("INFONB_DATA", raising=False)
    folder = photographs(tmp_path / "nico", 8)
    parameters = {"dataset": "nico", "folder": str(folder)}
    plan_report("contexts", parameters, tmp_path / "report")
    if harm == "no folder":
        shutil.rmtree(folder)
        words = f"there is no folder {re.escape(str(folder))}"
    elif harm == "no object":
        shutil.rmtree(folder / "train" / "grass" / "dog")
        words = r"missing folders: .*grass/dog \(in .*grass are bear, bird, cat, horse, sheep\)"
    elif harm == "cut off":  # all of a group, for which of them are drawn is not known here
        for file in (folder / "train" / "dim" / "bird").iterdir():
            file.write_bytes(file.read_bytes()[:-100])
        words = r"dim/bird/\d\.jpg cannot be read .*truncated"
    else:
        for number in range(1, 8):
            (folder / "train" / "rock" / "cat" / f"{number}.jpg").unlink()
        words = "cat in rock has 1 of"
    with pytest.raises((ValueError, FileNotFoundError), match=words):
        run_report("contexts", parameters, tmp_path / "report")
    assert not (tmp_path / "report").exists()


def test_a_cache_that_cannot_be_is_told_before_anything_is_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match=r"runs cannot be kept in .* is not a folder"):
        plan_report("colored_digits", {"cache": str(tmp_path / "file")}, tmp_path / "report")
    assert not (tmp_path / "report").exists()


@pytest.mark.parametrize("dataset", ["waterbirds", "nico"])
def test_a_data_folder_that_does_not_exist_is_told(dataset, tmp_path, monkeypatch):
    monkeypatch.setenv("INFONB_DATA", str(tmp_path / "nowhere"))
    with pytest.raises(FileNotFoundError, match=r"nowhere.* no folder that exists") as error:
        plan_report("contexts", {"dataset": dataset}, tmp_path / "report")
    assert "INFONB_DATA" in str(error.value)
