"""Plan of a room of a home: its measures, what it is for, where its windows and its doorway are."""

from dataclasses import dataclass

import numpy as np

from hdrbatch.scenes.kit.shapes import Place
from hdrbatch.scenes.props.rooms import Opening, Room, Side

KINDS = ("living room", "bedroom", "kitchen", "study", "dining room")


@dataclass(frozen=True)
class Plan:
    """A room, what it is for, and where its windows and its doorway are.

    `side` is the side wall that the camera turns to; the furniture's main piece stands at `main`.
    """

    room: Room
    kind: str
    side: Side
    window_side: Side
    windows: tuple[Opening, ...]
    door_side: Side
    door: Opening
    main: Side

    @property
    def window(self) -> Opening:
        """The windows as one opening, with the piers between them."""
        first, last = self.windows[0], self.windows[-1]
        low, high = first.x - first.width / 2, last.x + last.width / 2
        return Opening((low + high) / 2, high - low, first.bottom, first.top)

    @property
    def window_wall(self) -> Place:
        """Foot of the wall under the middle of the windows, facing into the room."""
        return self.room.wall(self.window_side).at(self.window.x, 0.0)

    def holes(self, side: Side) -> list[Opening]:
        """Openings of one wall."""
        holes = list(self.windows) if side == self.window_side else []
        return [*holes, self.door] if side == self.door_side else holes

    @property
    def other(self) -> Side:
        """Side wall that the camera turns away from."""
        return "left" if self.side == "right" else "right"

    @property
    def sign(self) -> int:
        """Sign of x at `side`."""
        return 1 if self.side == "right" else -1


def plan_room(
    rng: np.random.Generator,
    window_width: tuple[float, float],
    sill: tuple[float, float],
    top: tuple[float, float],
) -> Plan:
    """Plan a room; ranges of its windows' width, lower and upper edge are given in metres."""
    room = Room(float(rng.uniform(3.6, 5.6)), float(rng.uniform(4.2, 6.0)), float(rng.uniform(2.45, 3.1)))
    kind = KINDS[int(rng.integers(len(KINDS)))]
    side: Side = "right" if rng.random() < 0.5 else "left"
    window_ahead = rng.random() < 0.5
    window_side: Side = "ahead" if window_ahead else side
    door_side: Side = side if window_ahead else "ahead"
    away = 1 if side == "left" else -1
    far = away * room.depth / 2
    # On a side wall openings are in its far half, where the camera sees into them.
    x = float(rng.uniform(-0.2, 0.2)) * room.width if window_ahead else far * float(rng.uniform(0.05, 0.35))
    door_wide = float(rng.uniform(0.8, 1.05))
    if door_side == "ahead":
        door_x = float(rng.choice([-1, 1])) * (room.width / 2 - door_wide / 2 - float(rng.uniform(0.3, 0.8)))
    else:
        door_x = far - away * (door_wide / 2 + float(rng.uniform(0.3, 0.9)))
    bottom, high = float(rng.uniform(*sill)), min(float(rng.uniform(*top)), room.height - 0.15)
    wide = min(float(rng.uniform(*window_width)), room.length(window_side) * 0.5)
    num_windows = int(rng.choice([1, 1, 2, 3])) if wide > 1.3 else 1
    pier = 0.18
    each = (wide - pier * (num_windows - 1)) / num_windows
    windows = tuple(
        Opening(x + (i - (num_windows - 1) / 2) * (each + pier), each, bottom, high)
        for i in range(num_windows)
    )
    before_window = kind in ("living room", "bedroom") and bottom > 0.55 and rng.random() < 0.6
    main = window_side if before_window else door_side
    door = Opening(door_x, door_wide, 0.0, float(rng.uniform(2.0, 2.15)))
    return Plan(room, kind, side, window_side, windows, door_side, door, main)
