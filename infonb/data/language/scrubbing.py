"""Scrubbing: texts without the words that tell a person's gender."""

from __future__ import annotations

import re
from collections.abc import Iterable

import numpy as np
import xarray as xr

from infonb.data.language.gendered import FIRST_NAMES, NOUNS, PRONOUNS, TITLES

__all__ = ["scrub", "scrubbed"]

#: What may follow a word and goes with it: she's, Anna's.
_ENDING = r"(?:['\u2019](?:s|d|ll)(?!\w))?"


def _any(words: Iterable[str]) -> str:
    """Return the pattern of any of these words, the longest first; by first letters, for speed."""
    parts: dict[str, list[str]] = {}
    for word in sorted(words, key=lambda one: (-len(one), one)):
        parts.setdefault(word[0], []).append(re.escape(word[1:]))
    return "|".join(f"{first}(?:{'|'.join(rest)})" for first, rest in parts.items())


#: No word goes on behind it, nor an apostrophe and a letter. So what is left has no word that was
#: not there before, and scrubbing once is enough.
_NO_MORE = r"(?![\w-]|['\u2019]\w)"

#: Gendered words, one behind the other, with the blanks around them. What a hyphen joins to one
#: goes with it: half a word would be a word of its own. So does the full stop of Mr.: it ends no
#: sentence.
_GENDERED = re.compile(
    r" ?(?<![\w-])(?<!\w['\u2019])(?:(?:"
    rf"(?:{_any(TITLES)})(?![\w'\u2019-])\.?"
    rf"|-*(?:\w+-+)*(?:(?i:{_any(PRONOUNS | NOUNS)})"
    rf"|{_any(FIRST_NAMES['female'] | FIRST_NAMES['male'])})(?:-+\w+)*-*{_ENDING}{_NO_MORE}"
    r") ?)+"
)


def scrub(text: str) -> str:
    """
    Return a text without its gendered words.

    Parameters
    ----------
    text
        Any text in English.

    Returns
    -------
    str
        The text without pronouns of the third person, titles (Mr., Ms. ...), nouns that name a
        gender (mother, alumnus ...) and common first names, each with the blank beside it, and with
        what a hyphen joins to it (ex-husband, father-son). Case and punctuation of all else stay.
        Scrubbed twice it is the same as scrubbed once.

    Notes
    -----
    The words are listed in ``infonb/data/language/gendered.py``. First names count only where they
    are capitalised, and those that are also words of their own (Mark, Grace, May) are not listed.
    A list does not find every hint: hobbies, schools and rarer names stay, as they do in the
    scrubbed biographies of De-Arteaga et al.

    References
    ----------
    De-Arteaga et al. (2019), "Bias in Bios", section 3; Bansal, Pruthi and Belinkov (2022), section
    4, Figure 4.

    Examples
    --------
    >>> scrub("Ms. Anna Moss works at a clinic; she's fond of her patients.")
    'Moss works at a clinic; fond of patients.'
    """
    return _GENDERED.sub(_blank, text)


def scrubbed(data: xr.Dataset) -> xr.Dataset:
    """
    Return a data set of texts without their gendered words.

    Parameters
    ----------
    data
        With ``text`` (sample).

    Returns
    -------
    xarray.Dataset
        The same with ``text`` (sample) scrubbed, and the attribute ``scrubbed``.

    Raises
    ------
    ValueError
        If there is no ``text``.

    Examples
    --------
    >>> scrubbed(xr.Dataset({"text": ("sample", np.array(["He paints."], object))})).text.item()
    'paints.'
    """
    if "text" not in data:
        names = ", ".join(str(name) for name in data.data_vars) or "nothing"
        raise ValueError(
            f"there is no 'text' to scrub; the data have {names}. Scrub texts before they become "
            "tokens."
        )
    texts = np.array([scrub(str(text)) for text in data["text"].values], dtype=object)
    return data.assign(text=(data["text"].dims, texts)).assign_attrs(scrubbed="yes")


def _blank(found: re.Match[str]) -> str:
    """Return what stands where words were: one blank, if there was one on both sides."""
    return " " if found[0].startswith(" ") and found[0].endswith(" ") else ""
