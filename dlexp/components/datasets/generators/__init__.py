"""Generators: data drawn from a known distribution, so that the best possible score is known too."""
