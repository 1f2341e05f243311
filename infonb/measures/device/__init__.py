"""The kernels again, on a GPU."""
