"""Description of a built scene."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class SceneDescription:
    """Facts of a built scene, for its `scene.json`.

    Parameters
    ----------
    family : str
        Name of the scene family.
    seed : int
        Seed of the scene.
    focal_length_mm : float
        Of a camera with a sensor 36 mm wide.
    camera_location : (3,) tuple of float
        In metres, z up.
    camera_rotation : (3,) tuple of float
        Euler angles XYZ in radians, as Blender has them: all zero looks down.
    facts : mapping of str to float or str
        Facts that the family records about this scene; units are in the names (`sun_elevation_deg`).
    """

    family: str
    seed: int
    focal_length_mm: float
    camera_location: tuple[float, float, float]
    camera_rotation: tuple[float, float, float]
    facts: Mapping[str, float | str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Plain dictionaries, lists, numbers and strings."""
        plain = asdict(self)
        plain["camera_location"] = list(self.camera_location)
        plain["camera_rotation"] = list(self.camera_rotation)
        plain["facts"] = dict(self.facts)
        return plain

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> "SceneDescription":
        """Inverse of `to_json`."""
        places = {name: tuple(plain[name]) for name in ("camera_location", "camera_rotation")}
        return cls(**{**plain, **places})
