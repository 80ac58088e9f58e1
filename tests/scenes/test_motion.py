# ruff: noqa: E402 - what needs bpy is imported once it is known to be there
from math import degrees

import numpy as np
import pytest

bpy = pytest.importorskip("bpy", reason="bpy is not installed (extra: render)")

from hdrbatch.blender.shutter import set_moment
from hdrbatch.catalogue.family import FAMILIES
from hdrbatch.catalogue.scene import Scene
from hdrbatch.scenes.build import open_scene
from hdrbatch.scenes.kit.movers import VELOCITY, movers

MOMENT_S, DURATION_S = 0.4, 1.2


def camera_at(time_s):
    set_moment(bpy.context.scene, time_s)
    world = bpy.context.scene.camera.matrix_world
    return np.array(world.translation), np.array(world.to_euler())


def opened(motion, family="street", seed=1):
    return open_scene(Scene(family, seed, "train", motion=motion), MOMENT_S, DURATION_S)


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_has_something_that_can_move(family):
    opened("still", family, 3)
    speeds = [np.linalg.norm(thing[VELOCITY]) for thing in movers()]
    assert speeds
    assert all(0.1 < speed < 30 for speed in speeds)


def test_at_the_moment_of_the_reference_everything_is_where_the_family_put_it():
    opened("still")
    bpy.context.view_layer.update()
    still = {thing.name: np.array(thing.matrix_world) for thing in bpy.context.scene.objects}
    opened("both")
    set_moment(bpy.context.scene, MOMENT_S)
    for thing in bpy.context.scene.objects:
        np.testing.assert_allclose(np.array(thing.matrix_world), still[thing.name], atol=1e-4)


def test_things_go_straight_at_their_speed():
    opened("objects")
    thing = movers()[0]
    velocity = np.array(thing[VELOCITY])
    places = []
    for time_s in (0.0, MOMENT_S, 1.2):
        set_moment(bpy.context.scene, time_s)
        places.append(np.array(thing.matrix_world.translation))
    np.testing.assert_allclose(places[1] - places[0], velocity * MOMENT_S, atol=1e-3)
    np.testing.assert_allclose(places[2] - places[1], velocity * 0.8, atol=1e-3)


@pytest.mark.parametrize(("motion", "moves"), [("objects", False), ("shake", True), ("both", True)])
def test_the_camera_is_held_in_the_hand_where_the_catalogue_says(motion, moves):
    opened(motion)
    ways = [camera_at(time_s) for time_s in np.linspace(0, DURATION_S, 25)]
    turns = np.ptp([turn for _, turn in ways], axis=0)
    shifts = np.ptp([place for place, _ in ways], axis=0)
    if moves:
        assert 0.05 < degrees(turns.max()) < 5
        assert 0.0002 < shifts.max() < 0.05
    else:
        assert turns.max() == shifts.max() == 0


def test_only_the_camera_moves_where_it_alone_shakes():
    opened("shake")
    assert not any(thing.animation_data for thing in movers())


def test_a_shake_is_the_same_every_time_and_another_for_another_seed():
    ways = []
    for seed in (1, 1, 2):
        opened("still", seed=seed)
        still = camera_at(0.0)[1]
        opened("shake", seed=seed)
        ways.append(camera_at(0.9)[1] - still)
    assert ways[0].tolist() == ways[1].tolist()
    assert not np.allclose(ways[0], ways[2], atol=1e-5)


def test_the_same_scene_is_opened_once_and_another_one_anew():
    first = opened("shake")
    bpy.context.scene["kept"] = True
    assert opened("shake") == first
    assert "kept" in bpy.context.scene
    opened("objects")
    assert "kept" not in bpy.context.scene
