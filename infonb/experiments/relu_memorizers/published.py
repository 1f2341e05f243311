"""The published runs of random hyperplanes, read where their file is; none is repeated here."""

from __future__ import annotations

import functools
import zipfile
from collections.abc import Sequence
from typing import TYPE_CHECKING

from infonb.data.fetch import locate

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["NOT_HERE", "published_runs", "read_runs"]

_FILE = "dirksen_results.zip"
_SHA256 = {_FILE: "aa37a0ca5aa4a28c1855ca0b8d8769affa25c2ac62e655e302b628fb01ccd90b"}

#: What is said where the file is not.
NOT_HERE = (
    "The published runs are not here: INFONB_DATA is not set to a folder that has "
    f"`memorizers/{_FILE}`."
)


def published_runs(
    pair: str, bias: float, n_hyperplanes: Sequence[int], share: Sequence[int]
) -> pd.DataFrame | None:
    """
    Return the published runs on MNIST of some levels, with the columns of the runs here; or None.

    A row for each run: ``n_hyperplanes``, ``share``, ``accuracy``, ``interpolates``, ``width``.
    """
    runs = read_runs(f"mnist_{pair.replace(' v ', 'vs')}_size" if pair else "mnist")
    if runs is None:
        return None
    part = runs.dataset.str.extract(r"_size_(\d+)$")[0].fillna("100").astype(int)
    found = runs.assign(
        n_hyperplanes=runs.n_iter, share=part, accuracy=runs.score,
        interpolates=(runs.score == 1).astype(float), width=runs.second_dim_out.astype(float),
    )  # fmt: skip
    same = found.n_hyperplanes.isin(list(n_hyperplanes)) & found.share.isin(list(share))
    same &= (found.max_bias - bias).abs() < 1e-9
    columns = ["n_hyperplanes", "share", "restart", "accuracy", "interpolates", "width", "fit_time"]
    return found[same][columns].reset_index(drop=True)


@functools.cache
def read_runs(name: str) -> pd.DataFrame | None:
    """Return one table of the published archive, or None where there is no such file."""
    import pandas as pd

    try:
        place = locate(_SHA256, subfolder="memorizers")[_FILE]
    except FileNotFoundError:
        return None
    with zipfile.ZipFile(place) as archive:
        inside = f"results/{name}.csv"
        if inside not in archive.namelist():
            return None
        with archive.open(inside) as file:
            return pd.read_csv(file)
