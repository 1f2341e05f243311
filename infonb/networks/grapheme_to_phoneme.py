"""From the letters of a word to its sounds: a recurrent network, and how it pronounces words."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
import xarray as xr
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence

from infonb.validate import check_integer

__all__ = ["GRAPHEMES", "PHONEMES", "GraphemeToPhoneme", "pronounce"]

_VOWELS = "AA,AE,AH,AO,AW,AY,EH,ER,EY,IH,IY,OW,OY,UH,UW"
_CONSONANTS = "B,CH,D,DH,F,G,HH,JH,K,L,M,N,NG,P,R,S,SH,T,TH,V,W,Y,Z,ZH"

#: Letters and sounds in the order of their numbers: those of CMUdict, vowels with their stress.
GRAPHEMES = ("<pad>", "<unk>", "</s>", *"abcdefghijklmnopqrstuvwxyz")
PHONEMES = (
    "<pad>", "<unk>", "<s>", "</s>",
    *sorted([
        "UW", *_CONSONANTS.split(","),
        *(f"{vowel}{stress}" for vowel in _VOWELS.split(",") for stress in "012"),
    ]),
)  # fmt: skip
_END, _UNKNOWN = GRAPHEMES.index("</s>"), GRAPHEMES.index("<unk>")
_START, _STOP = PHONEMES.index("<s>"), PHONEMES.index("</s>")

#: The longest pronunciation that is written.
LONGEST = 20


class GraphemeToPhoneme(nn.Module):
    """
    A recurrent encoder of letters and a decoder of sounds (GRU), one layer each.

    Dims in: (sample, position) numbers of letters, and (sample) how many of them count; dims out:
    (sample, hidden), what the decoder is given of a word.

    Parameters
    ----------
    hidden
        Width of embeddings and states.
    n_graphemes, n_phonemes
        Sizes of the two vocabularies.
    seed
        Of the weights, torch's own; the global random state is not touched.

    Notes
    -----
    Modules: ``letters`` and ``sounds`` (embeddings), ``encoder``, ``decoder`` (a cell), ``out``.
    With 256 units it has 834,890 parameters.

    References
    ----------
    Park and Kim, "g2pE: A Simple Python Module for English Grapheme To Phoneme Conversion", 2019.

    Examples
    --------
    >>> sum(one.numel() for one in GraphemeToPhoneme().parameters())
    834890
    """

    def __init__(
        self,
        hidden: int = 256,
        n_graphemes: int = len(GRAPHEMES),
        n_phonemes: int = len(PHONEMES),
        *,
        seed: int = 0,
    ) -> None:
        super().__init__()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(check_integer("seed", seed, 0))
            self.letters = nn.Embedding(n_graphemes, hidden)
            self.encoder = nn.GRU(hidden, hidden, batch_first=True)
            self.sounds = nn.Embedding(n_phonemes, hidden)
            self.decoder = nn.GRUCell(hidden, hidden)
            self.out = nn.Linear(hidden, n_phonemes)

    def forward(self, graphemes: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        """Return the encoder's last state (sample, hidden) of each word."""
        packed = pack_padded_sequence(
            self.letters(graphemes), lengths.cpu(), batch_first=True, enforce_sorted=False
        )
        _, last = self.encoder(packed)
        return last[0]


def pronounce(
    model: GraphemeToPhoneme, words: Sequence[str], *, batch_size: int = 500
) -> xr.Dataset:
    """
    Return how a network pronounces words, sound after sound, and its hidden states.

    Dims out: (sample), (layer, neuron, sample).

    Parameters
    ----------
    model
        Mostly of `load_grapheme_to_phoneme`.
    words
        Of the letters a .. z; any other character counts as unknown.
    batch_size
        Words in one go.

    Returns
    -------
    xarray.Dataset
        ``pronunciation`` (sample): sounds with blanks between them, the most probable each time,
        until the network stops or there are 20; ``activation`` (layer, neuron, sample), float32, of
        the layers ``encoder``, the state after the last letter, all that the decoder is given, and
        ``decoder``, the state in which it stops. Coordinates ``word``, ``n_letters`` (sample).

    Raises
    ------
    ValueError
        If there is no word, or one is empty, or a single string is given in place of several.

    Examples
    --------
    >>> found = pronounce(GraphemeToPhoneme(8, seed=0), ["cat", "dogs"])
    >>> dict(found.sizes)
    {'sample': 2, 'layer': 2, 'neuron': 8}
    """
    if isinstance(words, str):  # which is a sequence, of letters
        raise ValueError(f"words must be a list of words, such as [{words!r}]; not {words!r}.")
    words = list(words)
    if not words or not all(isinstance(word, str) and word for word in words):
        raise ValueError("words must be one or more strings, none of them empty.")
    batch_size = check_integer("batch_size", batch_size, 1)
    mode = model.training
    model.eval()
    try:
        with torch.inference_mode():
            parts = [
                _decoded(model, words[at : at + batch_size])
                for at in range(0, len(words), batch_size)
            ]
    finally:
        model.train(mode)
    states = np.concatenate([states for _, states in parts], axis=-1)
    return xr.Dataset(
        {
            "pronunciation": ("sample", np.array([w for said, _ in parts for w in said], object)),
            "activation": (("layer", "neuron", "sample"), states),
        },
        coords={
            "layer": np.array(["encoder", "decoder"], object),
            "neuron": np.arange(states.shape[1]), "sample": np.arange(len(words)),
            "width": ("layer", [states.shape[1]] * 2),
            "word": ("sample", np.array(words, object)),
            "n_letters": ("sample", [len(word) for word in words]),
        },
        attrs={"measure": "greedy pronunciation", "dtype": str(states.dtype)},
    )  # fmt: skip


def _decoded(model: GraphemeToPhoneme, words: list[str]) -> tuple[list[str], np.ndarray]:
    """Return the sounds of each word and the states (layer, neuron, sample)."""
    numbers = {letter: at for at, letter in enumerate(GRAPHEMES)}
    rows = [[*(numbers.get(letter, _UNKNOWN) for letter in word), _END] for word in words]
    lengths = torch.tensor([len(row) for row in rows])
    padded = torch.zeros(len(rows), int(lengths.max()), dtype=torch.long)
    for at, row in enumerate(rows):
        padded[at, : len(row)] = torch.tensor(row)
    device = model.out.weight.device
    encoded = model(padded.to(device), lengths)
    state, last = encoded, encoded.clone()
    token = torch.full((len(words),), _START, device=device)
    speaking = torch.ones(len(words), dtype=torch.bool, device=device)
    said: list[list[str]] = [[] for _ in words]
    for _ in range(LONGEST):
        state = model.decoder(model.sounds(token), state)
        last = torch.where(speaking[:, None], state, last)
        token = model.out(state).argmax(-1)
        speaking = speaking & (token != _STOP)
        if not bool(speaking.any()):
            break
        for at in speaking.nonzero()[:, 0].tolist():
            said[at].append(PHONEMES[int(token[at])])
    states = torch.stack([encoded.T, last.T]).float().cpu().numpy()
    return [" ".join(sounds) for sounds in said], states
