"""Activation functions, drawn."""
