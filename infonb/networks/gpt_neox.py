"""Language models, which read from left to right: small GPT-NeoX, or a pretrained one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import nn

from infonb.data.files import expanded
from infonb.data.language.tokens import NEEDED
from infonb.networks.download import Download, one_line
from infonb.networks.state import random_state, seed_random_state
from infonb.validate import check_integer, check_number

__all__ = ["find_language_model", "language_model"]

#: What of a model of a hub is downloaded; no tokenizer: sequences are numbers of tokens.
_FILES = ["config.json", "*.safetensors", "*.safetensors.index.json"]


_CONVERT = (
    "Where you trust its pickles, convert them: GPTNeoXForCausalLM.from_pretrained(NAME, "
    "revision=...).save_pretrained(FOLDER), and give FOLDER."
)
_download = Download(
    files=_FILES,
    remedy="Connect to the internet once, or give a folder that save_pretrained has written.",
    names="'EleutherAI/pythia-70m'",
    convert=_CONVERT,
    revisions="'main' and, of Pythia, 'step0' to 'step143000'",
)


def language_model(
    model: str = "", *, revision: str = "main", vocabulary: int = 32, hidden: int = 64,
    layers: int = 2, heads: int | None = None, length: int = 16, spread: float = 0.02,
    seed: int = 0,
) -> nn.Module:  # fmt: skip
    """
    Return a language model: GPT-NeoX with random weights, or a pretrained one such as Pythia.

    Dims in: tokens (sample, position), whole numbers; out: an object whose ``logits`` are (sample,
    position, token): those at a position are for the next one.

    Parameters
    ----------
    model
        Empty: one with random weights, of the size below. Or a name of the Hugging Face hub
        (``"EleutherAI/pythia-70m"``), or a folder with ``config.json`` and weights as safetensors.
        Names are looked for on this machine first. No code that comes with a model is run.
    revision
        Of a pretrained one: a branch, tag or commit of the hub (``"step23000"``); of a folder, the
        folder of that name in it (``"main"``: the folder itself).
    vocabulary, hidden, layers, heads, length
        Of the small one: number of tokens; width of the states; blocks; heads of attention (None:
        one for each 16 of the width); positions that it reads at most.
    spread
        Of the small one: standard deviation of the first weights.
    seed
        Of the weights that are drawn.

    Returns
    -------
    transformers.GPTNeoXForCausalLM
        Or the class that the folder's config names; in float32, on the CPU, in eval mode.

    Raises
    ------
    ImportError
        Without ``transformers`` (extra ``hub``).
    FileNotFoundError
        If there is no copy of a model, or of this revision of it, and no connection.
    ValueError
        If the weights are pickles only, or do not belong to the config, or there is no such
        revision; if a size is out of range.

    Notes
    -----
    float32 also where the weights are kept in half precision: there, tokens that are nearly as
    likely as each other change places, and with them the greedy continuation.

    References
    ----------
    Biderman et al., *Pythia: A Suite for Analyzing Large Language Models Across Training and
    Scaling*, ICML 2023 (with GPT-NeoX; the small ones here have the same blocks).

    Examples
    --------
    >>> model = language_model(vocabulary=32, hidden=16)
    >>> sum(parameter.numel() for parameter in model.parameters())
    7616
    >>> tuple(model(torch.tensor([[3, 1, 2]])).logits.shape)
    (1, 3, 32)
    """
    check_integer("seed", seed, 0)
    if model:
        return _loaded(find_language_model(model, revision), seed)
    hidden = check_integer("hidden", hidden, 2)
    heads = max(1, hidden // 16) if heads is None else check_integer("heads", heads, 1, hidden)
    if hidden % heads:
        raise ValueError(f"hidden must be a multiple of heads, {heads}; not {hidden}.")
    transformers = _transformers()
    config = transformers.GPTNeoXConfig(
        vocab_size=check_integer("vocabulary", vocabulary, 2), hidden_size=hidden,
        intermediate_size=4 * hidden, num_hidden_layers=check_integer("layers", layers, 1),
        num_attention_heads=heads, max_position_embeddings=check_integer("length", length, 2),
        initializer_range=check_number("spread", spread, 0.0), bos_token_id=None,
        eos_token_id=None, attn_implementation="sdpa",
    )  # fmt: skip
    cpu = torch.device("cpu")
    with random_state(cpu):
        seed_random_state(cpu, seed)
        made: nn.Module = transformers.GPTNeoXForCausalLM(config)
    return made.eval()


def find_language_model(model: str, revision: str = "main") -> Path:
    """Return the folder of a model's revision: the user's, one that is kept, or one fetched now."""
    if not revision:
        raise ValueError("revision is empty; give such as 'main' or 'step23000'.")
    folder = expanded(model)
    if folder.exists() or folder.is_absolute() or model.startswith((".", "~")):
        return _checked(_revision_of(folder, revision), f"model: {folder}")
    try:
        from huggingface_hub import errors, snapshot_download
    except ImportError as error:
        raise ImportError(f"model={model!r}: {NEEDED}") from error
    try:
        kept = Path(snapshot_download(model, revision=revision, local_files_only=True))
        if not _lacks(kept):
            return kept
    except errors.LocalEntryNotFoundError:
        pass
    except errors.HFValidationError as error:
        raise ValueError(
            "model must be empty, a name of the hub such as 'EleutherAI/pythia-70m', or a folder "
            f"with config.json; not {model!r}."
        ) from error
    what = f"model {model!r}, revision {revision!r}"
    return _checked(_download(model, what, revision), what)


def _revision_of(folder: Path, revision: str) -> Path:
    """Return the folder of a revision in a folder of the user."""
    if not folder.is_dir():
        raise FileNotFoundError(
            f"model: there is no folder {folder}. Give one with config.json and model.safetensors, "
            "or a name of the hub such as 'EleutherAI/pythia-70m'."
        )
    if revision == "main" or folder.name == revision:
        return folder
    found = folder / revision
    # a revision is a name, and no way out of the folder
    if found.parent != folder or not found.is_dir():
        there = sorted(one.name for one in folder.iterdir() if (one / "config.json").is_file())
        names = ", ".join(there) or "none"
        raise FileNotFoundError(
            f"model: {folder} has no folder {revision!r} for that revision; it has {names}."
        )
    return found


def _checked(folder: Path, what: str) -> Path:
    lacks = _lacks(folder)
    if lacks:
        raise ValueError(f"{what} has {lacks}")
    return folder


def _lacks(folder: Path) -> str:
    """Return what a folder lacks, and what to do; empty if nothing."""
    if not (folder / "config.json").is_file():
        return "no config.json. Give the folder that save_pretrained has written."
    if not any(folder.glob("*.safetensors")):
        return f"no weights as safetensors. {_CONVERT}"
    return ""


def _loaded(folder: Path, seed: int) -> nn.Module:
    """Return the language model of a folder."""
    transformers = _transformers()
    cpu = torch.device("cpu")
    with _quiet(), random_state(cpu):
        seed_random_state(cpu, seed)
        try:
            model, told = transformers.AutoModelForCausalLM.from_pretrained(
                folder, local_files_only=True, trust_remote_code=False, use_safetensors=True,
                dtype=torch.float32, output_loading_info=True,
            )  # fmt: skip
        except Exception as error:
            raise ValueError(
                f"{folder} cannot be opened by transformers as a language model: {one_line(error)}"
            ) from error
    bad = [*told["missing_keys"], *(told.get("mismatched_keys") or ())]
    if bad:
        raise ValueError(
            f"{folder}: the weights are not those of its config.json: {len(bad)} are missing or of "
            f"another shape, such as {bad[0]}."
        )
    loaded: nn.Module = model.eval()
    return loaded


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep transformers from bars and tables of weights: what is wrong is said in one line."""
    from transformers.utils import logging as words

    level, bars = words.get_verbosity(), words.is_progress_bar_enabled()
    words.set_verbosity_error()
    words.disable_progress_bar()
    try:
        yield
    finally:
        words.set_verbosity(level)
        if bars:
            words.enable_progress_bar()


def _transformers() -> Any:
    try:
        import transformers
    except ImportError as error:
        raise ImportError(NEEDED) from error
    return transformers
