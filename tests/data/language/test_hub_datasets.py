"""Data sets of the hub: as it has them, as they were downloaded before, and one line otherwise."""

from __future__ import annotations

import pytest

from infonb.data.language.hub_datasets import load_hub_table

datasets = pytest.importorskip("datasets")


@pytest.fixture
def downloaded(tmp_path, monkeypatch):
    """A cache that has the data set: the hub is not asked whether it answers."""
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", str(tmp_path))
    (tmp_path / "some___set").mkdir()


def test_a_split_is_a_table(downloaded, monkeypatch):
    asked = []

    def load(name, *, split, revision):
        asked.append((name, split, revision, datasets.is_progress_bar_enabled()))
        return datasets.Dataset.from_dict({"index": [9, 2]})

    monkeypatch.setattr(datasets, "load_dataset", load)
    bars = datasets.is_progress_bar_enabled()
    table = load_hub_table("some/set", "train", "abc", "Do this.")
    assert table.column("index").to_pylist() == [9, 2]
    assert asked == [("some/set", "train", "abc", False)]
    assert datasets.is_progress_bar_enabled() == bars


def test_what_the_libraries_say_is_one_line(downloaded, monkeypatch):
    def load(*_, **__):
        raise ConnectionError("no route\nto host")

    monkeypatch.setattr(datasets, "load_dataset", load)
    with pytest.raises(FileNotFoundError, match=r"^some/set, train .*no route to host.*Do this.$"):
        load_hub_table("some/set", "train", "main", "Do this.")


def test_a_hub_that_does_not_answer_is_asked_once(tmp_path, monkeypatch):
    from huggingface_hub import utils

    asked = []

    class Session:
        def head(self, address, timeout):
            asked.append((address, timeout))
            raise ConnectionError

    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", str(tmp_path))
    monkeypatch.setattr("huggingface_hub.constants.is_offline_mode", lambda: False)
    monkeypatch.setattr(utils, "get_session", Session)
    with pytest.raises(FileNotFoundError, match=r"does not answer \(ConnectionError\). Do this.$"):
        load_hub_table("some/set", "train", "main", "Do this.")
    ((address, timeout),) = asked
    assert address.endswith("/datasets/some/set")
    assert timeout < 10


def test_offline_mode_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", str(tmp_path))
    monkeypatch.setattr("huggingface_hub.constants.is_offline_mode", lambda: True)
    with pytest.raises(FileNotFoundError, match=r"is not on this machine.*Do this.$"):
        load_hub_table("some/set", "train", "main", "Do this.")
