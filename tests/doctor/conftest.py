"""Workers and a Slurm that misbehave, as submission is tested with."""

from tests.submit.conftest import launch, misbehaving

__all__ = ["launch", "misbehaving"]
