"""Workers and a Slurm that misbehave, as submission is tested with."""

from tests.submit.conftest import fake_slurm, launch, misbehaving

__all__ = ["fake_slurm", "launch", "misbehaving"]
