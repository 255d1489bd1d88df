"""The run directory and the index of all runs: nothing else knows a file name."""
