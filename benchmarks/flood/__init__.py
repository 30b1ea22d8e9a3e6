"""One of fifty field gateways floods: what do the others feel? `python -m benchmarks.flood`."""
