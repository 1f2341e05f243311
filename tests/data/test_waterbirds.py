from __future__ import annotations

import csv
import hashlib
import io
import shutil
import zipfile
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from infonb.data import waterbird_images, waterbirds
from infonb.data.fetch import VARIABLE
from infonb.data.waterbirds import check_waterbirds

pytestmark = pytest.mark.slow

NAME = "waterbirds_v1.0_64px.zip"
SIZES = {(0, 0): 24, (0, 1): 16, (1, 0): 10, (1, 1): 20}


def make_files(n_bytes: int | None = None) -> dict[str, bytes]:
    """Return metadata and images of one grey each, which says their row in the metadata."""
    pairs = [pair for pair, n in SIZES.items() for _ in range(n)]
    order = np.random.default_rng(0).permutation(len(pairs))
    text = "img_id,img_filename,y,split,place,place_filename\n"
    files = {}
    for row, at in enumerate(order):
        bird, place = pairs[at]
        name = f"001.Some_Bird/Bird_{row}.png"
        text += f"{row + 1},{name},{bird},0,{place},/o/ocean/{row}.jpg\n"
        content = io.BytesIO()
        Image.new("RGB", (30, 20), (row, row, row)).save(content, "PNG")
        files[name] = content.getvalue()[:n_bytes]
    return {"metadata.csv": text.encode()} | files


def put(folder: Path, files: dict[str, bytes]) -> Path:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def put_zip(folder: Path, files: dict[str, bytes], monkeypatch: pytest.MonkeyPatch) -> Path:
    """Write an archive whose checksum is taken for the right one."""
    folder.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(folder / NAME, "w") as archive:
        for name, content in files.items():
            archive.writestr(f"waterbirds_v1.0/{name}", content)
    bless(folder / NAME, monkeypatch)
    return folder


def bless(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    monkeypatch.setattr(waterbirds, "_SHA256", {NAME: digest})


@pytest.fixture(autouse=True)
def _no_folder_is_named(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if "data_folder" in request.fixturenames:
        request.getfixturevalue("data_folder")
    monkeypatch.delenv(VARIABLE, raising=False)


@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize("setting", ["balanced", "unbalanced"])
def test_groups_and_pixels_of_a_small_archive(
    packed: bool, setting: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = make_files()
    if packed:
        put_zip(tmp_path / "waterbirds", files, monkeypatch)
    else:
        put(tmp_path / "waterbirds" / "waterbird_complete95_forest2water2", files)
    before = sorted(tmp_path.rglob("*"))
    train, evaluation = waterbird_images(setting, folder=tmp_path, size=8, seed=3)
    # the smallest group, 10: two for evaluation; both settings can train on 4 times 8
    found = Counter(zip(train.object.values, train.context.values, strict=True))
    pairs = [(o, c) for o in ("landbird", "waterbird") for c in ("land", "water")]
    own = {pairs[0]: 16, pairs[3]: 16}
    assert found == (dict.fromkeys(pairs, 8) if setting == "balanced" else own)
    counts = Counter(zip(evaluation.object.values, evaluation.context.values, strict=True))
    assert counts == dict.fromkeys(pairs, 2)
    assert not set(train.sample.values) & set(evaluation.sample.values)
    rows = list(csv.DictReader(io.StringIO(files["metadata.csv"].decode())))
    for part in (train, evaluation):
        for i, row in enumerate(part.sample.values):
            assert int(rows[row]["y"]) == part.label.values[i]
            assert ("land", "water")[int(rows[row]["place"])] == part.context.values[i]
            np.testing.assert_allclose(part.input.values[i], row / 255, atol=1e-6)
        assert part.input.shape[1:] == (3, 8, 8)
    assert sorted(tmp_path.rglob("*")) == before


def test_the_named_folder_is_looked_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path / "waterbirds", make_files())
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    one, other = (
        waterbird_images("balanced", size=8),
        waterbird_images("balanced", size=8, folder=tmp_path / "waterbirds"),
    )
    assert one[0].identical(other[0])
    assert one[1].identical(other[1])


def test_without_the_files_the_error_says_where_to_get_and_put_them(tmp_path: Path) -> None:
    nowhere = tmp_path / "nowhere"
    for folder, looked in (
        (tmp_path, f"looked in {tmp_path}, "),
        (nowhere, f"looked in {nowhere}, which is no folder that exists"),
        (None, "no folder is named"),
    ):
        with pytest.raises(FileNotFoundError, match="Waterbirds not found") as error:
            waterbird_images("balanced", folder=folder)
        for words in (
            looked,
            NAME,
            VARIABLE,
            "Sagawa et al. 2020",
            "group_DRO",
            "no single stable",
        ):
            assert words in str(error.value)


def test_a_truncated_archive_is_refused(data_folder: Path, tmp_path: Path) -> None:
    whole = (data_folder / "waterbirds" / NAME).read_bytes()
    (tmp_path / NAME).write_bytes(whole[:-1000])
    with pytest.raises(ValueError, match="damaged or not the original") as error:
        waterbird_images("balanced", folder=tmp_path)
    assert str(tmp_path / NAME) in str(error.value)
    assert str(error.value).endswith("Replace it by the original file.")  # nothing is downloaded


def test_no_archive_at_all_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / NAME).write_bytes(b"not an archive")
    bless(tmp_path / NAME, monkeypatch)
    with pytest.raises(ValueError, match=r"is damaged .*Replace it by the original") as error:
        waterbird_images("balanced", folder=tmp_path)
    assert str(tmp_path / NAME) in str(error.value)


def test_flipped_bytes_of_a_member_are_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = make_files()
    put_zip(tmp_path, files, monkeypatch)
    content = (tmp_path / NAME).read_bytes()
    for name in list(files)[1:]:
        content = content.replace(files[name], files[name][:-20] + b"!" * 20)
    (tmp_path / NAME).write_bytes(content)
    bless(tmp_path / NAME, monkeypatch)
    with pytest.raises(ValueError, match=r"Bird_\d+\.png is damaged \(Bad CRC-32.*Replace it"):
        waterbird_images("balanced", folder=tmp_path, size=8)


def test_an_unreadable_image_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put_zip(tmp_path, make_files(n_bytes=60), monkeypatch)
    with pytest.raises(ValueError, match=r"Bird_\d+\.png cannot be read"):
        waterbird_images("balanced", folder=tmp_path, size=8)


def test_missing_images_and_bad_metadata_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = make_files()
    text = files["metadata.csv"].decode()
    for packed in (True, False):
        here = tmp_path / str(packed)

        def write(content: dict[str, bytes], packed: bool = packed, here: Path = here) -> Path:
            shutil.rmtree(here, ignore_errors=True)
            return put_zip(here, content, monkeypatch) if packed else put(here, content)

        with pytest.raises(ValueError, match=r"names .*Bird_\d+\.png, which is not there"):
            waterbird_images("balanced", folder=write({"metadata.csv": text.encode()}), size=8)
        for bad, words in (
            (text.replace("place,", "where,"), r"columns img_filename, y and place \('place'\)"),
            (text.replace(",1,/o", ",2,/o"), "place must be 0 or 1; not 2"),
            (text.replace("Bird_1.png", "Bird_2.png"), "names an image twice"),
            (text + "cut,off\n", "no list of the images"),
        ):
            with pytest.raises(ValueError, match=words) as error:
                waterbird_images(
                    "balanced", folder=write(files | {"metadata.csv": bad.encode()}), size=8
                )
            assert "Replace it by the original" in str(error.value)
    with pytest.raises(ValueError, match=r"holds no metadata\.csv"):
        waterbird_images("balanced", folder=put_zip(tmp_path, {"a.txt": b"a"}, monkeypatch))


def test_real_waterbirds(data_folder: Path) -> None:
    (train, evaluation), (own, again) = (
        waterbird_images(setting, folder=data_folder, seed=1)
        for setting in ("balanced", "unbalanced")
    )
    assert evaluation.identical(again)
    groups = [
        Counter(zip(part.object.values, part.context.values, strict=True))
        for part in (train, own, evaluation)
    ]
    # 831 waterbirds on land: 207 for evaluation, 624 for training
    assert set(groups[0].values()) == {624}
    assert groups[1] == {("landbird", "land"): 1248, ("waterbird", "water"): 1248}
    assert set(groups[2].values()) == {207}
    assert train.sizes == own.sizes
    assert train.input.shape == (2496, 3, 64, 64)
    for part in (train, own):
        assert not set(part.sample.values) & set(evaluation.sample.values)
        assert len(set(part.sample.values)) == 2496
        # nor does any picture of one set stand in the other under another name
        pictures = {image.tobytes() for image in part.input.values}
        assert not pictures & {image.tobytes() for image in evaluation.input.values}
    shown = evaluation.isel(sample=0)
    with zipfile.ZipFile(data_folder / "waterbirds" / NAME) as archive:
        text = archive.read("waterbirds_v1.0/metadata.csv").decode()
        row = list(csv.DictReader(io.StringIO(text)))[int(shown.sample)]
        with archive.open(f"waterbirds_v1.0/{row['img_filename']}") as file:
            pixels = np.asarray(Image.open(file))
    np.testing.assert_allclose(shown.input.values, pixels.transpose(2, 0, 1) / 255, atol=1e-6)


def test_sizes_can_be_chosen(data_folder: Path) -> None:
    train, evaluation = waterbird_images(
        "unbalanced", folder=data_folder, n_train=40, n_evaluation=20, size=16, seed=0
    )
    assert (train.sizes["sample"], evaluation.sizes["sample"]) == (40, 20)
    assert train.input.shape[1:] == (3, 16, 16)
    with pytest.raises(ValueError, match="waterbird in land has 831 of 1010"):
        waterbird_images("unbalanced", folder=data_folder, n_train=4000, n_evaluation=40)


@pytest.mark.parametrize("packed", [True, False])
def test_checking_says_how_many_there_will_be(
    packed: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # no image can be decoded: the check does not try
    files = make_files(n_bytes=0)
    if packed:
        put_zip(tmp_path, files, monkeypatch)
    else:
        put(tmp_path, files)
    assert check_waterbirds(folder=tmp_path) == (32, 8)
    assert check_waterbirds(folder=tmp_path, n_train=16, n_evaluation=4) == (16, 4)
    with pytest.raises(ValueError, match="too few images for n_train=400"):
        check_waterbirds(folder=tmp_path, n_train=400)


@pytest.mark.parametrize("packed", [True, False])
def test_checking_names_what_is_missing(
    packed: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = make_files()
    for number in (4, 7):
        del files[f"001.Some_Bird/Bird_{number}.png"]
    if packed:
        put_zip(tmp_path, files, monkeypatch)
    else:
        put(tmp_path, files)
    with pytest.raises(ValueError, match=r"Bird_4\.png \(and 1 more\), which is not there"):
        check_waterbirds(folder=tmp_path)


def test_checking_the_real_archive(data_folder: Path, tmp_path: Path) -> None:
    assert check_waterbirds(folder=data_folder) == (2496, 828)
    whole = (data_folder / "waterbirds" / NAME).read_bytes()
    for bad in (whole[:-1000], whole[:-1] + b"?"):
        (tmp_path / NAME).write_bytes(bad)
        with pytest.raises(ValueError, match="damaged or not the original"):
            check_waterbirds(folder=tmp_path)
