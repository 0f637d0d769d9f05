"""Another person's face put on by landmarks, as face-swap tools do.

The donor is warped onto the target's landmarks (an affine fit, then a smooth field for what is
left), brought to a generator's resolution, colour-matched and blended by alpha or seamlessly.
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
    colour_table,
    displace,
    elastic_field,
    face_size,
    hull_mask,
    hull_points,
    match_colour,
    recolour,
    resample,
    sharpen,
    soften,
)
from deepfake_desktop.training.fakes.geometry import warp_by_points

NEEDS_DONOR = True


def draw(rng: np.random.Generator, subject: Subject) -> Render:
    if subject.donor is None:
        raise ValueError("a swap needs a donor")
    donor, donor_points = subject.donor
    size = face_size(subject.landmarks)
    region = str(rng.choice(["face", "whole", "inner"], p=[0.5, 0.3, 0.2]))
    bend = elastic_field(rng, cells=4, amount=rng.uniform(0.002, 0.012))
    softness = float(rng.uniform(0.02, 0.09)) * size
    side = float(rng.choice([64, 96, 128, 160, 256]))
    ratio = min(1.0, side / (1.4 * size))
    transfer = bool(rng.random() < 0.8)
    table = colour_table(rng, rng.uniform(0.1, 0.6))
    seamless = bool(rng.random() < 0.2)
    polish = str(rng.choice(["none", "sharpen", "smooth"], p=[0.5, 0.25, 0.25]))
    jitter = [
        Drift(rng, subject.steps, spread=rng.uniform(0.002, 0.008) * size, memory=0.6)
        for _ in range(2)
    ]
    light = Drift(rng, subject.steps, spread=rng.uniform(0, 4))
    wobble = rng.standard_normal((68, 2)).astype(np.float32) * np.float32(0.004 * size)

    def render(image: Image, landmarks: Points, step: int) -> Image:
        goal = landmarks + wobble + np.array([jitter[0][step], jitter[1][step]], np.float32)
        face = warp_by_points(donor, donor_points, goal, image.shape)
        hull = hull_mask(image.shape, hull_points(landmarks, region))
        if transfer:
            face = match_colour(face, image, hull)
        shifted = table.copy()
        shifted[1] += light[step]
        face = recolour(face, shifted)
        if ratio < 1:
            face = resample(face, ratio, down=cv2.INTER_AREA, up=cv2.INTER_CUBIC)
        if polish == "sharpen":
            face = sharpen(face, 0.8, 1.2)
        elif polish == "smooth":
            face = smooth_skin(face, 0.6)
        mask = displace(hull, bend)
        if seamless:
            return _seamless(image, face, mask)
        return blend(image, face, soften(mask, softness))

    return render


def _seamless(image: Image, face: Image, mask: Image) -> Image:
    """Poisson blending; falls back to a soft edge where the hull leaves the picture."""
    inner = mask.copy()
    inner[:3] = inner[-3:] = 0
    inner[:, :3] = inner[:, -3:] = 0
    x, y, w, h = cv2.boundingRect(inner)
    if w < 8 or h < 8:
        return blend(image, face, soften(mask, 4.0))
    centre = (x + w // 2, y + h // 2)
    try:
        return np.asarray(cv2.seamlessClone(face, image, inner, centre, cv2.NORMAL_CLONE))
    except cv2.error:
        return blend(image, face, soften(mask, 4.0))
