"""Slurm: arrays in its queue, their elements on its nodes, and what it says of them."""
