"""Memorization of density models: log-density, baselines by distance, exact leave-one-out."""

from infonb.memorization.density.authenticity import authenticity
from infonb.memorization.density.data_copying import data_copying
from infonb.memorization.density.leave_one_out import leave_one_out
from infonb.memorization.density.log_density import log_density
from infonb.memorization.density.nearest_ratio import nearest_ratio
from infonb.memorization.density.readings import high_share_by_density, memorization_quantiles

__all__ = [
    "authenticity",
    "data_copying",
    "high_share_by_density",
    "leave_one_out",
    "log_density",
    "memorization_quantiles",
    "nearest_ratio",
]
