"""The parts of the experiment on contexts: a network, its measures, drawn neurons, claims."""
