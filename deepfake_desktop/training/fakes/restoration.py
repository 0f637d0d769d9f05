"""What face restorers leave (GFPGAN and its kin after a swap): smooth skin with hard edges.

Skin is smoothed while edges are kept, then lines of eyes, mouth and brows are over-sharpened: in
the face only, so that it no longer fits the camera that made the rest, or in the whole picture, as
talking heads sent through a restorer look.
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


def draw(rng: np.random.Generator, subject: Subject) -> Render:
    size = face_size(subject.landmarks)
    region = str(rng.choice(["everywhere", "whole", "face", "inner"], p=[0.5, 0.25, 0.15, 0.1]))
    smooth = Drift(rng, subject.steps, centre=rng.uniform(0.3, 1.5), spread=0.1)
    amount = Drift(rng, subject.steps, centre=rng.uniform(0.5, 2.0), spread=0.15)
    sigma = float(rng.uniform(0.8, 2.0))
    ratio = float(rng.uniform(0.35, 1.0)) if region != "everywhere" else 1.0
    softness = float(rng.uniform(0.02, 0.1)) * size

    def render(image: Image, landmarks: Points, step: int) -> Image:
        face = image
        if ratio < 0.9:
            face = resample(face, ratio, down=cv2.INTER_AREA, up=cv2.INTER_CUBIC)
        face = smooth_skin(face, max(0.1, smooth[step]))
        face = sharpen(face, max(0.1, amount[step]), sigma)
        if region == "everywhere":
            return face
        mask = hull_mask(image.shape, hull_points(landmarks, region))
        return blend(image, face, soften(mask, softness))

    return render
