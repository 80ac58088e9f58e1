# ruff: noqa: E402 - what needs bpy is imported once it is known to be there
import numpy as np
import pytest

bpy = pytest.importorskip("bpy", reason="bpy is not installed (extra: render)")

from hdrbatch.scenes.kit.shapes import Place
from hdrbatch.scenes.props.rooms import Opening, Piece, Room, free_spans, line_up


def test_the_free_stretches_of_a_wall_are_what_its_openings_leave():
    holes = [Opening(1.0, 1.0, 0.0, 2.0), Opening(-1.5, 1.0, 0.8, 2.0)]
    assert free_spans(4.0, holes) == [(-1.0, 0.5), (1.5, 2.0)]


def test_pieces_along_a_wall_do_not_overlap_and_those_without_room_are_given_back():
    places: list[Place] = []
    pieces = [Piece(1.0, places.append), Piece(0.8, places.append), Piece(2.0, places.append)]
    left = line_up(Room(4.0, 5.0, 2.5).wall("ahead"), (-1.0, 1.2), pieces, np.random.default_rng(1))
    assert [piece.width for piece in left] == [2.0]
    assert places[0].x - 0.5 >= -1.0
    assert places[1].x + 0.4 <= 1.2
    assert places[1].x - places[0].x >= 0.9
