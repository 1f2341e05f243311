"""Voilà as a dashboard needs it: who may come in, how many pages, and where it listens."""
