"""Notebooks behind an address: dashboards and the laboratory."""
