"""What paired scores over seeds, and results on test examples, allow to say. Knows no run and no file."""
