"""Models in order, and whether a metric orders them alike."""
