"""A still as a clip: what a camera, light and a living head do, and nothing that a fake does.

Both the real and the faked clip start from these same frames.
"""

from __future__ import annotations

import cv2
import numpy as np

from deepfake_desktop.core.types import Image
from deepfake_desktop.training.fakes.base import (
    Drift,
    Points,
    face_size,
    recolour,
    similarity,
)
from deepfake_desktop.training.fakes.geometry import move_pixels, smooth_field
from deepfake_desktop.training.fakes.lips import mouth_moves

_UPPER_LIDS = np.array([37, 38, 43, 44])
_LOWER_LIDS = np.array([41, 40, 47, 46])


def move(
    rng: np.random.Generator, image: Image, landmarks: Points, *, steps: int
) -> tuple[list[Image], list[Points]]:
    """``steps`` frames of about 80 ms: drift, sway, light, small expressions, perhaps a blink."""
    size = face_size(landmarks)
    middle = landmarks.mean(axis=0)
    handheld = rng.uniform(0.0, 0.02) * size
    x = Drift(rng, steps, spread=handheld, memory=0.9)
    y = Drift(rng, steps, spread=handheld, memory=0.9)
    angle = Drift(rng, steps, spread=rng.uniform(0, 2.5), memory=0.93)
    scale = Drift(rng, steps, centre=1.0, spread=rng.uniform(0, 0.012), memory=0.93)
    light = Drift(rng, steps, spread=rng.uniform(0, 2.5), memory=0.9)
    opening = Drift(rng, steps, spread=rng.uniform(0.0, 0.02), memory=0.6)
    widening = Drift(rng, steps, spread=rng.uniform(0.0, 0.008), memory=0.7)
    turn = Drift(rng, steps, spread=rng.uniform(0.0, 0.012), memory=0.93)
    blink_at = int(rng.integers(0, steps)) if rng.random() < 0.5 else -9
    frames, points = [], []
    for step in range(steps):
        moves = mouth_moves(landmarks, opening[step], widening[step])
        moves[27:36, 0] += turn[step] * size
        if abs(step - blink_at) <= 1:
            closed = 0.9 if step == blink_at else 0.4
            gap = landmarks[_LOWER_LIDS] - landmarks[_UPPER_LIDS]
            moves[_UPPER_LIDS] += gap * np.float32(closed)
        field = smooth_field(landmarks, moves, image.shape, reach=0.15 * size, cells=20)
        frame = move_pixels(image, field)
        matrix = similarity(
            centre=(float(middle[0]), float(middle[1])),
            angle_deg=angle[step],
            scale=scale[step],
            dx=x[step],
            dy=y[step],
        )
        frame = np.asarray(
            cv2.warpAffine(
                frame,
                matrix,
                (image.shape[1], image.shape[0]),
                flags=cv2.INTER_LINEAR,
                borderMode=cv2.BORDER_REPLICATE,
            ),
            dtype=np.uint8,
        )
        table = np.array([[1, 1, 1], [light[step]] * 3, [1, 1, 1]], np.float32)
        frames.append(recolour(frame, table))
        placed = (landmarks + moves) @ matrix[:, :2].T + matrix[:, 2]
        points.append(placed.astype(np.float32))
    return frames, points
