"""Models on the same examples, compared: what they are, what is measured, what chance would do."""
