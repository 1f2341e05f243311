"""A recording on disk that grows batch by batch and survives being killed."""
