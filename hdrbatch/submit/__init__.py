"""Running plans on this machine or on Slurm, and showing their status."""
