"""Where the rows that are measured come from: memory or chunks."""
