"""Which families' references are denoised (pure Python)."""

DENOISED_FAMILIES = frozenset({"interior"})
"""Families whose denoised reference was nearer to a long render (``python -m tests.bench denoising``)."""
