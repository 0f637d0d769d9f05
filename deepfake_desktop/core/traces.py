"""Traces: how fine detail, and its change from frame to frame, are made up in places of a face.

A generator paints at its own resolution, takes texture over from one picture, or makes it anew in
every frame. So each place of the face is looked at in the picture's own pixels, which the
network's small crops have lost: how its energy falls from one scale to the next, how much of it
does not move along with the face, and how restless it is.

The energies are those of a Laplacian pyramid (Burt and Adelson, 1983); what is left after
compensating motion (DIS optical flow, Kroeger et al., 2016) is the noise residual of camera
forensics (Lukas, Fridrich and Goljan, 2006), taken along time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from deepfake_desktop.core.types import FaceBox, Image

Floats = npt.NDArray[np.float32]

Points = npt.NDArray[np.float32]
"""(5, 2) in pixels, as dlib's five-point model orders them: the corners of the eye that is on the
right in the picture, outer and inner, those of the left one, and the lower end of the nose."""

SURROUNDINGS = 1.9
"""How far a face's surroundings reach from its middle, in distances between the eyes."""

LARGEST_SIDE_PX = 328

REGIONS = ("eyes", "mouth", "nose", "left cheek", "right cheek", "chin", "forehead")
"""Left and right as in the picture."""

_SCALES = 3
_LAYERS = ("detail", "grain", "residual")
RESIDUAL = 2
"""The mean and the median energy of the picture's bands, and the mean energy of the bands of the
motion-compensated difference to the frame before; each at every scale, 0 being the finest."""

_NOISY_GRAIN = -0.2
_NOISY_RESIDUAL = -0.5
"""Of 112 clips 2, of one source, lie above both; with noise of 8 levels added, 56 % of 69."""
_FLOOR = 0.01
_STILL = 0.02
_LEAST_SIDE = 4
_FEWEST_FOR_SPREAD = 3
_LEAST_PATCH = 32
"""Of less, nothing is measured: OpenCV 4.14's DIS flow crashes on strips below it."""


def surrounding_square(points: Points) -> FaceBox:
    """What is looked at of a picture, also where it reaches over the edge."""
    frame = FaceFrame.of(points)
    (x, y), reach = frame.at(0.0, 0.48).tolist(), SURROUNDINGS * frame.unit
    return FaceBox(x - reach, y - reach, x + reach, y + reach)


def surroundings(image: Image, points: Points) -> tuple[Image, Points]:
    """The square around a face, as far as it lies inside the picture, and the points there;
    never enlarged, at most ``LARGEST_SIDE_PX`` high or wide.

    ``image``: uint8, H x W x 3. The result is empty when the face lies outside the picture.
    """
    square = surrounding_square(points)
    height, width = image.shape[:2]
    x0, y0 = max(0, int(square.left_px)), max(0, int(square.top_px))
    x1, y1 = min(width, int(square.right_px)), min(height, int(square.bottom_px))
    patch = image[y0 : max(y0, y1), x0 : max(x0, x1)]
    moved = points - np.array([x0, y0], np.float32)
    longest = max(patch.shape[:2])
    if longest > LARGEST_SIDE_PX and min(patch.shape[:2]) > 0:
        scale = LARGEST_SIDE_PX / longest
        size = (max(1, round(patch.shape[1] * scale)), max(1, round(patch.shape[0] * scale)))
        ratio = np.array([size[0] / patch.shape[1], size[1] / patch.shape[0]], np.float32)
        patch = np.asarray(cv2.resize(patch, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
        moved = moved * ratio
    return patch, moved


class TraceMeter:
    """Measures the frames of one face in order."""

    def __init__(self) -> None:
        self._before: Floats | None = None
        self._flow = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST)

    def add(self, patch: Image, points: Points) -> Floats:
        """(regions, layers, scales): natural logarithms of energies in squared gray levels; NaN
        where a region lies outside ``patch``, and for the differences in the first frame.

        ``patch``: uint8 RGB, as ``surroundings`` cuts it; ``points`` in its pixels.
        """
        found = np.full((len(REGIONS), len(_LAYERS), _SCALES), np.nan, np.float32)
        if min(patch.shape[:2]) < _LEAST_PATCH:
            self._before = None
            return found
        gray = cv2.cvtColor(patch, cv2.COLOR_RGB2GRAY)
        now = gray.astype(np.float32)
        pictures = [_bands(now)]
        if self._before is not None:
            height = min(now.shape[0], self._before.shape[0])
            width = min(now.shape[1], self._before.shape[1])
            here, there = now[:height, :width], self._before[:height, :width]
            pictures.append(_bands(here - self._moved(there, here)))
        self._before = now
        boxes = _boxes(points)
        for differs, bands in enumerate(pictures):
            for scale, band in enumerate(bands):
                for region, box in enumerate(boxes):
                    part = _cut(band, box, 0.5**scale)
                    if part is None:
                        continue
                    squares = np.square(part)
                    found[region, RESIDUAL * differs, scale] = np.log(squares.mean() + _FLOOR)
                    if not differs:
                        found[region, 1, scale] = np.log(np.median(squares) + _FLOOR)
        return found

    def _moved(self, before: Floats, now: Floats) -> Floats:
        """``before`` with every pixel where it is ``now``."""
        target, source = cv2.convertScaleAbs(now), cv2.convertScaleAbs(before)
        flow = self._flow.calc(target, source, np.zeros((*target.shape, 2), np.float32))
        ys, xs = np.mgrid[: now.shape[0], : now.shape[1]].astype(np.float32)
        return np.asarray(
            cv2.remap(
                before,
                xs + flow[..., 0],
                ys + flow[..., 1],
                cv2.INTER_CUBIC,
                borderMode=cv2.BORDER_REPLICATE,
            ),
            dtype=np.float32,
        )


def summarise(frames: Sequence[Floats]) -> Floats:
    """The traces of a sequence, whatever its length: ``trace_names`` says what each number is.

    ``frames``: what ``TraceMeter.add`` gave. Of the medians over time: every scale against the
    next coarser one, and the residual against the detail; then how much each fluctuates, as the
    logarithm of its standard deviation. Energies are only ever compared within one region, so
    that neither contrast nor exposure counts. NaN where nothing could be compared.
    """
    stacked = np.stack(frames)
    never = np.isnan(stacked).all(axis=0)
    seen = np.where(never, 0.0, stacked)
    middle = np.where(never, np.nan, np.nanmedian(seen, axis=0))
    spread = np.where(never, np.nan, np.nanstd(seen, axis=0))
    finer = middle[:, :, :-1] - middle[:, :, 1:]
    unmoved = middle[:, RESIDUAL, :-1] - middle[:, 0, :-1]
    restless = np.log(spread[:, :, :-1] + _STILL)
    return np.concatenate([finer.ravel(), unmoved.ravel(), restless.ravel()]).astype(np.float32)


def is_noisy(summary: Floats) -> bool:
    """Whether, over all places, the finest detail is about as strong as the next coarser one and
    stays when the frame before is moved onto this one: what changes from pixel to pixel and from
    frame to frame is noise. ``summary`` is what ``summarise`` gives; the limits are from
    docs/adr/0027.
    """
    by_name = dict(zip(trace_names(), summary.tolist(), strict=True))

    def mean(what: str) -> float:
        seen = [by_name[f"{region}: {what}"] for region in REGIONS]
        return float(np.mean([value for value in seen if not np.isnan(value)] or [-np.inf]))

    return mean("grain 0 to 1") > _NOISY_GRAIN and mean("residual to detail 0") > _NOISY_RESIDUAL


def trace_names() -> tuple[str, ...]:
    """What each number of ``summarise`` compares, in its order."""
    pairs = [(layer, scale) for layer in _LAYERS for scale in range(_SCALES - 1)]
    return (
        *(f"{region}: {what} {k} to {k + 1}" for region in REGIONS for what, k in pairs),
        *(f"{region}: residual to detail {k}" for region in REGIONS for k in range(_SCALES - 1)),
        *(f"{region}: fluctuation of {what} {k}" for region in REGIONS for what, k in pairs),
    )


def _bands(picture: Floats) -> list[Floats]:
    """The three finest levels of a Laplacian pyramid, finest first, each half the size before."""
    found = []
    for _ in range(_SCALES):
        smooth = np.asarray(cv2.GaussianBlur(picture, (0, 0), 1.0), dtype=np.float32)
        found.append(picture - smooth)
        half = (max(1, smooth.shape[1] // 2), max(1, smooth.shape[0] // 2))
        picture = np.asarray(
            cv2.resize(smooth, half, interpolation=cv2.INTER_AREA), dtype=np.float32
        )
    return found


@dataclass(frozen=True, slots=True, eq=False)
class FaceFrame:
    """Coordinates of a face: 0, 0 between the eyes, one ``unit`` from eye to eye."""

    middle: Floats
    aside: Floats
    down: Floats
    unit: float
    turn: float

    @classmethod
    def of(cls, points: Points) -> FaceFrame:
        right, left = points[0:2].mean(axis=0), points[2:4].mean(axis=0)
        middle = (right + left) / 2
        between = float(np.linalg.norm(right - left))
        aside = (right - left) / max(between, 1e-3)
        down = np.array([-aside[1], aside[0]], np.float32)
        nose = points[4] - middle
        # A face turned aside shows its eyes closer together, but its nose as long as ever.
        unit = max(between, 1.33 * float(np.linalg.norm(nose)), 1.0)
        return cls(middle, aside, down, unit, float(nose @ aside) / unit)

    def at(self, x: float, y: float) -> Floats:
        """Pixels of a place."""
        return np.asarray(self.middle + self.unit * (x * self.aside + y * self.down), np.float32)


def _boxes(points: Points) -> list[Floats]:
    """Left, top, right, bottom of ``REGIONS``. Their places are medians over 4,600 faces with 68
    landmarks; mouth and chin follow the nose when the face turns."""
    frame = FaceFrame.of(points)
    turn = frame.turn
    places = (
        (0.0, 0.0, 1.8, 0.6),
        (turn, 1.09, 1.1, 0.7),
        (0.66 * turn, 0.49, 0.7, 0.8),
        (-0.68, 0.5, 0.5, 0.6),
        (0.68, 0.5, 0.5, 0.6),
        (turn, 1.66, 0.8, 0.35),
        (0.0, -0.77, 1.1, 0.5),
    )
    found = []
    for x, y, width, height in places:
        half = np.array([width, height], np.float32) * (frame.unit / 2)
        centre = frame.at(x, y)
        found.append(np.concatenate([centre - half, centre + half]).astype(np.float32))
    return found


def _cut(band: Floats, box: Floats, scale: float) -> Floats | None:
    x0, y0, x1, y1 = (round(float(v) * scale) for v in box)
    part = band[max(0, y0) : max(0, y1), max(0, x0) : max(0, x1)]
    return part if min(part.shape) >= _LEAST_SIDE else None
