"""Entropy and mutual information along a training."""
