"""Make the pictures of the README from a finished report: python make.py REPORT/results.zarr."""

from __future__ import annotations

import sys
from pathlib import Path

import xarray as xr

import infonb as inb


def main() -> None:
    """Write the two figures of the experiment colored_digits beside this file."""
    runs = xr.open_zarr(sys.argv[1], consolidated=False).load()
    entropy = inb.plot_entropy(runs.entropy, runs.final_validation_accuracy)
    information = inb.plot_mutual_information(runs.mutual_information)
    folder = Path(__file__).parent
    (folder / "entropy.png").write_bytes(entropy.to_png())
    (folder / "mutual_information.png").write_bytes(information.to_png())


if __name__ == "__main__":
    main()
