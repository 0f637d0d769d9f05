"""A real face for the tests of training: the public-domain NASA portrait of scikit-image."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import cv2
import numpy as np

from deepfake_desktop.core.types import Image
from deepfake_desktop.training.face_store import (
    FaceStore,
    LandmarkFinder,
    Landmarks,
    StoredFace,
    StoreWriter,
    cut_for_store,
)


@cache
def portrait() -> tuple[Image, Landmarks]:
    """The crop as a store keeps it, and its landmarks. Not to be written to."""
    from skimage import data

    picture = np.ascontiguousarray(data.astronaut())
    finder = LandmarkFinder()
    box = finder.detect(picture)
    assert box is not None
    cut = cut_for_store(picture, finder.landmarks(picture, box))
    assert cut is not None
    cut[0].flags.writeable = False
    return cut


def variant(number: int) -> tuple[Image, Landmarks]:
    """The same portrait at another size, brightness and tint: stands for another person."""
    image, points = portrait()
    rng = np.random.default_rng(number)
    scale = rng.uniform(0.8, 1.1)
    size = (round(image.shape[1] * scale), round(image.shape[0] * scale))
    scaled = cv2.resize(image, size, interpolation=cv2.INTER_AREA).astype(np.float32)
    tinted = np.clip(scaled * rng.uniform(0.85, 1.1, 3) + rng.uniform(-8, 8), 0, 255)
    ratio = np.array([size[0] / image.shape[1], size[1] / image.shape[0]], np.float32)
    return tinted.astype(np.uint8), points * ratio


def small_store(folder: Path, *, stills: int = 10, clips: int = 2, frames: int = 6) -> FaceStore:
    """``stills`` people and ``clips`` short clips of one more person each."""
    with StoreWriter(folder) as writer:
        for number in range(stills):
            image, points = variant(number)
            writer.append(StoredFace(image, points, f"person{number}", "stills", "", 0.0))
        for clip in range(clips):
            image, points = variant(100 + clip)
            for k in range(frames):
                moved = np.roll(image, k, axis=1)
                shift = np.array([k, 0], np.float32)
                writer.append(
                    StoredFace(
                        moved, points + shift, f"actor{clip}", "clips", f"clip{clip}", 0.08 * k
                    )
                )
    return FaceStore(folder)
