"""Which families' references are denoised (pure Python)."""

DENOISED_FAMILIES = frozenset({"interior", "lamplight", "window", "forest"})
"""Their denoised reference was nearer to a long render by a quarter and more, and its mean within 2 % of what it
was (``python -m tests.bench denoising``). Stage and street gained as much in stops and lost more in the mean.
"""
