"""Compiled kernels of arrays, last axis first to last: no labels."""
