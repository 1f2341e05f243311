"""Inputs of the user's own in every form, drawn alike for all networks; what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import xarray as xr
from PIL import Image
from safetensors.torch import save_file

from infonb.data import load_inputs
from infonb.data.inputs import check_inputs

RNG = np.random.default_rng(0)
VALUES = RNG.normal(size=(20, 5)).astype(np.float32)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def loaded(source: str, **options: Any) -> tuple[xr.Dataset, list[str]]:
    told: list[str] = []
    return load_inputs(source, say=told.append, **options), told


def refusal(source: str, **options: Any) -> str:
    with pytest.raises(ValueError, match=r"\w") as error:
        loaded(source, **options)
    assert "\n" not in str(error.value)
    return str(error.value)


def written(name: str, text: str) -> str:
    Path(name).write_text(text, encoding="utf-8")
    return name


def test_arrays_with_what_is_known() -> None:
    groups = np.array(list("ab") * 10)
    np.savez("a.npz", x=VALUES, labels=np.arange(20), group=groups)
    found, told = loaded("a.npz")
    assert told == []
    assert found.input.dims == ("sample", "feature")
    np.testing.assert_array_equal(found.input, VALUES)
    assert found.label.values.tolist() == list(range(20))
    assert found.group.values.tolist() == groups.tolist()
    assert found.attrs == {"name": "a", "n_available": 20}


def test_the_draw_depends_on_the_seed_alone() -> None:
    np.savez("a.npz", x=VALUES, labels=np.arange(20))
    np.save("a.npy", VALUES)
    first, other = loaded("a.npz", n=6, seed=3)[0], loaded("a.npy", n=6, seed=3)[0]
    drawn = first.sample.values
    assert drawn.tolist() == sorted(set(drawn.tolist()))
    assert len(drawn) == 6
    np.testing.assert_array_equal(first.input, VALUES[drawn])
    np.testing.assert_array_equal(first.label, drawn)
    xr.testing.assert_identical(other.input, first.input.drop_vars("label"))
    assert loaded("a.npy", n=6, seed=4)[0].sample.values.tolist() != drawn.tolist()
    assert loaded("a.npy", n=50)[0].sizes["sample"] == 20


def test_the_only_array_whatever_its_name_and_one_left_aside() -> None:
    np.savez("a.npz", whatever=VALUES, y=np.arange(20))
    np.testing.assert_array_equal(loaded("a.npz")[0].input, VALUES)
    np.savez("b.npz", inputs=VALUES, masks=np.zeros((20, 3, 3)))
    assert loaded("b.npz")[1] == [
        "b.npz: masks (20, 3, 3) is left aside; the inputs are inputs"
    ]  # fmt: skip


def test_pictures_of_bytes_become_0_to_1_channels_first() -> None:
    pixels = RNG.integers(0, 256, (6, 8, 9, 3), dtype=np.uint8)
    np.savez("a.npz", images=pixels)
    found, told = loaded("a.npz")
    assert found.input.dims == ("sample", "channel", "row", "column")
    assert found.input.dtype == np.float32
    np.testing.assert_allclose(found.input, pixels.transpose(0, 3, 1, 2) / 255, rtol=1e-6)
    assert told == [
        "a.npz: whole-numbered images are divided by 255",
        "a.npz: channels, which come last in images, are put first",
    ]


def test_tokens_stay_whole_numbers_beside_their_mask() -> None:
    ids = RNG.integers(0, 9, (6, 4))
    np.savez("a.npz", attention_mask=np.ones((6, 4), int), input_ids=ids, labels=np.arange(6))
    found, _ = loaded("a.npz", n=3)
    assert found.input.dims == found.attention_mask.dims == ("sample", "token")
    assert found.input.dtype.kind == "i"
    assert found.attrs["arguments"] == "input_ids, attention_mask"
    np.testing.assert_array_equal(found.input, ids[found.sample])


def test_a_table() -> None:
    written("a.csv", "a,b,Label\n1,2.5,x\n3,4,y\n")
    found, told = loaded("a.csv")
    assert (found.input.values.tolist(), told) == ([[1, 2.5], [3, 4]], [])
    assert found.label.values.tolist() == ["x", "y"]
    assert found.feature.values.tolist() == ["a", "b"]
    assert loaded(written("b.csv", "a;b\n1;2\n3;4\n"))[0].input.values.tolist() == [[1, 2], [3, 4]]
    found, told = loaded(written("c.csv", "1,2\n3,4\n"))
    assert (found.input.values.tolist(), told) == (
        [[1, 2], [3, 4]], ["c.csv: the first line has numbers alone, and is read as a sample"],
    )  # fmt: skip
    found, told = loaded(written("d.csv", ",a\n0,5\n1,6\n"))
    assert found.input.values.tolist() == [[5], [6]]
    assert "counts rows, and is left out" in told[0]


@pytest.mark.parametrize(("text", "words"), [
    ("a,b\n1,red\n2,blue\n", "a.csv has the column 'b', which is not numeric ('red'). Write"),
    ("a,b\n1,2\n3,\n", "a.csv has no number in column 'b', line 3."),
    ("a,b\n1,2\n3,4,5\n", "a.csv is no table: Expected 2 fields in line 3, saw 3."),
    ("", "a.csv is empty."),
    ("a,b\n", "a.csv has no rows of numbers."),
    ("label\n1\n2\n", "a.csv is empty: inputs has the shape (2, 0)."),
    ("a,b\n1,2\n", "a.csv has 1 sample; entropy and mutual information are over samples"),
    ("a,b\n1,2\n3,inf\n", "a.csv holds 1 values in inputs that are NaN or infinite, the first"),
])  # fmt: skip
def test_tables_that_are_refused(text: str, words: str) -> None:
    assert words in refusal(written("a.csv", text))


def test_a_table_that_is_no_text() -> None:
    Path("a.csv").write_bytes(b"\xff\xfe\x00a,b")
    assert "a.csv is no text in UTF-8" in refusal("a.csv")


def test_tensors() -> None:
    tensor = torch.from_numpy(VALUES)
    torch.save(tensor.bfloat16(), "a.pt")
    np.testing.assert_array_equal(loaded("a.pt")[0].input, tensor.bfloat16().float())
    torch.save((tensor, torch.arange(20)), "b.pt")
    assert (
        loaded("b.pt", n=2)[0].label.values.tolist()
        == loaded("b.pt", n=2)[0].sample.values.tolist()
    )
    torch.save({"x": tensor, "epoch": 3}, "c.pt")
    save_file({"inputs": tensor}, "c.safetensors")
    for source in ("b.pt", "c.pt", "c.safetensors"):
        np.testing.assert_array_equal(loaded(source)[0].input, VALUES)


@pytest.mark.parametrize(("arrays", "words"), [
    ({"inputs": np.array([[1, 2], [3]], dtype=object)},
     "a.npz has Python objects in inputs.npy, which are not opened (samples that differ in length"),
    ({"inputs": VALUES[:1]}, "a.npz has 1 sample; entropy"),
    ({"inputs": VALUES[:0]}, "a.npz has no samples; entropy"),
    ({"inputs": np.where(np.arange(100).reshape(20, 5) == 17, np.nan, VALUES)},
     "a.npz holds 1 values in inputs that are NaN or infinite, the first at (3, 2)"),
    ({"inputs": np.array(["a", "b"])}, "a.npz holds <U1 in inputs; inputs are numbers."),
    ({"inputs": np.float32(3)}, "a.npz holds one number in inputs, not samples."),
    ({"inputs": VALUES, "labels": np.arange(19)},
     "a.npz has 20 samples in inputs, but labels has the shape (19,)."),
    ({"foo": VALUES, "bar": VALUES}, "a.npz has the arrays foo, bar, and none is called inputs"),
    ({"labels": np.arange(3)}, "a.npz has no inputs, but labels; call the array inputs."),
    ({"images": np.full((3, 2, 2), 300)}, "a.npz has whole-numbered images from 300 to 300"),
])  # fmt: skip
def test_arrays_that_are_refused(arrays: dict[str, np.ndarray], words: str) -> None:
    np.savez("a.npz", **arrays)
    assert words in refusal("a.npz")


def test_damaged_files_and_objects() -> None:
    np.savez("a.npz", inputs=VALUES)
    np.save("a.npy", VALUES)
    for name in ("a.npz", "a.npy"):
        whole = Path(name).read_bytes()
        for n in (0, 5, 150, len(whole) - 1):
            Path(f"cut{name[1:]}").write_bytes(whole[:n])
            assert f"cut{name[1:]} " in refusal(f"cut{name[1:]}")
    np.save("o.npy", np.array([1, None]), allow_pickle=True)
    assert "o.npy has Python objects" in refusal("o.npy")
    torch.save(torch.utils.data.TensorDataset(torch.ones(3)), "a.pt")
    assert "a pickle that wants more than tensors: torch.utils.data" in refusal("a.pt")
    torch.save([torch.ones(3), torch.ones(4), torch.ones(5)], "b.pt")
    assert "b.pt holds a list of 3 parts ((" in refusal("b.pt")


def picture(path: str, *shape: int) -> np.ndarray:
    pixels = RNG.integers(0, 256, shape, dtype=np.uint8)
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)
    return pixels


def test_a_folder_of_pictures_with_labels() -> None:
    pixels = [picture(f"pics/{name}.png", 6, 8, 3) for name in ("b/1", "a/2", "a/1")]
    written("pics/notes.txt", "")
    found, told = loaded("pics")
    assert found.file.values.tolist() == ["a/1.png", "a/2.png", "b/1.png"]
    assert found.label.values.tolist() == ["a", "a", "b"]
    expected = np.stack(pixels[::-1]).transpose(0, 3, 1, 2) / 255
    np.testing.assert_allclose(found.input, expected, rtol=1e-6)
    assert told == ["pics: other files than pictures, left aside: 1"]
    some = loaded("pics", n=2)[0]
    xr.testing.assert_identical(some, found.isel(sample=some.sample.values))
    assert loaded("pics", size=4)[0].input.shape == (3, 3, 4, 4)


def test_grey_pictures_have_one_channel_unless_others_are_coloured() -> None:
    for number in range(3):
        picture(f"pics/{number}.png", 6, 8)
    found, _ = loaded("pics")
    assert found.input.shape == (3, 1, 6, 8)
    assert "label" not in found.coords
    picture("pics/4.png", 6, 8, 3)
    assert loaded("pics")[0].input.shape == (4, 3, 6, 8)


def test_pictures_that_are_refused() -> None:
    Path("pics").mkdir()
    assert "pics is a folder without pictures (.jpg" in refusal("pics")
    picture("pics/1.png", 6, 8)
    picture("pics/2.png", 6, 9)
    assert "1.png has 8 x 6 pixels, 2.png 9 x 6. Resize them, or give a size" in refusal("pics")
    Path("pics/2.png").write_bytes(b"no picture")
    assert "the picture pics/2.png cannot be read" in refusal("pics")
    Image.fromarray(np.full((6, 8), 60_000, np.uint16)).save("pics/2.png")
    assert "more than 8 bits (I;16), which would be cut" in refusal("pics")


OWN = """
import torch
from torch.utils.data import DataLoader, Dataset, TensorDataset

def tensor():
    return torch.arange(12.0).reshape(6, 2)

def pair():
    return tensor(), torch.arange(6)

class Numbers(Dataset):
    def __len__(self):
        return 6

    def __getitem__(self, i):
        return tensor()[i], i

def loader():
    return DataLoader(TensorDataset(*pair()), batch_size=4, shuffle=True)

def dataset():
    from infonb.data import load_digits
    return load_digits()

def number():
    return 3
"""


@pytest.mark.parametrize("name", ["tensor", "pair", "Numbers", "loader"])
def test_a_function_of_the_users(name: str) -> None:
    source = f"{written('own.py', OWN)}:{name}"
    found, told = loaded(source)
    assert told == [f"runs own.py: {name}() returns the inputs"]
    np.testing.assert_array_equal(np.sort(found.input[:, 0]), 2 * np.arange(6))
    if name != "tensor":
        np.testing.assert_array_equal(found.input[:, 0], 2 * found.label)
    xr.testing.assert_identical(found, loaded(source)[0])  # even where it shuffles


def test_a_data_set_of_infonb_and_something_else() -> None:
    written("own.py", OWN)
    found, _ = loaded("own.py:dataset", n=10)
    assert found.input.shape == (10, 8, 8)
    assert found.label.dims == ("sample",)
    assert refusal("own.py:number") == "own.py holds no inputs, but int."


def test_what_is_not_there() -> None:
    np.save("a.npy", VALUES)
    with pytest.raises(FileNotFoundError, match=r"no inputs 'b.npy'; they are .* mean 'a\.npy'"):
        check_inputs("b.npy")
    with pytest.raises(FileNotFoundError, match="no inputs ''"):
        check_inputs("")
    with pytest.raises(FileNotFoundError, match=r"no file own\.py"):
        check_inputs("own.py:inputs")
    with pytest.raises(ValueError, match=r"name the function in it: own\.py:inputs"):
        check_inputs(written("own.py", ""))
    with pytest.raises(ValueError, match=r"a\.doc is of a kind that is not known"):
        check_inputs(written("a.doc", ""))
