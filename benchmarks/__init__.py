"""Speed and memory, measured side by side with what else people would use. Run `python -m benchmarks --help`."""
