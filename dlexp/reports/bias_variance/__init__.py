"""Bias and variance, measured over redrawn training sets."""
