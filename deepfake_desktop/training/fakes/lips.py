"""The mouth replaced, as lip-sync tools do: a soft rectangle or lower face of low resolution.

The new mouth is another moment of the same person, or the same mouth opened or closed by a warp;
Wav2Lip and its kin work at 96 pixels and paste back a rectangle with a visible loss of detail.
"""

from __future__ import annotations

import cv2
import numpy as np

from deepfake_desktop.core.patches import smooth as smooth_skin
from deepfake_desktop.core.types import Image
from deepfake_desktop.training.fakes.base import (
    MOUTH,
    Drift,
    Mask,
    Points,
    Render,
    Subject,
    blend,
    colour_table,
    face_size,
    hull_mask,
    hull_points,
    match_colour,
    recolour,
    resample,
    sharpen,
    soften,
)
from deepfake_desktop.training.fakes.geometry import move_pixels, smooth_field, warp_by_points

LOWER_LIP = np.r_[55:60, 65:68]
CHIN = np.arange(4, 13)


def mouth_moves(landmarks: Points, opening: float, widening: float) -> Points:
    """Displacements (68, 2): lower lip and chin down by ``opening``, corners out by ``widening``,
    both as shares of the face size."""
    size = face_size(landmarks)
    moves = np.zeros((68, 2), np.float32)
    moves[LOWER_LIP, 1] = opening * size
    moves[CHIN, 1] = 0.6 * opening * size
    middle = landmarks[MOUTH, 0].mean()
    moves[MOUTH, 0] = np.sign(landmarks[MOUTH, 0] - middle) * widening * size
    return moves


def draw(rng: np.random.Generator, subject: Subject) -> Render:
    size = face_size(subject.landmarks)
    steps = subject.steps
    side = float(rng.choice([48, 64, 96, 96, 128, 192]))
    ratio = min(1.0, side / (1.25 * size))
    shape = str(rng.choice(["rectangle", "lower", "mouth"], p=[0.5, 0.35, 0.15]))
    softness = float(rng.uniform(0.005, 0.07)) * size
    opening = Drift(rng, steps, centre=rng.normal() * 0.03, spread=0.02, memory=0.5)
    widening = Drift(rng, steps, spread=0.012, memory=0.5)
    table = colour_table(rng, rng.uniform(0.0, 0.5))
    light = Drift(rng, steps, spread=rng.uniform(0, 2.5), memory=0.4)
    polish = str(rng.choice(["none", "sharpen", "smooth"], p=[0.5, 0.15, 0.35]))
    names = sorted(subject.synthetic)
    decoded = subject.synthetic[str(rng.choice(names))] if names and rng.random() < 0.5 else None
    other = subject.other if rng.random() < 0.6 else None
    pad = rng.uniform(0.02, 0.12, size=4)

    def render(image: Image, landmarks: Points, step: int) -> Image:
        if other is not None and decoded is None:
            face = warp_by_points(other[0], other[1], landmarks, image.shape)
            face = match_colour(face, image, hull_mask(image.shape, landmarks))
        else:
            start = image
            if decoded is not None and steps == 1:
                start = decoded
            moves = mouth_moves(landmarks, opening[step], widening[step])
            field = smooth_field(landmarks, moves, image.shape, reach=0.12 * size)
            face = move_pixels(start, field)
        shifted = table.copy()
        shifted[1] += light[step]
        face = recolour(face, shifted)
        if ratio < 1:
            face = resample(face, ratio, down=cv2.INTER_AREA, up=cv2.INTER_LINEAR)
        if polish == "sharpen":
            face = sharpen(face, 0.7, 1.0)
        elif polish == "smooth":
            face = smooth_skin(face, 0.5)
        return blend(image, face, _mask(image, landmarks))

    def _mask(image: Image, landmarks: Points) -> Mask:
        if shape == "rectangle":
            x0, x1 = landmarks[3, 0] - pad[0] * size, landmarks[13, 0] + pad[1] * size
            y0, y1 = landmarks[30, 1] - pad[2] * size, landmarks[8, 1] + pad[3] * size
            mask = np.zeros(image.shape[:2], np.uint8)
            cv2.rectangle(mask, (int(x0), int(y0)), (int(x1), int(y1)), 255, -1)
        else:
            mask = hull_mask(image.shape, hull_points(landmarks, shape))
        return soften(mask, softness)

    return render
