"""A pretrained network fetched from a hub: nothing is tried twice, and errors are one line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Download", "one_line"]

#: Seconds that a hub has to answer.
_TIMEOUT = 5.0


@dataclass(frozen=True)
class Download:
    """What of a kind of model is fetched, and what is said where that fails."""

    #: Patterns of the files that are needed; no others are fetched, and none of subfolders.
    files: Sequence[str]
    #: What may be done where there is no hub.
    remedy: str
    #: Names that there are, such as "'distilbert-base-uncased'".
    names: str
    #: What may be done about weights that are pickles.
    convert: str
    #: Revisions that there are.
    revisions: str = "'main'"

    def __call__(self, model: str, what: str, revision: str | None = None) -> Path:
        """Return the folder of a model, fetched now; `what` names it in errors."""
        from huggingface_hub import HfApi, constants, errors, snapshot_download

        if constants.HF_HUB_OFFLINE:
            raise FileNotFoundError(
                f"{what} has no copy on this machine, and HF_HUB_OFFLINE forbids to download it. "
                f"{self.remedy}"
            )
        try:
            info = HfApi().model_info(model, revision=revision, timeout=_TIMEOUT)
        except errors.RevisionNotFoundError as error:
            raise ValueError(
                f"{what}: the hub has the model, and not this revision. There are {self.revisions}."
            ) from error
        except errors.RepositoryNotFoundError as error:
            raise ValueError(
                f"{what}: the hub has no model of that name that can be read without a password. "
                f"Names are such as {self.names}."
            ) from error
        except Exception as error:  # of several libraries: no name, no route, a proxy, a timeout
            raise FileNotFoundError(
                f"{what} has no copy on this machine, and the hub does not answer "
                f"({_first_line(error)}). {self.remedy}"
            ) from error
        names = [file.rfilename for file in info.siblings or () if "/" not in file.rfilename]
        if not any(name.endswith(".safetensors") for name in names):
            raise ValueError(
                f"{what}: the hub has no weights of it as safetensors, and others, which are "
                f"pickles, are not opened. {self.convert}"
            )
        try:
            found = snapshot_download(
                model, revision=revision, allow_patterns=list(self.files), ignore_patterns=["*/*"]
            )
        except Exception as error:
            raise FileNotFoundError(
                f"{what}: the download has failed ({_first_line(error)}). Run it again, which goes "
                f"on. {self.remedy}"
            ) from error
        return Path(found)


def one_line(error: Exception) -> str:
    """Return what an error says as one line."""
    return " ".join(str(error).split())[:300]


def _first_line(error: Exception) -> str:
    line = (str(error).strip().splitlines() or [""])[0]
    return f"{type(error).__name__}: {line}"[:160]
