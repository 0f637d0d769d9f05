"""Traces of a generator's up-sampling, from decoders drawn at random instead of trained.

The picture is brought to half (or a quarter) of its size and up again by a sub-pixel kernel for
each of the four positions: interpolation with small random faults, which is what transposed
convolutions and pixel shuffles leave (grids, repeated spectra; Odena and others, 2016). Part of
the lost detail comes back smoothed or over-sharp, as learned decoders invent it.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from deepfake_desktop.core.patches import smooth as smooth_skin
from deepfake_desktop.core.types import Image
from deepfake_desktop.training.fakes.base import (
    Drift,
    Points,
    Render,
    Subject,
    as_floats,
    as_image,
    blend,
    face_size,
    hull_mask,
    hull_points,
    sharpen,
    soften,
)

Kernels = npt.NDArray[np.float32]
"""(4, 3, 3): one kernel per sub-pixel position, row by row."""


def draw_kernels(rng: np.random.Generator, *, kind: str, faults: float) -> Kernels:
    """``kind``: nearest, bilinear or cubic is the ground; ``faults`` the spread of its errors."""
    kernels = np.zeros((4, 3, 3), np.float32)
    for position in range(4):
        y, x = divmod(position, 2)
        rows, columns = _weights(y, kind), _weights(x, kind)
        kernels[position] = np.outer(rows, columns)
    kernels += rng.standard_normal(kernels.shape).astype(np.float32) * np.float32(faults)
    total = kernels.sum(axis=(1, 2), keepdims=True)
    uneven = 1 + rng.standard_normal((4, 1, 1)).astype(np.float32) * np.float32(0.25 * faults)
    return as_floats(kernels / total * uneven)


def upsample(low: Image, kernels: Kernels) -> npt.NDArray[np.float32]:
    """(h, w, 3) to (2h, 2w, 3) float32."""
    height, width = low.shape[:2]
    out = np.empty((2 * height, 2 * width, 3), np.float32)
    source = low.astype(np.float32)
    for position in range(4):
        y, x = divmod(position, 2)
        out[y::2, x::2] = cv2.filter2D(
            source, -1, kernels[position], borderType=cv2.BORDER_REPLICATE
        )
    return out


def draw(rng: np.random.Generator, subject: Subject) -> Render:
    size = face_size(subject.landmarks)
    kind = str(rng.choice(["nearest", "bilinear", "cubic"], p=[0.25, 0.5, 0.25]))
    first = draw_kernels(rng, kind=kind, faults=rng.uniform(0.005, 0.06))
    second = draw_kernels(rng, kind=kind, faults=rng.uniform(0.005, 0.04))
    twice = bool(rng.random() < 0.35)
    finer = float(rng.uniform(0.7, 1.3))
    detail = Drift(rng, subject.steps, centre=rng.uniform(0.1, 0.75), spread=0.06, memory=0.5)
    smooth = float(rng.uniform(0.1, 1.2))
    over = float(rng.uniform(0.2, 1.2)) if rng.random() < 0.5 else 0.0
    where = str(rng.choice(["everywhere", "whole", "face", "lower"], p=[0.5, 0.25, 0.15, 0.1]))
    softness = float(rng.uniform(0.02, 0.1)) * size

    def render(image: Image, landmarks: Points, step: int) -> Image:
        height, width = image.shape[:2]
        half = (max(16, round(width * finer / 2)), max(16, round(height * finer / 2)))
        low = as_image(cv2.resize(image, half, interpolation=cv2.INTER_AREA))
        if twice:
            quarter: Any = cv2.resize(
                low, (max(8, half[0] // 2), max(8, half[1] // 2)), interpolation=cv2.INTER_AREA
            )
            rough = cv2.resize(_byte(upsample(quarter, second)), half)
            low = as_image(cv2.addWeighted(low, 0.6, rough, 0.4, 0))
        up = cv2.resize(upsample(low, first), (width, height), interpolation=cv2.INTER_LINEAR)
        lost = smooth_skin(image, smooth).astype(np.float32) - cv2.resize(
            low, (width, height), interpolation=cv2.INTER_LINEAR
        ).astype(np.float32)
        face = _byte(up + lost * np.float32(np.clip(detail[step], 0, 1)))
        if over:
            face = sharpen(face, over, 1.2)
        if where == "everywhere":
            return face
        mask = hull_mask(image.shape, hull_points(landmarks, where))
        return blend(image, face, soften(mask, softness))

    return render


def _weights(position: int, kind: str) -> npt.NDArray[np.float32]:
    """Three taps for the sub-pixel a quarter before (0) or after (1) a sample."""
    taps = {
        "nearest": (0.0, 1.0, 0.0),
        "bilinear": (0.25, 0.75, 0.0),
        "cubic": (0.22, 0.9, -0.12),
    }[kind]
    return np.asarray(taps if position == 0 else taps[::-1], dtype=np.float32)


def _byte(values: npt.NDArray[Any]) -> Image:
    return np.clip(values + 0.5, 0, 255).astype(np.uint8)
