"""A puppet: one picture of a person driven by the landmarks of another moment (reenactment).

The whole picture is warped onto the driven landmarks, so mouth interiors stretch, wrinkles and
shadows stay where the one picture had them, and in a clip no frame is taken anew. Generators work
at 256 pixels or less and decode smoothly: some of that is added.
"""

from __future__ import annotations

import cv2
import numpy as np

from deepfake_desktop.core.patches import smooth as smooth_skin
from deepfake_desktop.core.types import Image
from deepfake_desktop.training.fakes.base import (
    Drift,
    Points,
    Render,
    Subject,
    blend,
    face_size,
    hull_mask,
    hull_points,
    resample,
    sharpen,
    soften,
)
from deepfake_desktop.training.fakes.geometry import move_pixels, smooth_field, warp_by_points
from deepfake_desktop.training.fakes.lips import mouth_moves


def draw(rng: np.random.Generator, subject: Subject) -> Render:
    size = face_size(subject.landmarks)
    steps = subject.steps
    source = (subject.image, subject.landmarks)
    if steps == 1 and subject.other is not None:
        source = subject.other
    drive = float(rng.uniform(0.02, 0.05))
    opening = Drift(rng, steps, centre=rng.normal() * drive, spread=drive, memory=0.5)
    widening = Drift(rng, steps, centre=rng.normal() * 0.015, spread=0.015, memory=0.6)
    turn = Drift(rng, steps, centre=rng.normal() * 0.02, spread=0.012, memory=0.85)
    ratio = float(rng.uniform(0.45, 1.0))
    smooth = float(rng.uniform(0.2, 1.2)) if rng.random() < 0.6 else 0.0
    over = float(rng.uniform(0.2, 1.2)) if rng.random() < 0.4 else 0.0
    everywhere = bool(rng.random() < 0.7)
    softness = float(rng.uniform(0.03, 0.12)) * size
    jitter = rng.standard_normal((steps, 68, 2)).astype(np.float32) * np.float32(0.003 * size)

    def render(image: Image, landmarks: Points, step: int) -> Image:
        face = warp_by_points(source[0], source[1], landmarks + jitter[step % steps], image.shape)
        moves = mouth_moves(landmarks, opening[step], widening[step])
        moves[27:36, 0] += turn[step] * size
        face = move_pixels(face, smooth_field(landmarks, moves, image.shape, reach=0.2 * size))
        if ratio < 0.95:
            face = resample(face, ratio, down=cv2.INTER_AREA, up=cv2.INTER_CUBIC)
        if smooth:
            face = smooth_skin(face, smooth)
        if over:
            face = sharpen(face, over, 1.2)
        if everywhere:
            return face
        mask = hull_mask(image.shape, hull_points(landmarks, "whole"))
        return blend(image, face, soften(mask, softness))

    return render
