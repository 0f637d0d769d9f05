"""A face made anew in every frame at a generator's own resolution and put back.

What changes the words or the person is left out: the generator here repeats the face it is given,
a little moved, and leaves what every one leaves. Lip-sync tools work at 96 or 128 pixels and paste
the face box or its lower half; face swappers at 128 to 256 and paste a soft hull. Restorers and
sharpening may follow.
"""

from __future__ import annotations

from dataclasses import dataclass
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
    as_image,
    blend,
    colour_table,
    displace,
    elastic_field,
    face_size,
    hull_mask,
    hull_points,
    recolour,
    sharpen,
    soften,
)
from deepfake_desktop.training.fakes.geometry import move_pixels, smooth_field, warp_by_points
from deepfake_desktop.training.fakes.lips import mouth_moves


@dataclass(frozen=True, slots=True)
class _Generator:
    """Its side in pixels, how soft its pictures are, and how they come back to size."""

    side_px: float
    blur: float
    smoothing: float
    own_sharpening: float
    up: int
    restoring: float

    @classmethod
    def draw(cls, rng: np.random.Generator, sides: tuple[int, ...]) -> _Generator:
        return cls(
            side_px=float(rng.choice(sides)),
            blur=float(rng.choice([0.0, 0.4, 0.7, 1.0])),
            smoothing=float(rng.choice([0.0, 0.0, 0.3, 0.7])),
            own_sharpening=float(rng.choice([0.0, 0.0, 0.4])),
            up=int(rng.choice([cv2.INTER_LINEAR, cv2.INTER_LINEAR, cv2.INTER_CUBIC])),
            restoring=float(rng.choice([0.0, 0.0, 0.0, 0.6, 1.2])),
        )

    def repeat(self, face: Image) -> Image:
        height, width = face.shape[:2]
        side = max(8, round(self.side_px))
        size = (side, max(8, round(side * height / width)))
        down = cv2.INTER_AREA if width > side else cv2.INTER_LINEAR
        made = as_image(cv2.resize(face, size, interpolation=down))
        if self.blur:
            made = as_image(cv2.GaussianBlur(made, (0, 0), self.blur))
        if self.smoothing:
            made = smooth_skin(made, self.smoothing)
        if self.own_sharpening:
            made = sharpen(made, self.own_sharpening, 1.0)
        back = as_image(cv2.resize(made, (width, height), interpolation=self.up))
        if self.restoring:
            back = sharpen(back, self.restoring, max(0.8, 0.6 * width / side))
        return back

    def cover(self, image: Image, moved: Image, box: list[int]) -> Image:
        """``image`` with what is in ``box`` of ``moved``, repeated."""
        x0, y0, x1, y1 = box
        covered = image.copy()
        covered[y0:y1, x0:x1] = self.repeat(moved[y0:y1, x0:x1])
        return covered


def draw_lips(rng: np.random.Generator, subject: Subject) -> Render:
    """The mouth moved otherwise, and the face box or its lower half put back."""
    size, steps = face_size(subject.landmarks), subject.steps
    generator = _Generator.draw(rng, (96, 96, 128, 128, 192, 256))
    whole = bool(rng.random() < 0.4)
    hull = not whole and bool(rng.random() < 0.3)
    softness = float(rng.uniform(0.0, 0.06)) * size
    pads = rng.uniform(-0.02, 0.1, size=4) * size
    unsteady = rng.normal(size=(steps, 4)) * 0.006 * size * rng.random()
    opening = Drift(rng, steps, centre=rng.normal() * 0.02, spread=0.02, memory=0.5)
    widening = Drift(rng, steps, spread=0.01, memory=0.5)

    def render(image: Image, landmarks: Points, step: int) -> Image:
        moves = mouth_moves(landmarks, opening[step], widening[step])
        moved = move_pixels(image, smooth_field(landmarks, moves, image.shape, reach=0.12 * size))
        low, high = landmarks.min(axis=0) - pads[:2], landmarks.max(axis=0) + pads[2:]
        box = _inside(np.concatenate([low, high]) + unsteady[step % steps], image)
        covered = generator.cover(image, moved, box)
        if hull:
            mask = hull_mask(image.shape, hull_points(landmarks, "lower"))
        else:
            mask = np.zeros(image.shape[:2], np.uint8)
            top = box[1] if whole else max(box[1], int(landmarks[29, 1]))
            mask[top : box[3], box[0] : box[2]] = 255
        return blend(image, covered, soften(mask, softness))

    return render


def draw_face(rng: np.random.Generator, subject: Subject) -> Render:
    """The face inside a hull or a box, a little off its place and colour."""
    size, steps = face_size(subject.landmarks), subject.steps
    generator = _Generator.draw(rng, (64, 128, 128, 128, 192, 256))
    region = str(rng.choice(["face", "whole", "inner", "box"]))
    softness = float(rng.uniform(0.02, 0.09)) * size
    table = colour_table(rng, rng.uniform(0.05, 0.5))
    bend = elastic_field(rng, cells=4, amount=rng.uniform(0.004, 0.016))
    shape = rng.normal(size=(68, 2)).astype(np.float32) * np.float32(0.008 * size)
    jitter = [Drift(rng, steps, spread=rng.uniform(0, 0.006) * size, memory=0.5) for _ in range(2)]
    light = Drift(rng, steps, spread=rng.uniform(0, 2))

    def render(image: Image, landmarks: Points, step: int) -> Image:
        goal = landmarks + shape + np.array([jitter[0][step], jitter[1][step]], np.float32)
        moved = warp_by_points(image, landmarks, goal, image.shape)
        shifted = table.copy()
        shifted[1] += light[step]
        around = _inside(_square(landmarks, 0.75 * size), image)
        covered = recolour(generator.cover(image, moved, around), shifted)
        return blend(image, covered, soften(_mask(image, landmarks), softness))

    def _mask(image: Image, landmarks: Points) -> Image:
        if region != "box":
            return displace(hull_mask(image.shape, hull_points(landmarks, region)), bend)
        mask = np.zeros(image.shape[:2], np.uint8)
        x0, y0, x1, y1 = _inside(_square(landmarks, 0.5 * size), image)
        mask[y0:y1, x0:x1] = 255
        return mask

    return render


def _square(landmarks: Points, reach: float) -> npt.NDArray[np.floating[Any]]:
    middle = landmarks.mean(axis=0)
    return np.concatenate([middle - reach, middle + reach])


def _inside(corners: npt.NDArray[np.floating[Any]], image: Image) -> list[int]:
    """Left, top, right, bottom inside the picture, at least 8 pixels wide and high."""
    height, width = image.shape[:2]
    x0, y0 = int(np.clip(corners[0], 0, width - 9)), int(np.clip(corners[1], 0, height - 9))
    x1, y1 = int(np.clip(corners[2], 0, width)), int(np.clip(corners[3], 0, height))
    return [x0, y0, max(x1, x0 + 8), max(y1, y0 + 8)]
