"""From an executed notebook to a page that needs nothing else."""
