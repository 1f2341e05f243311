from __future__ import annotations

import warnings
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from infonb.data import nico_images
from infonb.data.fetch import VARIABLE
from infonb.data.nico import ANIMALS, COMMON_CONTEXTS, check_nico
from infonb.data.pictures import read_picture

OBJECTS, CONTEXTS = ["bear", "dog", "cat"], ["grass", "water", "hot air"]


def make(root: Path, n: int = 12, by_context: bool = True, inside: str = "") -> Path:
    """Write images of one colour each: red says the object, green the context, blue the number."""
    for i, name in enumerate(OBJECTS):
        for j, context in enumerate(CONTEXTS):
            place = root / inside / (f"{context}/{name}" if by_context else f"{name}/{context}")
            place.mkdir(parents=True)
            for k in range(n):
                colour = (80 * i, 80 * j, 15 * k)
                Image.new("RGB", (40 + k, 30), colour).save(place / f"{k:03}.png")
    return root


def load(folder: Path | None, setting: str = "balanced", **options: object):
    return nico_images(
        setting,
        **({"folder": folder, "objects": OBJECTS, "contexts": CONTEXTS, "size": 16} | options),
    )


@pytest.mark.parametrize("by_context", [True, False])
@pytest.mark.parametrize("inside", ["", "train", "public_dg_0416/train"])
def test_layouts(by_context: bool, inside: str, tmp_path: Path) -> None:
    make(tmp_path, by_context=by_context, inside=inside)
    train, evaluation = load(tmp_path)
    unbalanced, again = load(tmp_path, "unbalanced")
    assert evaluation.identical(again)
    # of 12 in each group 3 are for evaluation; 9 are left: 3 times 3 in an own context
    pairs = [(o, c) for o in OBJECTS for c in CONTEXTS]
    for part, counts in (
        (train, dict.fromkeys(pairs, 3)),
        (evaluation, dict.fromkeys(pairs, 3)),
        (unbalanced, dict.fromkeys(zip(OBJECTS, CONTEXTS, strict=True), 9)),
    ):
        assert Counter(zip(part.object.values, part.context.values, strict=True)) == counts
        names = part.attrs["contexts"].split(", ")
        place = [names.index(context) for context in part.context.values]
        colours = (part.input.values * 255).round().astype(int)
        np.testing.assert_array_equal(colours[:, 0, 8, 8], 80 * part.label.values)
        np.testing.assert_array_equal(colours[:, 1, 8, 8], 80 * np.array(place))
        for i, file in enumerate(part.file.values):
            assert colours[i, 2, 8, 8] == 15 * int(Path(file).stem)
    for part in (train, unbalanced):
        assert len(set(part.file.values) | set(evaluation.file.values)) == 27 + 27


def test_the_papers_names_are_the_defaults_and_the_variable_names_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for context in COMMON_CONTEXTS:
        for name in ANIMALS:
            place = tmp_path / "nico" / "train" / context / name
            place.mkdir(parents=True)
            for k in range(7):
                Image.new("L", (20, 30), 9 * k).save(place / f"{k}.JPG", "JPEG")
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    train, evaluation = nico_images("unbalanced")
    assert train.input.shape == evaluation.input.shape == (36, 3, 64, 64)
    own = set(zip(train.object.values, train.context.values, strict=True))
    assert own == set(zip(ANIMALS, COMMON_CONTEXTS, strict=True))


def test_other_files_are_passed_over(tmp_path: Path) -> None:
    make(tmp_path)
    expected = load(tmp_path)
    (tmp_path / "grass/dog/notes.txt").write_text("x")
    (tmp_path / "grass/dog/._001.png").write_bytes(b"x")
    (tmp_path / "grass/dog/more.png").mkdir()
    (tmp_path / "snow/yeti").mkdir(parents=True)
    (tmp_path / "labels.json").write_text("{}")
    found = load(tmp_path)
    assert found[0].identical(expected[0])
    assert found[1].identical(expected[1])


def test_missing_folders_are_named_with_those_that_are_there(tmp_path: Path) -> None:
    make(tmp_path)
    with pytest.raises(FileNotFoundError) as error:
        load(tmp_path, objects=["bear", "dogs", "cat"])
    assert f"{tmp_path / 'grass' / 'dogs'} (in {tmp_path / 'grass'} are bear, cat, dog)" in str(
        error.value
    )
    assert "Did you mean 'dog'?" in str(error.value)
    with pytest.raises(FileNotFoundError, match=r"rock \(in .* are grass, hot air, water\)"):
        load(tmp_path, contexts=["grass", "water", "rock"])
    with pytest.raises(FileNotFoundError, match="Its folders are: grass, hot air, water"):
        nico_images("balanced", folder=tmp_path, objects=["a", "b"], contexts=["c", "d"])
    with pytest.raises(FileNotFoundError, match=r"there is no folder .*none.*NICO"):
        load(tmp_path / "none")


def test_without_a_folder_the_remedy_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    with pytest.raises(FileNotFoundError, match=f"folder=.*{VARIABLE}.*public_dg_0416/train"):
        load(None)


def test_a_mixed_layout_is_refused(tmp_path: Path) -> None:
    make(tmp_path)
    (tmp_path / "dog" / "grass").mkdir(parents=True)
    with pytest.raises(ValueError, match=r"both objects \(dog\) and contexts \(grass, hot air"):
        load(tmp_path)


def test_counts_are_checked_before_anything_is_decoded(tmp_path: Path) -> None:
    make(tmp_path)
    for place in ("grass/dog", "water/cat"):
        for file in (tmp_path / place).iterdir():
            file.write_bytes(b"no picture")
    for k in range(10):
        (tmp_path / f"water/cat/{k:03}.png").unlink()
    with pytest.raises(ValueError, match=r"too few images .*cat in water has 2 of 6"):
        load(tmp_path, n_train=27, n_evaluation=27)


def test_a_damaged_image_is_named(tmp_path: Path) -> None:
    make(tmp_path)
    for k in range(12):
        file = tmp_path / f"grass/dog/{k:03}.png"
        file.write_bytes(file.read_bytes()[:60])
    with pytest.raises(ValueError, match=r"grass/dog/\d+\.png cannot be read .*remove it"):
        load(tmp_path)


@pytest.mark.parametrize("seeds", [[0], [1, 2]])
def test_the_photographs_that_are_drawn_are_checked_and_no_others(
    seeds: list[int], tmp_path: Path
) -> None:
    rng = np.random.default_rng(0)
    for name in ("grass/dog", "grass/cat", "water/dog", "water/cat"):
        (tmp_path / name).mkdir(parents=True)
        for k in range(12):
            pixels = rng.integers(0, 255, (40, 40, 3), np.uint8)
            Image.fromarray(pixels).save(tmp_path / name / f"{k:02}.jpg")
    names = {"folder": tmp_path, "objects": ["dog", "cat"], "contexts": ["grass", "water"]}
    options = names | {"n_train": 4, "n_evaluation": 4}
    drawn: set[str] = set()
    for setting in ("balanced", "unbalanced"):
        for seed in seeds:
            for part in nico_images(setting, **options, seed=seed):
                drawn |= set(part.file.values)
    files = {file.relative_to(tmp_path).as_posix() for file in tmp_path.rglob("*.jpg")}
    assert drawn < files
    for name in files - drawn:
        (tmp_path / name).write_bytes(b"")
    assert check_nico(**options, seeds=seeds) == (4, 4)
    for name in sorted(drawn):
        whole = (tmp_path / name).read_bytes()
        (tmp_path / name).write_bytes(whole[: len(whole) // 2])  # its header is whole
        with pytest.raises(ValueError, match=f"{name} cannot be read"):
            check_nico(**options, seeds=seeds)
        (tmp_path / name).write_bytes(whole)


def test_resizing_averages_where_repeating_or_dropping_pixels_would_not(tmp_path: Path) -> None:
    stripes = np.zeros((64, 64, 3), np.uint8)
    stripes[:, ::2] = 255
    Image.fromarray(stripes).save(tmp_path / "stripes.png")
    small = read_picture((tmp_path / "stripes.png").read_bytes(), 8, where="stripes.png")
    # every dropped or repeated pixel is 0 or 255; the average is half of it
    assert np.abs(small[:, 1:-1].astype(int) - 127).max() < 12


def test_the_middle_square_is_taken(tmp_path: Path) -> None:
    wide = np.zeros((30, 90, 3), np.uint8)
    wide[:, 30:60] = 200
    Image.fromarray(wide).save(tmp_path / "wide.png")
    square = read_picture((tmp_path / "wide.png").read_bytes(), 30, where="wide.png")
    np.testing.assert_array_equal(square, 200)


@pytest.mark.parametrize("kind", ["grey", "palette", "transparent", "cmyk", "turned"])
def test_every_kind_of_picture_becomes_red_green_blue(kind: str, tmp_path: Path) -> None:
    path = tmp_path / ("a.jpg" if kind in ("cmyk", "turned") else "a.png")
    if kind == "turned":  # a camera held upright: the left half of what is stored is on top
        half = np.zeros((40, 40, 3), np.uint8)
        half[:, :20] = 255
        exif = Image.Exif()
        exif[0x0112] = 6
        Image.fromarray(half).save(path, exif=exif, quality=100)
    else:
        made = {
            "grey": Image.new("L", (40, 40), 128),
            "palette": Image.new("RGB", (40, 40), (255, 0, 0)).convert("P"),
            "transparent": Image.new("RGBA", (40, 40), (0, 0, 0, 0)),
            "cmyk": Image.new("CMYK", (40, 40), (0, 255, 255, 0)),
        }
        made[kind].save(path, **({"transparency": b"\x00" * 256} if kind == "palette" else {}))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        pixels = read_picture(path.read_bytes(), 8, where=str(path)).astype(int)
    assert pixels.shape == (8, 8, 3)
    expected = {"grey": 128, "palette": 255, "transparent": 255, "cmyk": [255, 0, 0]}
    if kind == "turned":
        assert pixels[:3].min() > 240
        assert pixels[5:].max() < 15
    else:
        assert np.abs(pixels - np.array(expected[kind])).max() <= 3


def test_checking_says_how_many_there_will_be_and_decodes_nothing(tmp_path: Path) -> None:
    make(tmp_path)
    for file in tmp_path.rglob("*.png"):
        file.write_bytes(b"no picture")
    names = {"folder": tmp_path, "objects": OBJECTS, "contexts": CONTEXTS}
    assert check_nico(**names) == (27, 27)
    assert check_nico(**names, n_train=9, n_evaluation=18) == (9, 18)
    with pytest.raises(ValueError, match=r"\.png cannot be read"):
        check_nico(**names, seeds=[0])
    with pytest.raises(ValueError, match="n_train must be a multiple of 9"):
        check_nico(**names, n_train=10)
    with pytest.raises(FileNotFoundError, match="Did you mean 'dog'"):
        check_nico(**names | {"objects": ["bear", "dogs", "cat"]})
    with pytest.raises(FileNotFoundError, match="there is no folder"):
        check_nico(**names | {"folder": tmp_path / "none"})
