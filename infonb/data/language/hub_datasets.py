"""A data set of the Hugging Face hub, or its copy here; one line where neither is to be had."""

from __future__ import annotations

from pathlib import Path
from typing import Any

__all__ = ["load_hub_table"]

#: So many seconds the hub has for its first answer.
_PATIENCE = 6.0


def load_hub_table(name: str, split: str, revision: str | None, remedy: str) -> Any:
    """Return a split as a table of pyarrow; raise a FileNotFoundError that ends in the remedy."""
    try:
        import datasets
    except ImportError as error:
        raise FileNotFoundError(
            f'{name} needs the packages of the extra: pip install "infonb[hub]". {remedy}'
        ) from error
    _check_answers(name, remedy)
    bars = datasets.is_progress_bar_enabled()
    datasets.disable_progress_bar()
    try:
        found = datasets.load_dataset(name, split=split, revision=revision)
        return found.with_format("arrow")[:]
    except Exception as error:  # of many kinds
        words = " ".join(str(error).split())[:200]
        raise FileNotFoundError(
            f"{name}, {split} could not be loaded ({words}). {remedy}"
        ) from error
    finally:
        if bars:
            datasets.enable_progress_bar()


def _check_answers(name: str, remedy: str) -> None:
    """Raise if the hub does not answer and the data set is not in its cache."""
    import datasets
    from huggingface_hub import constants
    from huggingface_hub.utils import get_session

    if (Path(datasets.config.HF_DATASETS_CACHE) / name.replace("/", "___")).is_dir():
        return
    # asked once, and not for long: the libraries would try again and again for half a minute
    try:
        if constants.is_offline_mode():
            raise OSError("HF_HUB_OFFLINE is set")
        get_session().head(f"{constants.ENDPOINT}/datasets/{name}", timeout=_PATIENCE)
    except Exception as error:
        raise FileNotFoundError(
            f"{name} is not on this machine, and the hub does not answer "
            f"({type(error).__name__}). {remedy}"
        ) from error
