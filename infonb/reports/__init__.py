"""Reports: a parameterised notebook executed through papermill, with a page and its results."""

from __future__ import annotations

from infonb.reports.comparison import report
from infonb.reports.errors import ReportError
from infonb.reports.notebooks import notebook_path
from infonb.reports.plan import ReportPlan, plan_report
from infonb.reports.run import Report, run_report
from infonb.reports.serve.copies import copy_notebooks

__all__ = [
    "Report",
    "ReportError",
    "ReportPlan",
    "copy_notebooks",
    "notebook_path",
    "plan_report",
    "report",
    "run_report",
]
