"""Slurm: submitted arrays, their elements on the nodes, and queries of the scheduler."""
