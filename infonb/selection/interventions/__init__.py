"""Neurons that are switched off: which, in what order, and what becomes of the model."""
