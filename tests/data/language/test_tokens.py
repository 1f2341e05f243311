"""Texts as numbers of tokens: the vocabulary, padding, what is cut, and what is refused."""

from __future__ import annotations

import sys

import numpy as np
import pytest
import xarray as xr

from infonb.data import tokenize, word_tokenizer

pytest.importorskip("tokenizers", reason="extra 'hub' not installed")

TEXTS = ["The film was good.", "the FILM wasn't!", ""]


def data_of(texts, **coords):
    values = np.empty(len(texts), dtype=object)
    values[:] = texts
    return xr.Dataset(
        {"text": ("sample", values), "label": ("sample", np.arange(len(texts)) % 2)},
        {name: ("sample", value) for name, value in coords.items()}, {"name": "some texts"},
    )  # fmt: skip


def test_words_are_in_lower_case_and_punctuation_stands_alone():
    found = word_tokenizer(TEXTS).encode("The film WASN'T good.")
    assert found.tokens == ["[CLS]", "the", "film", "wasn", "'", "t", "good", ".", "[SEP]"]


def test_the_most_frequent_words_first_and_no_chance_in_it():
    texts = ["b a b c", "c b d"]
    tokenizer = word_tokenizer(texts)
    expected = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "b", "c", "a", "d"]
    vocabulary = tokenizer.get_vocab()
    assert sorted(vocabulary, key=vocabulary.get) == expected
    assert word_tokenizer(texts[::-1]).get_vocab() == vocabulary
    assert set(word_tokenizer(texts, size=6).get_vocab()) == set(expected[:6])
    assert word_tokenizer(texts, size=6).encode("a b").tokens == ["[CLS]", "[UNK]", "b", "[SEP]"]


@pytest.mark.parametrize("name", ["[PAD]", "[CLS]", "[UNK]"])
def test_names_of_special_tokens_in_a_text_are_words(name):
    tokenizer = word_tokenizer([f"{name} film", f"{name} {name}"])
    assert tokenizer.token_to_id("[PAD]") == 0
    assert name not in tokenizer.encode(f"{name} film").tokens[1:-1] or name == "[UNK]"
    assert 0 not in tokenizer.encode(f"{name} film").ids


def test_padding_on_the_right_up_to_the_longest_text():
    found = tokenize(data_of(TEXTS, gender=["f", "m", "f"]), word_tokenizer(TEXTS))
    lengths = [7, 8, 2]
    assert found["input"].shape == (3, 8)
    assert found["input"].dtype == np.int64
    assert (found.input.values != 0).sum(1).tolist() == lengths
    for row, length in zip(found.input.values, lengths, strict=True):
        assert (row[:length] != 0).all()
        assert row[0] == 2
        assert row[length - 1] == 3
    assert "text" not in found
    assert found.gender.values.tolist() == ["f", "m", "f"]
    assert found.label.values.tolist() == [0, 1, 0]
    assert found.attrs == {
        "name": "some texts", "pad_id": 0, "n_tokens": 13, "max_length": 128, "n_cut": 0,
    }  # fmt: skip


def test_a_review_of_100_000_characters_is_cut_and_counted():
    texts = ["good film " * 10_000, "good"]
    found = tokenize(data_of(texts), word_tokenizer(texts), max_length=16)
    assert found["input"].shape == (2, 16)
    assert found.input.values[0, -1] == 3  # [SEP] is still the last
    assert found.n_cut == 1
    exact = ["a b c", "a b c d"]
    assert tokenize(data_of(exact), word_tokenizer(exact), max_length=5).n_cut == 1


def test_words_that_are_no_tokens_take_no_place():
    from tokenizers import normalizers

    tokenizer = word_tokenizer(["a b c d e f"])
    tokenizer.normalizer = normalizers.Sequence([normalizers.Replace("x", " ")])
    found = tokenize(data_of(["x x x x a b c d e f", "a x x x", "x"]), tokenizer, max_length=5)
    tokens = [[tokenizer.id_to_token(i) for i in row] for row in found.input.values]
    assert tokens == [
        ["[CLS]", "a", "b", "c", "[SEP]"], ["[CLS]", "a", "[SEP]", "[PAD]", "[PAD]"],
        ["[CLS]", "[SEP]", "[PAD]", "[PAD]", "[PAD]"],
    ]  # fmt: skip
    assert found.n_cut == 1


def test_the_tokenizer_is_left_as_it_is():
    tokenizer = word_tokenizer(TEXTS)
    before = tokenizer.to_str()
    tokenize(data_of(TEXTS), tokenizer, max_length=4)
    assert tokenizer.to_str() == before


def test_a_tokenizer_of_transformers():
    transformers = pytest.importorskip("transformers", reason="extra 'hub' not installed")
    own = word_tokenizer(TEXTS)
    named = {"pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]"}
    wrapped = transformers.PreTrainedTokenizerFast(tokenizer_object=own, **named)
    expected, found = (tokenize(data_of(TEXTS), one, max_length=6) for one in (own, wrapped))
    xr.testing.assert_identical(found, expected)
    bare = transformers.PreTrainedTokenizerFast(tokenizer_object=own)
    with pytest.raises(ValueError, match=r"the tokenizer .* has no token for padding"):
        tokenize(data_of(TEXTS), bare)
    short = transformers.PreTrainedTokenizerFast(tokenizer_object=own, model_max_length=5, **named)
    with pytest.raises(ValueError, match="max_length must be at most 5, all that this encoder"):
        tokenize(data_of(TEXTS), short, max_length=6)


def test_what_is_refused():
    tokenizer = word_tokenizer(TEXTS)
    with pytest.raises(ValueError, match="texts: there is no text"):
        word_tokenizer([])
    with pytest.raises(ValueError, match="the 2 texts have no word"):
        word_tokenizer(["", "  "])
    with pytest.raises(TypeError, match="texts: text 1 is no string but float"):
        word_tokenizer(["a", float("nan")])
    with pytest.raises(ValueError, match="size must be"):
        word_tokenizer(TEXTS, size=4)
    with pytest.raises(ValueError, match="some texts: there is no text"):
        tokenize(data_of([]), tokenizer)
    with pytest.raises(TypeError, match=r"text 1 is no string but bytes \(bytes: decode"):
        tokenize(data_of(["a", b"b"]), tokenizer)
    with pytest.raises(ValueError, match="no variable 'text', only \\['label'\\]"):
        tokenize(data_of(TEXTS).drop_vars("text"), tokenizer)
    with pytest.raises(ValueError, match="max_length must be"):
        tokenize(data_of(TEXTS), tokenizer, max_length=2)


def test_without_the_library(monkeypatch):
    monkeypatch.setitem(sys.modules, "tokenizers", None)
    with pytest.raises(ImportError, match=r'pip install "infonb\[hub\]"'):
        word_tokenizer(TEXTS)
