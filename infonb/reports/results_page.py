"""The recorded runs as a page of its own, without a report beside it."""

from __future__ import annotations

import os
from pathlib import Path

from infonb.reports.folders import check_folder, named, user_folder
from infonb.reports.page.recorded import NAME, PAGE, render_results
from infonb.reports.seals import is_sealed, seal_page

__all__ = ["write_results_page"]


def write_results_page(output: str | os.PathLike[str]) -> Path:
    """Write the page into a folder, which is made; replace only what infonb has written there."""
    folder = user_folder(output)
    check_folder(folder)
    path = folder / PAGE
    if os.path.lexists(path) and not is_sealed(path, NAME):
        raise FileExistsError(
            f"{named(path)} is not as infonb wrote it and would be lost; choose another folder."
        )
    page = seal_page(render_results(), NAME)
    folder.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f"{PAGE}.new")
    new.write_bytes(page)
    os.replace(new, path)
    return path
