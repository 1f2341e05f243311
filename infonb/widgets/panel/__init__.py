"""One panel: controls, and the pictures that depend on them."""
