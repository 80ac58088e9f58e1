"""Specs that a user writes: jobs, sweeps and clusters, validated before submission."""
