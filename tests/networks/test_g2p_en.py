"""Weights of g2p-en: from a small file of the same form, and from the package, if installed."""

from __future__ import annotations

import sys
from importlib.util import find_spec

import numpy as np
import pytest

from infonb.networks import load_grapheme_to_phoneme, pronounce

HIDDEN, LETTERS, SOUNDS = 6, 29, 74
SHAPES = {
    "enc_emb": (LETTERS, HIDDEN), "dec_emb": (SOUNDS, HIDDEN),
    **{f"{of}_w_{side}": (3 * HIDDEN, HIDDEN) for of in ("enc", "dec") for side in ("ih", "hh")},
    **{f"{of}_b_{side}": (3 * HIDDEN,) for of in ("enc", "dec") for side in ("ih", "hh")},
    "fc_w": (SOUNDS, HIDDEN), "fc_b": (SOUNDS,),
}  # fmt: skip


@pytest.fixture
def arrays():
    rng = np.random.default_rng(0)
    return {name: rng.normal(size=shape).astype(np.float32) for name, shape in SHAPES.items()}


def write(folder, arrays):
    np.savez(folder / "checkpoint20.npz", **arrays)
    return folder


def test_sizes_are_those_of_the_arrays(tmp_path, arrays):
    model = load_grapheme_to_phoneme(write(tmp_path, arrays))
    assert not model.training
    assert model.encoder.hidden_size == HIDDEN
    for name, array in (
        ("letters.weight", "enc_emb"), ("sounds.weight", "dec_emb"), ("out.bias", "fc_b"),
        ("out.weight", "fc_w"), ("encoder.weight_ih_l0", "enc_w_ih"),
        ("encoder.bias_hh_l0", "enc_b_hh"), ("decoder.weight_hh", "dec_w_hh"),
        ("decoder.bias_ih", "dec_b_ih"),
    ):  # fmt: skip
        found = dict(model.named_parameters())[name].detach().numpy()
        assert np.array_equal(found, arrays[array]), name
    assert pronounce(model, ["cat"]).sizes["neuron"] == HIDDEN
    one_file = load_grapheme_to_phoneme(tmp_path / "checkpoint20.npz")
    assert one_file.out.weight.equal(model.out.weight)


def test_the_package_is_looked_up_and_never_imported(tmp_path, arrays, monkeypatch):
    package = tmp_path / "g2p_en"
    package.mkdir()
    (package / "__init__.py").write_text("raise RuntimeError('downloads data')")
    write(package, arrays)
    monkeypatch.syspath_prepend(tmp_path)
    assert load_grapheme_to_phoneme().encoder.hidden_size == HIDDEN
    assert "g2p_en" not in sys.modules


def test_a_package_that_is_not_there_is_one_line(monkeypatch):
    monkeypatch.setattr("infonb.networks.g2p_en.find_spec", lambda name: None)
    with pytest.raises(FileNotFoundError, match=r"g2p_en is not installed\..* pip install") as told:
        load_grapheme_to_phoneme()
    assert "\n" not in str(told.value)


def test_files_that_are_refused(tmp_path, arrays):
    with pytest.raises(FileNotFoundError, match=r"there is no .* with checkpoint20.npz"):
        load_grapheme_to_phoneme(tmp_path)
    left = {name: one for name, one in arrays.items() if name != "dec_w_hh"}
    with pytest.raises(ValueError, match="has no array 'dec_w_hh'"):
        load_grapheme_to_phoneme(write(tmp_path, left))
    with pytest.raises(ValueError, match=r"fc_b has the shape \(73,\).* it needs \(74,\)"):
        load_grapheme_to_phoneme(write(tmp_path, arrays | {"fc_b": np.zeros(73, np.float32)}))
    with pytest.raises(ValueError, match="enc_emb and dec_emb must be tables"):
        load_grapheme_to_phoneme(write(tmp_path, arrays | {"enc_emb": np.zeros(3, np.float32)}))
    more = {"dec_emb": np.zeros((80, HIDDEN), np.float32), "fc_b": np.zeros(80, np.float32),
            "fc_w": np.zeros((80, HIDDEN), np.float32)}  # fmt: skip
    with pytest.raises(ValueError, match=r"of 29 letters and 80 sounds; it needs 29 and 74"):
        load_grapheme_to_phoneme(write(tmp_path, arrays | more))
    with pytest.raises(ValueError, match="fc_b has numbers that are not finite"):
        load_grapheme_to_phoneme(write(tmp_path, arrays | {"fc_b": arrays["fc_b"] * np.nan}))
    with pytest.raises(ValueError, match="is damaged"):  # nothing is unpickled
        load_grapheme_to_phoneme(write(tmp_path, arrays | {"fc_b": np.array([{}], object)}))
    path = tmp_path / "checkpoint20.npz"
    path.write_bytes(path.read_bytes()[:500])
    with pytest.raises(ValueError, match="is damaged"):
        load_grapheme_to_phoneme(tmp_path)


@pytest.mark.skipif(find_spec("g2p_en") is None, reason="skipped: g2p_en is not installed")
def test_the_real_one_has_the_published_number_of_parameters():
    model = load_grapheme_to_phoneme()
    assert sum(one.numel() for one in model.parameters()) == 834_890
    assert pronounce(model, ["cat"]).pronunciation.values[0] == "K AE1 T"
