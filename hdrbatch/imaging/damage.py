"""What libraries raise on damaged files, besides their own errors."""

import struct
import zlib

DAMAGE = (
    ArithmeticError,
    AttributeError,
    EOFError,
    LookupError,
    OSError,
    SyntaxError,
    TypeError,
    ValueError,
    struct.error,
    zlib.error,
)
"""Pillow and tifffile read tags of any kind as they are used, and fail wherever that happens to be."""
