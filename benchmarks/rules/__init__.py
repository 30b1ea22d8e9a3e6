"""What rules cost: compiling them, and judging by them. `python -m benchmarks.rules.compile`."""
