"""Patches: a face in the picture's own pixels, beside the same face one frame earlier: as they are,
smoothed, and their colours alone.

The network's small crops have lost what a generator leaves in single pixels, and the traces
(``core.traces``) only say how much fine detail there is, not what it looks like. A patch is what a
shallow network (``network.TextureStem``) looks at instead: never enlarged, and reduced only as far
as ``traces.surroundings`` reduces a large face.

Every camera and every codec has a texture of its own, so texture alone says where a video comes
from before it says anything of the face. Two things say more. What smoothing changes: a face that
was smoothed already, as decoders and blending smooth it, changes less, whatever camera it was. And
how the inside of a face differs from its rim, or the mouth from the upper half: both went through
the same camera, but not through the same generator.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from deepfake_desktop.core.traces import FaceFrame, Points
from deepfake_desktop.core.types import Image

Patch = npt.NDArray[np.uint8]
"""(3, PATCH_PX, PATCH_PX, 4) uint8, as it is, smoothed, and its colours: RGB, and in the last
channel, the same in all three, which regions a pixel belongs to, a bit each."""

PatchPair = npt.NDArray[np.uint8]
"""(2, 3, PATCH_PX, PATCH_PX, 4) uint8: the patch of a frame, and of the measured frame after it."""

PATCH_PX = 224

PATCH_EVERY = 7
"""Of the frames whose traces are measured, every so many begin a pair."""

PICTURE, FACE, MOUTH, UPPER, CORE, RIM = (1 << bit for bit in range(6))
"""Bits of regions. ``PICTURE`` is all that is shown, ``UPPER`` the upper half of the face; ``CORE``
is what no mask of a swap would leave out, ``RIM`` a band on both sides of the face's border."""

_RADII = (0.9, 1.15)
"""Of the ellipse that is the face, across and along, in distances between the eyes. The others':"""
_CORE_RADII, _RIM_RADII, _MOUTH_RADII = (0.55, 0.8), ((0.68, 0.93), (1.12, 1.37)), (0.55, 0.4)

SMOOTHING = 0.8
"""The strength of ``smooth`` that a patch is smoothed with."""

COLOUR_GAIN = 3
"""How much stronger than they are the colours of a patch are shown."""

_REACH = 1.35
"""How far a patch reaches from the face's middle, in distances between the eyes."""


def cut_patch(surroundings: Image, points: Points) -> Patch:
    """The face in the middle of a square of ``PATCH_PX``, pixel by pixel.

    ``surroundings``: uint8 RGB, as ``traces.surroundings`` cuts it; ``points`` in its pixels.
    """
    found = np.zeros((3, PATCH_PX, PATCH_PX, 4), np.uint8)
    frame = FaceFrame.of(points)
    half = min(round(_REACH * frame.unit), PATCH_PX // 2)
    x, y = (round(float(v)) for v in frame.at(0.0, 0.48))
    height, width = surroundings.shape[:2]
    left, right = max(x - half, 0), min(x + half, width)
    top, bottom = max(y - half, 0), min(y + half, height)
    if left >= right or top >= bottom:
        return found
    shown = surroundings[top:bottom, left:right]
    dx, dy = PATCH_PX // 2 - x, PATCH_PX // 2 - y
    place = found[:, top + dy : bottom + dy, left + dx : right + dx]
    place[0, ..., :3] = shown
    place[1, ..., :3] = smooth(shown, SMOOTHING)
    place[2, ..., :3] = colours(shown)
    place[..., 3] = _regions(frame, left, top, shown.shape[1], shown.shape[0])
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


def colours(image: Image) -> Image:
    """Cr, Cb and their mean (ITU-R BT.601) about 128, ``COLOUR_GAIN`` times as strong. Codecs keep
    them at half the resolution, and generators paint them softer than cameras see them. uint8
    (H, W, 3)."""
    both = cv2.cvtColor(image, cv2.COLOR_RGB2YCrCb)[..., 1:].astype(np.float32) - 128
    planes = np.concatenate([both, both.mean(axis=2, keepdims=True)], axis=2)
    return np.clip(128.5 + COLOUR_GAIN * planes, 0, 255).astype(np.uint8)


def _regions(
    frame: FaceFrame, left: int, top: int, width: int, height: int
) -> npt.NDArray[np.uint8]:
    """(height, width) uint8, of the part of the picture that begins there."""
    corner = np.array([left, top], np.float32)
    middle = frame.at(0.6 * frame.turn, 0.62) - corner
    mouth = frame.at(frame.turn, 1.09) - corner
    tilt_deg = float(np.degrees(np.arctan2(frame.aside[1], frame.aside[0])))

    def ellipse(
        where: npt.NDArray[np.float32], radii: tuple[float, float]
    ) -> npt.NDArray[np.uint8]:
        inside = np.zeros((height, width), np.uint8)
        axes = (2 * radii[0] * frame.unit, 2 * radii[1] * frame.unit)
        cv2.ellipse(inside, ((float(where[0]), float(where[1])), axes, tilt_deg), 1, -1)
        return inside

    face, within, around = (ellipse(middle, radii) for radii in (_RADII, *_RIM_RADII))
    ys, xs = np.mgrid[:height, :width].astype(np.float32)
    above = (xs - middle[0]) * frame.down[0] + (ys - middle[1]) * frame.down[1] < 0
    found = PICTURE + FACE * face + MOUTH * ellipse(mouth, _MOUTH_RADII)
    found += UPPER * face * above + CORE * ellipse(middle, _CORE_RADII) + RIM * (around - within)
    return np.asarray(found, np.uint8)
