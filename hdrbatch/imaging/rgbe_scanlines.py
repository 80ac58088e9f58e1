"""Scanlines of Radiance files: flat, with the old run-length encoding, or with the new one."""

import numpy as np
import numpy.typing as npt

MIN_RUN_LENGTH, MAX_RUN_LENGTH = 8, 0x7FFF
"""Lengths of scanlines that may have the new encoding."""


def decode_scanlines(data: bytes, begin: int, num_lines: int, length: int) -> npt.NDArray[np.uint8]:
    """Decode all scanlines of a file.

    Parameters
    ----------
    data : bytes
        The file.
    begin : int
        Offset of the first scanline.
    num_lines, length : int
        Number of scanlines, and pixels in each.

    Returns
    -------
    (num_lines, length, 4) uint8
        Mantissas of red, green and blue, and their exponent.

    Raises
    ------
    ValueError
        If the data end early, or a run is longer than its scanline.

    References
    ----------
    Ward, "Real Pixels" in Graphics Gems II (1991), and Radiance's ``color.c``.
    """
    if len(data) - begin < num_lines * 4:
        raise ValueError("it is truncated")
    lines = np.zeros((num_lines, length, 4), np.uint8)
    for line in lines:
        if (
            MIN_RUN_LENGTH <= length <= MAX_RUN_LENGTH
            and data[begin : begin + 2] == b"\x02\x02"
            and int.from_bytes(data[begin + 2 : begin + 4], "big") == length
        ):
            begin = _decode_new(data, begin + 4, line)
        else:
            begin = _decode_old(data, begin, line)
    return lines


def _decode_new(data: bytes, begin: int, line: npt.NDArray[np.uint8]) -> int:
    """Decode one scanline channel by channel; a count above 128 is a run of one value."""
    length = len(line)
    for channel in range(4):
        plane = bytearray()
        while len(plane) < length:
            if begin + 1 >= len(data):
                raise ValueError("it is truncated")
            count = data[begin]
            if count > 128:
                plane += data[begin + 1 : begin + 2] * (count - 128)
                begin += 2
            else:
                plane += data[begin + 1 : begin + 1 + count]
                begin += 1 + count
                if not count or begin > len(data):
                    raise ValueError("a run of length 0, or it is truncated")
        if len(plane) != length:
            raise ValueError("a run is longer than its scanline")
        line[:, channel] = np.frombuffer(bytes(plane), np.uint8)
    return begin


def _decode_old(data: bytes, begin: int, line: npt.NDArray[np.uint8]) -> int:
    """Decode one scanline of plain pixels, in which 1, 1, 1, n repeats the pixel before it n times."""
    length, filled, shift = len(line), 0, 0
    plain = np.frombuffer(data, np.uint8, min(length * 4, (len(data) - begin) // 4 * 4), begin).reshape(-1, 4)
    if len(plain) == length and not np.all(plain[:, :3] == 1, axis=1).any():
        line[:] = plain
        return begin + 4 * length
    while filled < length:
        pixel = data[begin : begin + 4]
        if len(pixel) < 4:
            raise ValueError("it is truncated")
        begin += 4
        if pixel[:3] == b"\x01\x01\x01":
            count = pixel[3] << shift
            if filled == 0 or filled + count > length:
                raise ValueError("a run is longer than its scanline, or has nothing before it")
            line[filled : filled + count] = line[filled - 1]
            filled += count
            shift += 8
        else:
            line[filled] = tuple(pixel)
            filled += 1
            shift = 0
    return begin
