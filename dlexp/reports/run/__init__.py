"""One run, or a list of them."""
