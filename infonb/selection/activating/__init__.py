"""Examples that excite single neurons."""
