from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from infonb.data.language import load_texts


def write(folder: Path, content: str | bytes, name: str = "mine.csv") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def test_quotes_newlines_and_further_columns(tmp_path: Path) -> None:
    path = write(tmp_path, '\ufefflabel,text,city\n1,"a, ""b""\nc",Rom\n0,NA,\n3,nan,Köln\n')
    texts = load_texts(path)
    assert texts.text.values.tolist() == ['a, "b"\nc', "NA", "nan"]
    assert texts.label.values.tolist() == [1, 0, 3]
    assert texts.city.values.tolist() == ["Rom", "", "Köln"]
    assert texts.attrs == {"name": "mine", "n_classes": 4, "class_names": "0, 1, 2, 3"}


def test_names_of_classes(tmp_path: Path) -> None:
    path = write(tmp_path, "text\tlabel\na, b\tpos\nc\tneg\n", "mine.tsv")
    texts = load_texts(path)
    assert texts.label.values.tolist() == [1, 0]
    assert texts.attrs["class_names"] == "neg, pos"


def test_nan_is_a_class_among_names(tmp_path: Path) -> None:
    texts = load_texts(write(tmp_path, "text,label\na,nan\nb,bread\nc,NaN\nd,None\ne,nan\n"))
    assert texts.attrs["class_names"] == "NaN, None, bread, nan"
    assert texts.label.values.tolist() == [3, 2, 0, 1, 3]
    assert texts.label.dtype == np.int64
    # numbers among names are names, too
    texts = load_texts(write(tmp_path, "text,label\na,1\nb,one\nc,nan\n"))
    assert texts.attrs["class_names"] == "1, nan, one"


def test_a_long_text(tmp_path: Path) -> None:
    long = "x " * 50_000
    path = write(tmp_path, f"text,label\n{long},0\nb,1\n")
    assert load_texts(path).text.values[0] == long


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "is no table"),
        ("text,label\n", "has no rows"),
        ("texts,label\na,1\n", "has the columns texts, label; 'text' is missing. Did you mean"),
        ("text,label\na,1\nb,1\n", "all labels of .* are '1'"),
        ("text,label\na,1\n ,0\n", "has no text in row 2"),
        ("text,label\na,1\nb,\n", "has no label in row 2"),
        ("text,label\na,1\nb,2,c,d\n", "is no table"),
        ("text,label\na good, film,1\na bad, film,0\n", "more fields than its .* into quotes"),
        ('text,label\na,"x, y"\nb,z\n', "has the label 'x, y'.* write it without one"),
        ("text, text,label\na,b,1\nc,d,0\n", "has two columns 'text'"),
        ("text,label\na,1\nb,99999999999999999999\n", "or names; not 99999999999999999999"),
        ("text,label\na,1\nb,0\nc, NaN\n", "has the label 'NaN' in row 3 .* others are numbers"),
        ("text,label\na,1\nb,NA\n", "has the label 'NA' in row 2 .* others are numbers"),
        (b"text,label\ncaf\xe9,1\nb,0\n", r"is no text in UTF-8 .*0xe9"),
        ("text,label\na,1\nb,5000\n", "whole numbers from 0, or names; not 5000"),
        ("text,label\n" + "".join(f"a,x{i}\n" for i in range(1001)), "1,001 different labels"),
    ],
)  # fmt: skip
def test_what_is_refused(content: str | bytes, words: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=words) as error:
        load_texts(write(tmp_path, content))
    assert "\n" not in str(error.value)
    assert "mine.csv" in str(error.value)


def test_no_file_and_another_kind(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="with the columns text and label"):
        load_texts(tmp_path / "none.csv")
    with pytest.raises(ValueError, match=r"must end in \.csv or \.tsv"):
        load_texts(write(tmp_path, "a", "mine.txt"))
