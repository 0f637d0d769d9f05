"""Patches: a face in the picture's own pixels, beside the same face one frame earlier.

The network's small crops have lost what a generator leaves in single pixels, and the traces
(``core.traces``) only say how much fine detail there is, not what it looks like. A patch is what a
shallow network (``network.PatchHead``) looks at instead: never enlarged, and reduced only as far as
``traces.surroundings`` reduces a large face.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from deepfake_desktop.core.traces import FaceFrame, Points
from deepfake_desktop.core.types import Image

Patch = npt.NDArray[np.uint8]
"""(PATCH_PX, PATCH_PX, 4) uint8: RGB, and 255 where there is a picture, else 0 throughout."""

PatchPair = npt.NDArray[np.uint8]
"""(2, PATCH_PX, PATCH_PX, 4) uint8: a face in one frame, and in the measured frame after it."""

PATCH_PX = 224

PATCH_EVERY = 10
"""Of the frames whose traces are measured, every so many ends a pair."""

_REACH = 1.35
"""How far a patch reaches from the face's middle, in distances between the eyes."""


def cut_patch(surroundings: Image, points: Points) -> Patch:
    """The face in the middle of a square of ``PATCH_PX``, pixel by pixel.

    ``surroundings``: uint8 RGB, as ``traces.surroundings`` cuts it; ``points`` in its pixels.
    """
    found = np.zeros((PATCH_PX, PATCH_PX, 4), np.uint8)
    frame = FaceFrame.of(points)
    half = min(round(_REACH * frame.unit), PATCH_PX // 2)
    x, y = (round(float(v)) for v in frame.at(0.0, 0.48))
    height, width = surroundings.shape[:2]
    left, right = max(x - half, 0), min(x + half, width)
    top, bottom = max(y - half, 0), min(y + half, height)
    if left >= right or top >= bottom:
        return found
    dx, dy = PATCH_PX // 2 - x, PATCH_PX // 2 - y
    place = found[top + dy : bottom + dy, left + dx : right + dx]
    place[..., :3] = surroundings[top:bottom, left:right]
    place[..., 3] = 255
    return found
