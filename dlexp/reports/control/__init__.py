"""Whether a set-up can be trusted."""
