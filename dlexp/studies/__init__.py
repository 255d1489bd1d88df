"""Verdicts over many runs, from their records."""
