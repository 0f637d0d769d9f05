"""What small encoder-decoders leave that training itself fitted to the faces (``decoders``).

Talking heads: the whole picture. Swaps: blended inside a hull. Lip sync: the network's mouth, in
the soft or hard rectangle over the lower half of the face, or the face's whole box, that Wav2Lip
and its kin paste.
"""

from __future__ import annotations

import cv2
import numpy as np

from deepfake_desktop.core.types import Image
from deepfake_desktop.training.face_store import box_from_landmarks
from deepfake_desktop.training.fakes.base import (
    Drift,
    Mask,
    Points,
    Render,
    Subject,
    blend,
    face_size,
    hull_mask,
    hull_points,
    sharpen,
    soften,
)
from deepfake_desktop.training.synthetic_cache import FITTED

MOUTHS = FITTED + "mouth"


def names(subject: Subject) -> list[str]:
    return sorted(name for name in subject.synthetic if name.startswith(FITTED))


def draw(rng: np.random.Generator, subject: Subject) -> Render:
    can = names(subject)
    if not can:
        raise ValueError("this kind needs cached reconstructions by fitted networks")
    name = str(rng.choice(can))
    decoded = subject.synthetic[name]
    run = subject.runs.get(name)
    size = face_size(subject.landmarks)
    if name.startswith(MOUTHS):
        where = str(rng.choice(["half", "box", "lower"], p=[0.5, 0.25, 0.25]))
    else:
        where = str(rng.choice(["everywhere", "whole", "face", "half"], p=[0.6, 0.2, 0.1, 0.1]))
    softness = float(rng.choice([0.0, rng.uniform(0.01, 0.06)])) * size
    pad = rng.uniform(-0.04, 0.08, size=4) * size
    opacity = float(rng.uniform(0.85, 1.0))
    over_sharp = float(rng.uniform(0.2, 1.0)) if rng.random() < 0.25 else 0.0
    strength = Drift(rng, subject.steps, spread=0.12, memory=0.4)
    first = subject.landmarks

    def render(image: Image, landmarks: Points, step: int) -> Image:
        face = decoded
        if run is not None:
            face = run[step]
        elif subject.steps > 1:  # carry what the network changed along with the head
            shift = (landmarks - first).mean(axis=0)
            change = decoded.astype(np.float32) - subject.image.astype(np.float32)
            matrix = np.array([[1, 0, shift[0]], [0, 1, shift[1]]], np.float32)
            moved = cv2.warpAffine(change, matrix, (image.shape[1], image.shape[0]))
            made = image.astype(np.float32) + moved * np.float32(1 + strength[step])
            face = np.clip(made + 0.5, 0, 255).astype(np.uint8)
        if over_sharp:
            face = sharpen(face, over_sharp, 1.0)
        if where == "everywhere":
            return face
        return blend(image, face, _mask(image.shape, landmarks) * np.float32(opacity))

    def _mask(shape: tuple[int, ...], landmarks: Points) -> Mask:
        if where not in ("half", "box"):
            return soften(hull_mask(shape, hull_points(landmarks, where)), softness)
        box = box_from_landmarks(landmarks)
        middle = (box.top_px + box.bottom_px) / 2
        x0, x1 = box.left_px - pad[0], box.right_px + pad[1]
        y0, y1 = (middle if where == "half" else box.top_px) - pad[2], box.bottom_px + pad[3]
        mask = np.zeros(shape[:2], np.uint8)
        cv2.rectangle(mask, (round(x0), round(y0)), (round(x1), round(y1)), 255, -1)
        return soften(mask, softness)

    return render
