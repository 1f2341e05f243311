"""Figures along a sweep or a training, with one place marked."""
