"""Tables and curves, from records."""
