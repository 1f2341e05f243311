"""Networks of two-input logic gates that learn which gate each of them is, and Boolean programs."""
