"""Controls over activations: choose layer, neuron and pair, and measure again."""
