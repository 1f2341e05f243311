"""The trained network of g2p-en, from where it is installed: its training set is to be had, too."""

from __future__ import annotations

import zipfile
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch

from infonb.networks.grapheme_to_phoneme import GRAPHEMES, PHONEMES, GraphemeToPhoneme

__all__ = ["load_grapheme_to_phoneme"]

FILE = "checkpoint20.npz"
_REMEDY = (
    "It is in the package g2p-en, which infonb does not need otherwise: pip install --no-deps "
    "g2p-en==2.1.0, or give the folder with its checkpoint20.npz as folder=."
)


def load_grapheme_to_phoneme(folder: str | Path | None = None) -> GraphemeToPhoneme:
    """
    Return the trained network of the package g2p-en: English letters to sounds.

    Parameters
    ----------
    folder
        Where ``checkpoint20.npz`` lies, or that file. None: where the package g2p-en is installed;
        it is not imported, since that downloads data.

    Returns
    -------
    GraphemeToPhoneme
        In evaluation mode. It was trained on CMUdict, so that one can ask what it recites of its
        own training set (`pronounce`).

    Raises
    ------
    FileNotFoundError
        If the package is not installed, or the folder has no such file; in one line.
    ValueError
        If the file is damaged, or its arrays are not those of such a network.

    References
    ----------
    Park and Kim (2019), version 2.1.0 of g2p-en, Apache-2.0.

    Examples
    --------
    >>> load_grapheme_to_phoneme("nowhere")
    Traceback (most recent call last):
        ...
    FileNotFoundError: there is no nowhere with checkpoint20.npz. It is in the package g2p-en, ...
    """
    path = _path(folder)
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            arrays = {name: np.asarray(stored[name]) for name in stored.files}
    except (ValueError, OSError, EOFError, zipfile.BadZipFile) as error:
        words = " ".join(str(error).split())[:200]
        raise ValueError(f"{path} is damaged ({words}). {_REMEDY}") from error
    wanted = _names()
    if lacking := sorted({*wanted.values()} - {*arrays}):
        raise ValueError(
            f"{path} has no array {lacking[0]!r}; it has {sorted(arrays)[:4]}. {_REMEDY}"
        )
    letters, sounds = arrays["enc_emb"], arrays["dec_emb"]
    if letters.ndim != 2 or sounds.ndim != 2:
        raise ValueError(f"{path}: enc_emb and dec_emb must be tables. {_REMEDY}")
    if (len(letters), len(sounds)) != (len(GRAPHEMES), len(PHONEMES)):
        raise ValueError(
            f"{path} is of {len(letters)} letters and {len(sounds)} sounds; it needs "
            f"{len(GRAPHEMES)} and {len(PHONEMES)}, those of CMUdict. {_REMEDY}"
        )
    model = GraphemeToPhoneme(letters.shape[1])
    for name, parameter in model.named_parameters():
        array = arrays[wanted[name]]
        if array.shape != tuple(parameter.shape) or array.dtype.kind != "f":
            raise ValueError(
                f"{path}: {wanted[name]} has the shape {array.shape} and dtype {array.dtype}; it "
                f"needs {tuple(parameter.shape)}, floats. {_REMEDY}"
            )
        if not np.isfinite(array).all():
            raise ValueError(f"{path}: {wanted[name]} has numbers that are not finite. {_REMEDY}")
        with torch.no_grad():
            parameter.copy_(torch.from_numpy(array.astype(np.float32)))
    return model.eval()


def _path(folder: str | Path | None) -> Path:
    if folder is None:
        # the package is looked up, never imported
        package = find_spec("g2p_en")
        places = list(package.submodule_search_locations or []) if package else []
        if not places:
            raise FileNotFoundError(f"g2p_en is not installed. {_REMEDY}")
        folder = places[0]
    root = Path(folder).expanduser()
    path = root if root.is_file() else root / FILE
    if not path.is_file():
        raise FileNotFoundError(f"there is no {root} with {FILE}. {_REMEDY}")
    return path


def _names() -> dict[str, str]:
    """Return name of a parameter → name of its array in the file."""
    ends = {"weight_ih": "w_ih", "weight_hh": "w_hh", "bias_ih": "b_ih", "bias_hh": "b_hh"}
    return {
        "letters.weight": "enc_emb", "sounds.weight": "dec_emb",
        "out.weight": "fc_w", "out.bias": "fc_b",
        **{f"encoder.{ours}_l0": f"enc_{its}" for ours, its in ends.items()},
        **{f"decoder.{ours}": f"dec_{its}" for ours, its in ends.items()},
    }  # fmt: skip
