"""Patches: a face in the picture's own pixels, beside the same face one frame earlier, both as they
are and smoothed.

The network's small crops have lost what a generator leaves in single pixels, and the traces
(``core.traces``) only say how much fine detail there is, not what it looks like. A patch is what a
shallow network (``network.TextureStem``) looks at instead: never enlarged, and reduced only as far
as ``traces.surroundings`` reduces a large face.

Every camera and every codec has a texture of its own, so texture alone says where a video comes
from before it says anything of the face. What smoothing changes says more: a face that was smoothed
already, as decoders and blending smooth it, changes less, whatever camera it was.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from deepfake_desktop.core.traces import FaceFrame, Points
from deepfake_desktop.core.types import Image

Patch = npt.NDArray[np.uint8]
"""(2, PATCH_PX, PATCH_PX, 4) uint8, as it is and smoothed: RGB, and in the last channel 0 where
there is no picture, ``PICTURE`` where there is, and above that what it shows of the face."""

PatchPair = npt.NDArray[np.uint8]
"""(2, 2, PATCH_PX, PATCH_PX, 4) uint8: the patch of a frame, and of the measured frame after it."""

PATCH_PX = 224

PATCH_EVERY = 5
"""Of the frames whose traces are measured, every so many begin a pair."""

PICTURE, FACE, MOUTH = 1, 2, 3
"""The mouth belongs to the face, and both to the picture."""

SMOOTHING = 0.8
"""The strength of ``smooth`` that a patch is smoothed with."""

_REACH = 1.35
"""How far a patch reaches from the face's middle, in distances between the eyes."""


def cut_patch(surroundings: Image, points: Points) -> Patch:
    """The face in the middle of a square of ``PATCH_PX``, pixel by pixel.

    ``surroundings``: uint8 RGB, as ``traces.surroundings`` cuts it; ``points`` in its pixels.
    """
    found = np.zeros((2, PATCH_PX, PATCH_PX, 4), np.uint8)
    frame = FaceFrame.of(points)
    half = min(round(_REACH * frame.unit), PATCH_PX // 2)
    x, y = (round(float(v)) for v in frame.at(0.0, 0.48))
    height, width = surroundings.shape[:2]
    left, right = max(x - half, 0), min(x + half, width)
    top, bottom = max(y - half, 0), min(y + half, height)
    if left >= right or top >= bottom:
        return found
    shown = surroundings[top:bottom, left:right]
    labels = np.full(shown.shape[:2], PICTURE, np.uint8)
    corner = np.array([left, top], np.float32)
    _mark(labels, frame, frame.at(0.6 * frame.turn, 0.62) - corner, (0.9, 1.15), FACE)
    _mark(labels, frame, frame.at(frame.turn, 1.09) - corner, (0.55, 0.4), MOUTH)
    dx, dy = PATCH_PX // 2 - x, PATCH_PX // 2 - y
    place = found[:, top + dy : bottom + dy, left + dx : right + dx]
    place[0, ..., :3] = shown
    place[1, ..., :3] = smooth(shown, SMOOTHING)
    place[..., 3] = labels
    return found


def smooth(image: Image, strength: float) -> Image:
    """Smoothed between edges, as decoders, denoisers and beautifiers leave a picture: a fast guided
    filter (He, Sun and Tang, 2013) of the picture by itself. uint8 (H, W, 3)."""
    radius = 2 + round(3 * strength)
    side = (2 * radius + 1, 2 * radius + 1)
    x = image.astype(np.float32) / 255
    mean = cv2.boxFilter(x, -1, side)
    variance = np.maximum(cv2.boxFilter(x * x, -1, side) - mean * mean, 0)
    a = variance / (variance + 0.0004 * (1 + 6 * strength))
    b = mean * (1 - a)
    smoothed = cv2.boxFilter(a, -1, side) * x + cv2.boxFilter(b, -1, side)
    return np.clip(smoothed * 255 + 0.5, 0, 255).astype(np.uint8)


def _mark(
    labels: npt.NDArray[np.uint8],
    frame: FaceFrame,
    middle: npt.NDArray[np.float32],
    radii: tuple[float, float],
    label: int,
) -> None:
    """Fill an ellipse; ``radii`` in distances between the eyes, across and along the face."""
    centre = (float(middle[0]), float(middle[1]))
    axes = (2 * radii[0] * frame.unit, 2 * radii[1] * frame.unit)
    tilt_deg = float(np.degrees(np.arctan2(frame.aside[1], frame.aside[0])))
    cv2.ellipse(labels, (centre, axes, tilt_deg), label, -1)
