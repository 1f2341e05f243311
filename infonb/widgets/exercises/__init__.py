"""Exercises of lessons, whose answers are checked, with a hint that fits the mistake."""
