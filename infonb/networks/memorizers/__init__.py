"""Networks that are built, not trained, to know a set of examples by heart."""
