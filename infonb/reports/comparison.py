"""The page of a comparison of one's own models, from Python."""

from __future__ import annotations

import os
from pathlib import Path

import xarray as xr

from infonb.reports.plan import START_TIMEOUT
from infonb.reports.run import Report, run_report

__all__ = ["report"]

_NAME = "compare_models"
#: The result that the page shows, beside it: the notebook can be run again from there.
_FOUND = "found.zarr"


def report(
    found: xr.Dataset,
    folder: str | os.PathLike[str] | None = None,
    *,
    shown: str = "",
    show_code: bool = False,
    progress: bool = True,
    start_timeout: int = START_TIMEOUT,
) -> Report:
    """
    Write the page of models that were compared: verdicts, figure, sortable table, details.

    Parameters
    ----------
    found
        What `infonb.compare` returned: dims (model, layer, neuron, ...), in nats.
    folder
        Folder for ``compare_models.ipynb``, executed, ``compare_models.html``, ``results.zarr``,
        ``found.zarr``, the result that these are made from, and ``RESULTS.html``, the recorded
        runs; made if missing. None stands for ``report/compare_models``. A report that is there is
        replaced, as `run_report` does.
    shown
        The model whose neurons and pairs are shown; empty: the one whose MI differs most from the
        reference.
    show_code
        Whether the page shows its code when it is opened.
    progress
        Whether to show a bar over the cells.
    start_timeout
        Seconds that the kernel has to start.

    Returns
    -------
    Report
        Paths of notebook, page and results.

    Raises
    ------
    TypeError, ValueError
        If `found` is no result of `infonb.compare`, or has no model `shown`. Nothing is written.
    OSError, ReportError
        As `run_report`.

    Notes
    -----
    The result holds no activations, so that the page leaves out what would measure them again: how
    the verdict moves with the settings, and single neurons. ``infonb compare`` on files has these.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> import numpy as np, infonb as inb
    >>> rng = np.random.default_rng(0)
    >>> a, b = ({"fc1": rng.normal(size=(200, 16))} for _ in range(2))
    >>> found = inb.compare({"a": a, "b": b}, reference="a")
    >>> with TemporaryDirectory() as folder:
    ...     made = inb.report(found, folder, progress=False)  # doctest: +SKIP
    ...     made.page.name  # doctest: +SKIP
    'compare_models.html'
    """
    from infonb.experiments.compare_models.files import check_shown, checked_found
    from infonb.reports.folders import check_folder, user_folder
    from infonb.storage import save_dataset

    checked_found(found)
    check_shown(found, shown)
    place = user_folder(folder if folder is not None else Path("report", _NAME))
    check_folder(place)
    path = place / _FOUND
    _check_free(path)
    save_dataset(found, path, overwrite=True)
    given = {"found": str(path), "shown": shown}
    return run_report(
        _NAME, given, place, show_code=show_code, progress=progress, start_timeout=start_timeout
    )


def _check_free(path: Path) -> None:
    """Raise unless a result of an earlier report, or nothing, is in the way."""
    from infonb.experiments.compare_models.files import open_found

    if not os.path.lexists(path):
        return
    try:
        open_found(str(path))
    except Exception:
        raise FileExistsError(
            f"{path} is no result of infonb.compare and would be lost; choose another folder."
        ) from None
