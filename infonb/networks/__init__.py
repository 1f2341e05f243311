"""Networks, one module per architecture, and their weights on disk."""
