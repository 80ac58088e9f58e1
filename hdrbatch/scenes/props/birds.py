"""Birds on the wing, each one object, so that it can fly through a moving scene."""

from typing import Any

import numpy as np

from hdrbatch.scenes.kit.shapes import Place, mesh_data, put, tube_arrays

_BODY = np.array(
    [(0, -0.31, 0.01), (0, -0.26, 0.02), (0, -0.20, 0.02), (0, -0.05, 0), (0, 0.1, 0), (0, 0.3, 0)]
)
_GIRTH = np.array([0.003, 0.028, 0.035, 0.055, 0.045, 0.008])
_WING = np.array(
    [
        [(0.03, -0.10, 0.02), (0.20, -0.16, 0.10), (0.36, -0.10, 0.12), (0.5, 0.04, 0.09)],
        [(0.03, 0.08, 0.01), (0.20, 0.04, 0.09), (0.36, 0.04, 0.11), (0.5, 0.06, 0.09)],
    ]
)
_TAIL = np.array([[(-0.02, 0.2, 0.0), (0.02, 0.2, 0.0)], [(-0.07, 0.4, 0.0), (0.07, 0.4, 0.0)]])


def bird(place: Place, span_m: float, material: Any, *, lift: float = 0.6) -> Any:
    """Bird in flight that faces -y; `lift` is how far its wings are raised, from -1 to 1.5.

    Returns
    -------
    bpy.types.Object
    """
    body, body_faces = tube_arrays(_BODY, _GIRTH, 8)
    vertices, faces = [body], [body_faces]
    raised = _WING * [1.0, 1.0, lift]
    for net in (raised, raised * [-1.0, 1.0, 1.0], _TAIL):
        columns = net.shape[1]
        start = sum(len(part) for part in vertices)
        index = np.arange(2 * columns).reshape(2, columns) + start
        vertices.append(net.reshape(-1, 3))
        faces.append(np.stack([index[0, :-1], index[0, 1:], index[1, 1:], index[1, :-1]], -1))
    mesh = mesh_data(np.concatenate(vertices) * span_m, np.concatenate(faces), smooth=True, name="bird")
    return put(mesh, place, material)
