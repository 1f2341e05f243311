"""Letters to sounds: counted parameters, decoding against a plain loop, batches of any size."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from infonb.networks import GraphemeToPhoneme, pronounce
from infonb.networks.grapheme_to_phoneme import GRAPHEMES, PHONEMES

WORDS = ["cat", "a", "zebra", "don't", "cat", "supercalifragilistic"]


@pytest.fixture(scope="module")
def model():
    return GraphemeToPhoneme(12, seed=3).eval()


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def step(x, h, weights):
    """One step of a GRU, gate by gate, as torch's documentation has it."""
    w_x, w_h, b_x, b_h = weights
    from_x, from_h = np.split(w_x @ x + b_x, 3), np.split(w_h @ h + b_h, 3)
    reset, update = (sigmoid(from_x[gate] + from_h[gate]) for gate in (0, 1))
    new = np.tanh(from_x[2] + reset * from_h[2])
    return (1 - update) * new + update * h


def by_hand(model, word):
    """Return the sounds of a word and both states, in double precision."""
    arrays = {name: one.detach().numpy().astype(float) for name, one in model.named_parameters()}
    kinds = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    encoder = [arrays[f"encoder.{kind}_l0"] for kind in kinds]
    decoder = [arrays[f"decoder.{kind}"] for kind in kinds]
    state = np.zeros(12)
    for letter in [*word, "</s>"]:
        number = GRAPHEMES.index(letter) if letter in GRAPHEMES else GRAPHEMES.index("<unk>")
        state = step(arrays["letters.weight"][number], state, encoder)
    encoded, said, token = state, [], PHONEMES.index("<s>")
    for _ in range(20):
        state = step(arrays["sounds.weight"][token], state, decoder)
        token = int(np.argmax(arrays["out.weight"] @ state + arrays["out.bias"]))
        if PHONEMES[token] == "</s>":
            break
        said.append(PHONEMES[token])
    return " ".join(said), encoded, state


def test_parameters_are_counted_as_published():
    assert sum(one.numel() for one in GraphemeToPhoneme().parameters()) == 834_890


def test_vocabularies():
    assert (len(GRAPHEMES), len(PHONEMES)) == (29, 74)
    assert GRAPHEMES[2:5] == ("</s>", "a", "b")
    assert PHONEMES[:6] == ("<pad>", "<unk>", "<s>", "</s>", "AA0", "AA1")
    assert len({*PHONEMES}) == 74
    assert PHONEMES.index("UW0") == PHONEMES.index("UW") + 1  # a vowel without stress, among others


def test_the_same_seed_gives_the_same_weights_and_leaves_the_global_state():
    torch.manual_seed(5)
    before = torch.get_rng_state()
    one, other, third = (GraphemeToPhoneme(4, seed=seed) for seed in (1, 1, 2))
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.equal(one.out.weight, other.out.weight)
    assert not torch.equal(one.out.weight, third.out.weight)


@pytest.mark.parametrize(("seed", "bias"), [(0, 2.5), (6, 1.5), (7, 3.5)])
def test_decoding_against_a_plain_loop(seed, bias):
    model = GraphemeToPhoneme(12, seed=seed)
    with torch.no_grad():  # so that it stops now and then, and says more than one sound
        model.letters.weight *= 3
        model.out.weight *= 8
        model.out.bias[3] += bias
    found = pronounce(model, WORDS)
    lengths = set()
    for at, word in enumerate(WORDS):
        said, encoded, last = by_hand(model, word)
        assert found.pronunciation.values[at] == said
        assert np.allclose(found.activation.sel(layer="encoder")[:, at], encoded, atol=1e-5)
        assert np.allclose(found.activation.sel(layer="decoder")[:, at], last, atol=1e-5)
        lengths.add(len(said.split()))
    assert len(lengths) > 2


def test_batches_change_nothing(model):
    whole, single = pronounce(model, WORDS), pronounce(model, WORDS, batch_size=1)
    assert whole.pronunciation.equals(single.pronunciation)
    assert np.allclose(whole.activation, single.activation, atol=1e-6)
    assert whole.pronunciation[0] == whole.pronunciation[4]


def test_a_result_is_labelled_and_the_mode_is_given_back(model):
    model.train()
    found = pronounce(model, WORDS)
    assert model.training
    model.eval()
    assert found.n_letters.values.tolist() == [len(word) for word in WORDS]
    assert found.word.values.tolist() == WORDS
    assert found.layer.values.tolist() == ["encoder", "decoder"]
    assert found.width.values.tolist() == [12, 12]


@pytest.mark.parametrize("words", [[], [""], ["cat", ""], [3]])
def test_what_is_no_word_is_refused(model, words):
    with pytest.raises(ValueError, match="words must be one or more strings"):
        pronounce(model, words)


def test_one_string_is_no_list_of_words(model):
    with pytest.raises(ValueError, match=r"a list of words, such as \['cat'\]; not 'cat'"):
        pronounce(model, "cat")
