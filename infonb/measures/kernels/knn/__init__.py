"""Nearest neighbours in the plane, under the maximum norm."""
