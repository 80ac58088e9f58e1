"""Which families' references are denoised (pure Python)."""

DENOISED_FAMILIES = frozenset({"interior", "lamplight", "window", "forest"})
"""Their denoised reference was nearer to a long render by a quarter and more, its mean within 2 % of before.

Stage and street gained as much in stops and lost more in the mean (``python -m tests.bench denoising``).
"""
