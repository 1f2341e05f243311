"""The parts of the concentric circles: networks, their training, measures and claims."""
