"""Benchmarks: `make bench`. Everything on this machine; figures are for comparing within one run."""
