"""Whole-face synthesis traces: reconstructions by neural decoders, whole picture or inside a hull.

The reconstructions come cached (``Subject.synthetic``), for a network pass per
sample would cost more than the detector's own training step. Some are driven like puppets: a
smooth warp of the whole head, as reenactment leaves.
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
    sharpen,
    soften,
)
from deepfake_desktop.training.fakes.geometry import move_pixels, smooth_field
from deepfake_desktop.training.fakes.lips import mouth_moves
from deepfake_desktop.training.synthetic_cache import FITTED


def draw(rng: np.random.Generator, subject: Subject) -> Render:
    names = sorted(name for name in subject.synthetic if not name.startswith(FITTED))
    if not names:
        raise ValueError("synthesis needs cached reconstructions")
    decoded = subject.synthetic[str(rng.choice(names))]
    size = face_size(subject.landmarks)
    steps = subject.steps
    where = str(rng.choice(["everywhere", "whole", "face"], p=[0.55, 0.3, 0.15]))
    softness = float(rng.uniform(0.02, 0.1)) * size
    opacity = float(rng.uniform(0.75, 1.0))
    over_sharp = float(rng.uniform(0.2, 1.2)) if rng.random() < 0.35 else 0.0
    airbrush = float(rng.uniform(0.2, 1.0)) if rng.random() < 0.4 else 0.0
    puppet = bool(rng.random() < 0.4)
    opening = Drift(rng, steps, centre=rng.normal() * 0.03, spread=0.02, memory=0.6)
    widening = Drift(rng, steps, spread=0.012, memory=0.6)
    strength = Drift(rng, steps, spread=0.15, memory=0.3)
    turn = Drift(rng, steps, centre=rng.normal() * 0.015, spread=0.008)
    first = subject.landmarks

    def render(image: Image, landmarks: Points, step: int) -> Image:
        face = decoded
        if steps > 1:  # carry the decoder's residue along with the head
            shift = (landmarks - first).mean(axis=0)
            residue = decoded.astype(np.float32) - subject.image.astype(np.float32)
            matrix = np.array([[1, 0, shift[0]], [0, 1, shift[1]]], np.float32)
            moved = cv2.warpAffine(residue, matrix, (image.shape[1], image.shape[0]))
            face = np.clip(image.astype(np.float32) + moved * (1 + strength[step]), 0, 255).astype(
                np.uint8
            )
        if airbrush:
            face = smooth_skin(face, airbrush)
        if over_sharp:
            face = sharpen(face, over_sharp, 1.2)
        if puppet:
            moves = mouth_moves(landmarks, opening[step], widening[step])
            moves[27:36, 0] += turn[step] * size
            face = move_pixels(face, smooth_field(landmarks, moves, image.shape, reach=0.2 * size))
        if where == "everywhere":
            return face
        mask = hull_mask(image.shape, hull_points(landmarks, where))
        return blend(image, face, soften(mask, softness) * opacity)

    return render
