"""Photometric units, and the colours of light.

One unit of radiance is one photopic watt per steradian and square metre, that is 683 cd/m2, so luminances of
scenes are those of the world.

References
----------
Kim et al. 2002, Design of Advanced Color Temperature Control System for HDTV Applications (Planckian locus).
"""

from hdrbatch.scenes.kit.shader import Color

CD_M2 = 1 / 683
"""Radiance of one candela per square metre."""
LUMEN = 1 / 683
"""Power of one lumen."""


def luminance_of(color: Color) -> float:
    """Rec.709 luminance."""
    return 0.2126 * color[0] + 0.7152 * color[1] + 0.0722 * color[2]


def temperature_color(kelvin: float) -> Color:
    """Colour of a black body between 1667 and 25000 K, of luminance 1.

    Examples
    --------
    >>> red, green, blue = temperature_color(2700.0)
    >>> red > green > blue
    True
    """
    t = 1000.0 / kelvin
    if kelvin < 4000:
        x = -0.2661239 * t**3 - 0.2343589 * t**2 + 0.8776956 * t + 0.179910
    else:
        x = -3.0258469 * t**3 + 2.1070379 * t**2 + 0.2226347 * t + 0.240390
    if kelvin < 2222:
        y = -1.1063814 * x**3 - 1.34811020 * x**2 + 2.18555832 * x - 0.20219683
    elif kelvin < 4000:
        y = -0.9549476 * x**3 - 1.37418593 * x**2 + 2.09137015 * x - 0.16748867
    else:
        y = 3.0817580 * x**3 - 5.87338670 * x**2 + 3.75112997 * x - 0.37001483
    big_x, big_z = x / y, (1 - x - y) / y
    rgb = (
        max(0.0, 3.2404542 * big_x - 1.5371385 - 0.4985314 * big_z),
        max(0.0, -0.9692660 * big_x + 1.8760108 + 0.0415560 * big_z),
        max(0.0, 0.0556434 * big_x - 0.2040259 + 1.0572252 * big_z),
    )
    luminance = luminance_of(rgb)
    return rgb[0] / luminance, rgb[1] / luminance, rgb[2] / luminance


def scaled(color: Color, factor: float) -> Color:
    """Colour times a factor."""
    return color[0] * factor, color[1] * factor, color[2] * factor
