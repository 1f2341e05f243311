"""What the foot of a page says: command, seeds, versions and the code that the results are from."""

from __future__ import annotations

import json
import platform
import shlex
import subprocess
from importlib.metadata import PackageNotFoundError, distribution, version
from pathlib import Path
from typing import TYPE_CHECKING

from infonb import experiments
from infonb.experiments.code_digest import code_version
from infonb.parameters import to_text
from infonb.version import __version__

if TYPE_CHECKING:
    from infonb.reports.plan import ReportPlan

__all__ = ["code", "command", "commit", "seeds", "versions"]

_PACKAGES = ("numpy", "scipy", "xarray", "zarr", "numba", "torch", "scikit-learn", "matplotlib")
_ROOT = Path(__file__).resolve().parents[3]
_SHOWN_DIGITS = 12  # of a commit


def command(plan: ReportPlan) -> str:
    """Return what makes the report again: a command, or a call where the shell does not know it."""
    if experiments.notebook(plan.name) is not None:  # registered in a Python process
        values = f", {plan.changed}" if plan.changed else ""
        return f"infonb.reports.run_report({plan.name!r}{values})"
    changed = [
        f"-p {shlex.quote(f'{name}={to_text(value)}')}" for name, value in plan.changed.items()
    ]
    return " ".join(["infonb run", plan.name, *changed])


def seeds(plan: ReportPlan) -> str:
    """Return the seeds of a report as text, ``"seed = 0, 1, 2"``; empty if it has none."""
    return "; ".join(
        f"{info.name} = {', '.join(map(to_text, value if isinstance(value, list) else [value]))}"
        for info, value in plan.parameters
        if "seed" in info.name
    )


def versions() -> dict[str, str]:
    """Return the versions of infonb, Python and the packages that results depend on."""
    found = {"infonb": __version__, "Python": platform.python_version()}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def code() -> str:
    """Return what tells this state of infonb's code from others: a checksum and the commit."""
    checksum = code_version().partition(",")[0].split()[-1]
    known = commit()
    return f"checksum {checksum}" + (f", commit {known}" if known else "")


def commit(root: Path = _ROOT) -> str:
    """Return the commit that the package in a folder is from; empty if that cannot be known."""
    # a checkout is asked for it, and whether the package has been changed since; an installation
    # from a repository has written it down
    if (root / "pyproject.toml").is_file() and (root / ".git").exists():
        changed = _git(root, "status", "--porcelain", "--", "infonb")
        found = _git(root, "rev-parse", "HEAD")[:_SHOWN_DIGITS]
        return f"{found} with changes" if found and changed else found
    try:
        origin = json.loads(distribution("infonb").read_text("direct_url.json") or "{}")
    except (PackageNotFoundError, ValueError):
        return ""
    return str(origin.get("vcs_info", {}).get("commit_id", ""))[:_SHOWN_DIGITS]


def _git(root: Path, *words: str) -> str:
    """Return what git answers; nothing if it is missing, slow or refuses."""
    try:
        answer = subprocess.run(
            ["git", "-C", str(root), *words], capture_output=True, text=True, timeout=10, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return answer.stdout.strip()
