"""The one view layer that is rendered: it shows everything that the scene's view layers show together."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

_EVERYTHING = ("use_sky", "use_solid", "use_strand", "use_volumes", "use_motion_blur")


def use_one_layer(scene: Any) -> None:
    """Render a scene as one view layer, without what serves compositing only.

    A file that splits its scene over several view layers puts them together by compositing, which is not
    radiance of one scene: nothing casts light across layers. So the first layer in use gets the collections
    of all, and the others are switched off; if none is in use, all count as used. Overrides of the material
    or the world, holdouts and shadow catchers are removed. A layer that needs no change is left untouched.

    Parameters
    ----------
    scene : bpy.types.Scene
        The scene, changed in place.
    """
    used = layers_in_use(scene)
    first = used[0]
    states = [_state_of(child) for child in _children([layer.layer_collection for layer in used])]
    _apply(first.layer_collection, states)
    for layer in scene.view_layers:
        _set(layer, use=layer == first)
    _set(first, material_override=None, world_override=None, **dict.fromkeys(_EVERYTHING, True))
    for thing in compositing_aids(scene):
        _set(thing, is_holdout=False, is_shadow_catcher=False)


def layers_in_use(scene: Any) -> list[Any]:
    """Return the view layers that are used for rendering, or all if none is."""
    return [layer for layer in scene.view_layers if layer.use] or list(scene.view_layers)


def compositing_aids(scene: Any) -> list[Any]:
    """Return the holdouts and shadow catchers of a scene; lamps count as catchers unless set otherwise."""
    return [
        thing
        for thing in scene.objects
        if thing.is_holdout or (thing.is_shadow_catcher and thing.type != "LIGHT")
    ]


@dataclass(frozen=True)
class _State:
    """A collection as all layers together show it, and those below it."""

    name: str
    exclude: bool
    indirect_only: bool
    below: tuple["_State", ...]


def _children(collections: Sequence[Any]) -> list[list[Any]]:
    """Return the children of the same collection in several layers, grouped by name."""
    names = dict.fromkeys(child.name for one in collections for child in one.children)
    return [[child for one in collections if (child := one.children.get(name)) is not None] for name in names]


def _state_of(same: Sequence[Any]) -> _State:
    showing = [one for one in same if not one.exclude]
    indirect_only = bool(showing) and all(one.indirect_only for one in showing)
    below = tuple(_state_of(child) for child in _children(same))
    return _State(same[0].name, not showing, indirect_only, below)


def _apply(collection: Any, states: Sequence[_State]) -> None:
    """Set the collections below one from the top down: excluding one sets all that are below it."""
    for state in states:
        child = collection.children[state.name]
        _set(child, exclude=state.exclude, holdout=False, indirect_only=state.indirect_only)
        _apply(child, state.below)


def _set(thing: Any, **values: object) -> None:
    """Set what differs: setting a property to its own value would discard cached data, too."""
    for name, value in values.items():
        if getattr(thing, name) != value:
            setattr(thing, name, value)
