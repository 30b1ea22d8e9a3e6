"""One of fifty field gateways floods: what the others feel of it. Run `python -m benchmarks.flood`."""
