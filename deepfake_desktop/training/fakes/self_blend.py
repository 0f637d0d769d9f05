"""Self-blended faces (Shiohara and Yamasaki, CVPR 2022): a face blended into itself.

A copy differs in colour, sharpness, frequency or resampling and is moved by a few pixels; a
landmark hull, bent elastically and softened, decides where it covers the original.
"""

from __future__ import annotations

import cv2
import numpy as np

from deepfake_desktop.core.types import Image
from deepfake_desktop.training.fakes.base import (
    Drift,
    Points,
    Render,
    Subject,
    as_image,
    blend,
    colour_table,
    displace,
    elastic_field,
    face_size,
    hull_mask,
    hull_points,
    jpeg,
    recolour,
    resample,
    sharpen,
    similarity,
    soften,
    warp,
)

REGIONS = ("face", "whole", "inner", "lower", "eyes", "mouth")
REGION_WEIGHTS = (0.34, 0.26, 0.16, 0.1, 0.06, 0.08)


def draw(rng: np.random.Generator, subject: Subject) -> Render:
    size = face_size(subject.landmarks)
    region = str(rng.choice(REGIONS, p=REGION_WEIGHTS))
    bend = elastic_field(rng, cells=int(rng.integers(3, 6)), amount=rng.uniform(0.004, 0.02))
    softness = float(rng.uniform(0.01, 0.09)) * size
    opacity = float(rng.choice([0.5, 0.75, 1.0, 1.0, 1.0]))
    table = colour_table(rng, rng.uniform(0.15, 1.0))
    steps = subject.steps
    spread = rng.uniform(0.003, 0.02) * size
    shift_x = Drift(rng, steps, centre=rng.normal() * spread, spread=0.5 * spread)
    shift_y = Drift(rng, steps, centre=rng.normal() * spread, spread=0.5 * spread)
    scale = Drift(rng, steps, centre=1 + rng.normal() * 0.015, spread=0.006)
    angle = Drift(rng, steps, centre=rng.normal() * 1.0, spread=0.5)
    light = Drift(rng, steps, centre=0.0, spread=rng.uniform(0.0, 4.0))
    detail = rng.choice(
        ["resample", "blur", "sharpen", "jpeg", "none"], p=[0.4, 0.2, 0.15, 0.1, 0.15]
    )
    ratio = float(rng.uniform(0.3, 0.85))
    down, up = (
        int(rng.choice([cv2.INTER_LINEAR, cv2.INTER_AREA])),
        int(rng.choice([cv2.INTER_LINEAR, cv2.INTER_CUBIC])),
    )
    sigma = float(rng.uniform(0.5, 1.6))
    amount = float(rng.uniform(0.4, 1.5))
    quality = int(rng.integers(25, 80))
    cover_is_ground = bool(rng.random() < 0.3)

    def render(image: Image, landmarks: Points, step: int) -> Image:
        shifted = table.copy()
        shifted[1] += light[step]
        copy = recolour(image, shifted)
        if detail == "resample":
            copy = resample(copy, ratio, down=down, up=up)
        elif detail == "blur":
            copy = as_image(cv2.GaussianBlur(copy, (0, 0), sigma))
        elif detail == "sharpen":
            copy = sharpen(copy, amount, sigma)
        elif detail == "jpeg":
            copy = jpeg(copy, quality)
        middle = landmarks.mean(axis=0)
        matrix = similarity(
            centre=(float(middle[0]), float(middle[1])),
            angle_deg=angle[step],
            scale=scale[step],
            dx=shift_x[step],
            dy=shift_y[step],
        )
        mask = displace(hull_mask(image.shape, hull_points(landmarks, region)), bend)
        weight = soften(mask, softness) * opacity
        if cover_is_ground:  # the untouched face inside changed surroundings
            return blend(copy, warp(image, matrix, interpolation=cv2.INTER_LINEAR), weight)
        return blend(image, warp(copy, matrix, interpolation=cv2.INTER_LINEAR), weight)

    return render
