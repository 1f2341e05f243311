"""Texts as tokens: a tokenizer of words, made from texts, and data sets of numbers of tokens."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from infonb.validate import check_integer, did_you_mean

if TYPE_CHECKING:
    from tokenizers import Tokenizer

__all__ = ["NEEDED", "SPECIAL", "check_told", "strings", "texts_of", "tokenize", "word_tokenizer"]

#: What is no word: padding, words that are not known, the first token of a text, and the last.
SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]")

#: What to do where the libraries are missing.
NEEDED = 'texts need transformers and tokenizers: pip install "infonb[hub]".'

#: So many texts are given to a tokenizer at once.
_AT_ONCE = 1000


def word_tokenizer(texts: Iterable[str], *, size: int = 2000) -> Tokenizer:
    """
    Return a tokenizer of whole words, in lower case, made from texts.

    A text is split at white space and around punctuation; ``[CLS]`` is put before it, ``[SEP]``
    behind it. Words that are not among the most frequent are ``[UNK]``. The same texts give the
    same tokenizer, whatever their order: nothing is drawn.

    Parameters
    ----------
    texts
        What the vocabulary is counted in: the texts to train on.
    size
        The largest number of tokens, the four special ones included; of words of equal frequency
        the first in the alphabet are taken.

    Returns
    -------
    tokenizers.Tokenizer
        Whose padding is number 0.

    Raises
    ------
    ImportError
        Without the library ``tokenizers`` (extra ``hub``).
    ValueError
        If there are no texts, or no word in them.
    TypeError
        If one of them is not a string.

    Examples
    --------
    >>> tokenizer = word_tokenizer(["A good film.", "A bad film!"], size=8)
    >>> tokenizer.encode("a GOOD film, indeed.").tokens
    ['[CLS]', 'a', '[UNK]', 'film', '[UNK]', '[UNK]', '.', '[SEP]']
    """
    check_integer("size", size, len(SPECIAL) + 1)
    checked = strings(texts, "texts")
    splitting = _bare_tokenizer({"[UNK]": 0})
    from tokenizers import processors, trainers

    trainer = trainers.WordLevelTrainer(vocab_size=size - len(SPECIAL), show_progress=False)
    splitting.train_from_iterator(checked, trainer)
    words = sorted(splitting.get_vocab().items(), key=lambda item: item[1])
    if not words:
        raise ValueError(f"the {len(checked)} texts have no word to make a vocabulary of.")
    # in lower case no word is one of the special tokens, also where a text has their names in it
    numbered = enumerate([*SPECIAL, *(word for word, _ in words)])
    made = _bare_tokenizer({token: number for number, token in numbered})
    made.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        special_tokens=[(name, SPECIAL.index(name)) for name in ("[CLS]", "[SEP]")],
    )
    return made


def tokenize(data: xr.Dataset, tokenizer: Any, *, max_length: int = 128) -> xr.Dataset:
    """
    Return a data set whose texts are numbers of tokens.

    Dims in: ``text`` (sample); dims out: ``input`` (sample, token), padded on the right up to the
    longest text. The texts themselves are left out; labels and coordinates are kept.

    Parameters
    ----------
    data
        With ``text`` (sample), strings; an empty text is one of no words.
    tokenizer
        Of `word_tokenizer`, or a tokenizer of ``transformers``, which has its own special tokens.
    max_length
        Tokens of a text at most, the special ones included; what is behind them is cut off.

    Returns
    -------
    xarray.Dataset
        ``input`` (sample, token), whole numbers, ``label`` and all else (sample). Attributes: those
        of the data, ``pad_id``, ``n_tokens`` (size of the vocabulary), ``max_length``, and
        ``n_cut``, how many texts were longer.

    Raises
    ------
    ValueError
        If there is no text, or the tokenizer has no token for padding.
    TypeError
        If a text is not a string.

    Examples
    --------
    >>> texts = np.array(["A good film.", "Bad!"], dtype=object)
    >>> data = xr.Dataset({"text": ("sample", texts), "label": ("sample", [1, 0])})
    >>> numbers = tokenize(data, word_tokenizer(texts))
    >>> numbers.input.values
    array([[2, 6, 9, 8, 5, 3],
           [2, 7, 4, 3, 0, 0]])
    >>> numbers.attrs["pad_id"], numbers.attrs["n_tokens"]
    (0, 10)
    """
    check_integer("max_length", max_length, 3)
    texts = texts_of(data)
    pad_id, encode = _pad_id(tokenizer), _cutting(tokenizer, max_length)
    rows: list[list[int]] = []
    n_cut = 0
    for start in range(0, len(texts), _AT_ONCE):
        part = texts[start : start + _AT_ONCE]
        heads = [_head(text, max_length) for text in part]
        for text, head, encoding in zip(part, heads, encode(heads), strict=True):
            if len(head) < len(text) and not encoding.overflowing:
                encoding = encode([text])[0]  # some of its words are no tokens
            rows.append(encoding.ids)
            n_cut += bool(encoding.overflowing)
    inputs = np.full((len(rows), max(map(len, rows))), pad_id, dtype=np.int64)
    for place, row in zip(inputs, rows, strict=True):
        place[: len(row)] = row
    found = data.drop_vars("text").assign(input=(("sample", "token"), inputs))
    return found.assign_attrs(
        pad_id=pad_id, n_tokens=_vocabulary_size(tokenizer), max_length=max_length, n_cut=n_cut
    )


def texts_of(data: xr.Dataset) -> list[str]:
    """Return the texts of a data set; raise unless it has some, and all are strings."""
    if "text" not in data:
        raise ValueError(f"the data have no variable 'text', only {sorted(map(str, data))}.")
    if data["text"].dims != ("sample",):
        raise ValueError(f"text must have the dim 'sample' alone; not {data['text'].dims}.")
    return strings(data["text"].values.tolist(), str(data.attrs.get("name", "the data")))


def check_told(data: xr.Dataset, *names: str) -> None:
    """Raise unless each text of a data set has these: label, gender ... (sample)."""
    for name in names:
        if name not in data.variables:
            there = list(map(str, data.variables))
            raise ValueError(
                f"{data.attrs.get('name', 'the data')} have no {name!r} (sample), only "
                f"{', '.join(there) or 'nothing'}.{did_you_mean(name, there)}"
            )
        if data[name].dims != ("sample",):
            raise ValueError(f"{name} must have the dim 'sample' alone; not {data[name].dims}.")


def strings(texts: Iterable[Any], what: str) -> list[str]:
    """Return texts as a list; raise unless there are some, and all are strings."""
    if isinstance(texts, str):
        raise TypeError(f"{what}: {texts[:40]!r} is one text; give a list of them.")
    texts = list(texts)
    if not texts:
        raise ValueError(f"{what}: there is no text.")
    wrong = next((i for i, text in enumerate(texts) if not isinstance(text, str)), None)
    if wrong is not None:
        kind = type(texts[wrong]).__name__
        hint = " (bytes: decode them first)" if kind == "bytes" else ""
        raise TypeError(f"{what}: text {wrong} is no string but {kind}{hint}.")
    return texts


def _head(text: str, n: int) -> str:
    """Return the first n words of a text: what is behind them would be read, and then cut off."""
    words = text.split(None, n)
    return text[: len(text) - len(words[n])] if len(words) > n else text


def _bare_tokenizer(vocabulary: dict[str, int]) -> Tokenizer:
    """Return a tokenizer that splits into words in lower case and punctuation."""
    try:
        from tokenizers import Tokenizer, models, normalizers, pre_tokenizers
    except ImportError as error:
        raise ImportError(NEEDED) from error
    made = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    made.normalizer = normalizers.Lowercase()
    made.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Punctuation()]
    )
    return made


def _pad_id(tokenizer: Any) -> int:
    """Return the number of the token for padding."""
    found = tokenizer.token_to_id("[PAD]") if _is_bare(tokenizer) else tokenizer.pad_token_id
    if found is None:
        raise ValueError(
            f"the tokenizer {type(tokenizer).__name__} has no token for padding; take that of an "
            "encoder, or set its pad_token."
        )
    return int(found)


def _vocabulary_size(tokenizer: Any) -> int:
    return tokenizer.get_vocab_size() if _is_bare(tokenizer) else len(tokenizer)


def _is_bare(tokenizer: Any) -> bool:
    """Tell whether it is one of `tokenizers` itself, not of transformers."""
    return hasattr(tokenizer, "encode_batch_fast")


def _cutting(tokenizer: Any, max_length: int) -> Callable[[list[str]], list[Any]]:
    """Return the function that gives the encodings of texts, cut, with what was cut off."""
    if _is_bare(tokenizer):
        copied = type(tokenizer).from_str(tokenizer.to_str())
        copied.no_padding()
        copied.enable_truncation(max_length)
        return copied.encode_batch
    if not getattr(tokenizer, "is_fast", False):
        raise TypeError(
            f"the tokenizer {type(tokenizer).__name__} is not one of the library tokenizers "
            "(is_fast is False); take an encoder that has tokenizer.json."
        )
    most = tokenizer.model_max_length
    if max_length > most:
        raise ValueError(
            f"max_length must be at most {most}, all that this encoder reads; not {max_length}."
        )
    return lambda texts: tokenizer(texts, truncation=True, max_length=max_length).encodings
