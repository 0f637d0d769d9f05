"""What all kinds of fakes share: the subject, drifting parameters, masks and small image steps.

A kind is a module with ``draw(rng, subject) -> Render``. What is drawn once (mask shape, donor,
resampling) stays for the clip; what drifts comes from ``Drift``, one value per frame. A still is a
clip of one frame.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from deepfake_desktop.core.types import Image

Points = npt.NDArray[np.float32]
Mask = npt.NDArray[np.float32]
Render = Callable[[Image, Points, int], Image]
"""(frame RGB uint8, its landmarks (68, 2), step number) to the faked frame, same size."""

JAW = np.arange(0, 17)
BROWS = np.arange(17, 27)
NOSE = np.arange(27, 36)
EYES = np.arange(36, 48)
MOUTH = np.arange(48, 68)

INTERPOLATIONS = (cv2.INTER_NEAREST, cv2.INTER_LINEAR, cv2.INTER_CUBIC, cv2.INTER_AREA)


@dataclass(frozen=True, slots=True, eq=False)
class Subject:
    """The first frame of what is to be faked, and what may serve.

    ``donor``: another person's (image, landmarks); ``other``: another moment of the same person;
    ``synthetic``: reconstructions of exactly this image by neural decoders, by name, same size;
    ``runs``: of every frame of the clip, one network each, where there are.
    """

    image: Image
    landmarks: Points
    steps: int = 1
    donor: tuple[Image, Points] | None = None
    other: tuple[Image, Points] | None = None
    synthetic: Mapping[str, Image] = field(default_factory=dict)
    runs: Mapping[str, Sequence[Image]] = field(default_factory=dict)


def as_image(value: Any) -> Image:
    """OpenCV's loosely typed results as what they are: uint8 pictures."""
    return np.asarray(value, dtype=np.uint8)


def as_floats(value: Any) -> npt.NDArray[np.float32]:
    return np.asarray(value, dtype=np.float32)


class Drift:
    """A mean-reverting walk around ``centre`` with standard deviation ``spread``, one per step."""

    def __init__(
        self,
        rng: np.random.Generator,
        steps: int,
        *,
        centre: float = 0.0,
        spread: float = 1.0,
        memory: float = 0.8,
    ) -> None:
        noise = rng.standard_normal(steps)
        values = np.empty(steps)
        values[0] = noise[0]
        for k in range(1, steps):
            values[k] = memory * values[k - 1] + np.sqrt(1 - memory**2) * noise[k]
        self.values = centre + spread * values

    def __getitem__(self, step: int) -> float:
        return float(self.values[step % len(self.values)])


def face_size(landmarks: Points) -> float:
    """The larger extent of the landmarks in pixels."""
    return float((landmarks.max(axis=0) - landmarks.min(axis=0)).max())


def hull_points(landmarks: Points, region: str) -> Points:
    """The points whose convex hull is ``region``: face, whole, inner, lower, mouth or eyes."""
    size = face_size(landmarks)
    if region == "face":
        return landmarks
    if region == "whole":
        brows = landmarks[BROWS] - np.array([0, 0.22 * size], np.float32)
        return np.concatenate([landmarks, brows])
    if region == "inner":
        return landmarks[17:]
    if region == "lower":
        return np.concatenate([landmarks[2:15], landmarks[29:36]])
    if region == "mouth":
        middle = landmarks[MOUTH].mean(axis=0)
        return as_floats(middle + (landmarks[MOUTH] - middle) * 1.5)
    if region == "eyes":
        points = np.concatenate([landmarks[BROWS], landmarks[EYES], landmarks[27:31]])
        middle = points.mean(axis=0)
        return as_floats(middle + (points - middle) * 1.15)
    raise ValueError(f"no region is called {region!r}")


def hull_mask(shape: tuple[int, ...], points: Points) -> npt.NDArray[np.uint8]:
    mask = np.zeros(shape[:2], dtype=np.uint8)
    hull = cv2.convexHull(points.astype(np.float32))
    cv2.fillConvexPoly(mask, np.round(hull).astype(np.int32), 255)
    return mask


def elastic_field(
    rng: np.random.Generator, *, cells: int, amount: float
) -> npt.NDArray[np.float32]:
    """Random displacements on a coarse grid, as a share of the picture's side."""
    return (rng.standard_normal((cells, cells, 2)) * amount).astype(np.float32)


def displace(image: Image, field_: npt.NDArray[np.float32]) -> Image:
    """Move pixels by a coarse field (cells, cells, 2), in shares of the side."""
    height, width = image.shape[:2]
    flow = cv2.resize(field_, (width, height), interpolation=cv2.INTER_CUBIC)
    ys, xs = np.mgrid[0:height, 0:width].astype(np.float32)
    xs += flow[..., 0] * width
    ys += flow[..., 1] * height
    return as_image(cv2.remap(image, xs, ys, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE))


def soften(mask: npt.NDArray[np.uint8], sigma: float, *, inward: bool = True) -> Mask:
    """Blur to [0, 1] float32; ``inward`` keeps the soft edge inside the region."""
    if sigma < 0.3:
        return as_floats(mask) / np.float32(255)
    if inward:
        side = 2 * round(sigma) + 1
        mask = as_image(cv2.erode(mask, np.ones((side, side), np.uint8)))
    return as_floats(cv2.GaussianBlur(mask, (0, 0), sigma)) / np.float32(255)


def blend(ground: Image, cover: Image, mask: Mask) -> Image:
    """``cover`` over ``ground`` by ``mask`` (H, W) in [0, 1]."""
    weight = mask[..., None]
    base = ground.astype(np.float32)
    mixed = base + (cover.astype(np.float32) - base) * weight
    return np.clip(mixed + 0.5, 0, 255).astype(np.uint8)


def resample(image: Image, ratio: float, *, down: int, up: int) -> Image:
    """Down by ``ratio`` and back up: the resolution a generator worked at."""
    height, width = image.shape[:2]
    small = cv2.resize(
        image, (max(8, round(width * ratio)), max(8, round(height * ratio))), interpolation=down
    )
    return as_image(cv2.resize(small, (width, height), interpolation=up))


def jpeg(image: Image, quality: int) -> Image:
    """One JPEG round trip; the colour order does not matter to the artefacts that count here."""
    _, data = cv2.imencode(".jpg", image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, int(quality)])
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR_RGB), dtype=np.uint8)


def sharpen(image: Image, amount: float, sigma: float) -> Image:
    blurred = cv2.GaussianBlur(image, (0, 0), sigma)
    return as_image(cv2.addWeighted(image, 1 + amount, blurred, -amount, 0))


def colour_table(rng: np.random.Generator, strength: float) -> npt.NDArray[np.float32]:
    """(3, 3): gain, offset and gamma per channel, ``strength`` 1 being a clear mismatch."""
    common = rng.standard_normal(3) * strength
    own = rng.standard_normal((3, 3)) * strength
    gain = 1 + 0.06 * common[0] + 0.035 * own[0]
    offset = 7.0 * common[1] + 4.0 * own[1]
    gamma = np.exp(0.08 * common[2] + 0.03 * own[2])
    return np.stack([gain, offset, gamma]).astype(np.float32)


def recolour(image: Image, table: npt.NDArray[np.float32]) -> Image:
    """Apply gain, offset, gamma of ``colour_table``; safe for all 256 values."""
    ramp = np.arange(256, dtype=np.float32)[:, None]
    values = np.clip(ramp * table[0] + table[1], 0, 255) / 255
    lut = np.clip(255 * values ** table[2] + 0.5, 0, 255).astype(np.uint8)
    return as_image(cv2.LUT(image, lut.reshape(1, 256, 3)))


def match_colour(image: Image, reference: Image, mask: npt.NDArray[np.uint8]) -> Image:
    """Mean and deviation of Lab inside ``mask`` brought to those of ``reference``."""
    lab, ref = (cv2.cvtColor(x, cv2.COLOR_RGB2LAB) for x in (image, reference))
    mean, std = (x.ravel() for x in cv2.meanStdDev(lab, mask=mask))
    ref_mean, ref_std = (x.ravel() for x in cv2.meanStdDev(ref, mask=mask))
    ratio = np.clip(ref_std / np.maximum(std, 1.0), 0.5, 2.0)
    ramp = np.arange(256, dtype=np.float64)[:, None]
    lut = np.clip((ramp - mean) * ratio + ref_mean + 0.5, 0, 255).astype(np.uint8)
    return as_image(cv2.cvtColor(cv2.LUT(lab, lut.reshape(1, 256, 3)), cv2.COLOR_LAB2RGB))


def similarity(
    *, centre: tuple[float, float], angle_deg: float, scale: float, dx: float, dy: float
) -> npt.NDArray[np.float64]:
    matrix = cv2.getRotationMatrix2D(centre, angle_deg, scale)
    matrix[:, 2] += np.array([dx, dy])
    return np.asarray(matrix)


def warp(image: Image, matrix: npt.NDArray[np.float64], *, interpolation: int) -> Image:
    height, width = image.shape[:2]
    return np.asarray(
        cv2.warpAffine(
            image, matrix, (width, height), flags=interpolation, borderMode=cv2.BORDER_REPLICATE
        ),
        dtype=np.uint8,
    )
