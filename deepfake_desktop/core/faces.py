"""Faces in a picture, through face_recognition (dlib)."""

from __future__ import annotations

import importlib
import warnings
from dataclasses import dataclass
from types import ModuleType

import cv2
import numpy as np
import numpy.typing as npt

from deepfake_desktop.core.types import Detector, FaceBox, Image

SMALLEST_FACE_PX = 80
"""dlib's HOG window: a face must be this large in the picture it searches."""

_FULL_SHORT_SIDE_PX = 720
_CNN_SHORT_SIDE_PX = 480
_MOST_ENLARGED = 2.0
_NEAR_FACE_PX = 110.0
_NEAR_MARGIN = 0.6

Encoding = npt.NDArray[np.float64]


def _face_recognition() -> ModuleType:
    with warnings.catch_warnings():
        # face_recognition_models finds its data through the old pkg_resources.
        warnings.simplefilter("ignore")
        return importlib.import_module("face_recognition")


@dataclass(frozen=True, slots=True)
class FaceFinder:
    """Finds every face of a picture, or one face again near where it was.

    ``detector`` is ``hog`` (dlib's histogram of gradients, frontal faces) or ``cnn`` (dlib's
    max-margin CNN: more profiles, some hundred times slower without a GPU).
    """

    detector: Detector = "hog"

    def everywhere(self, image: Image) -> tuple[FaceBox, ...]:
        """All faces of an RGB picture of any size, on a copy of 720 pixels (CNN: 480).

        A 1080p picture shows faces from 120 pixels on, smaller ones where it holds no larger.
        """
        short = _FULL_SHORT_SIDE_PX if self.detector == "hog" else _CNN_SHORT_SIDE_PX
        scale = min(short / min(image.shape[:2]), _MOST_ENLARGED)
        found = self._search(image, scale)
        if not found and self.detector == "hog" and scale < _MOST_ENLARGED:
            found = self._search(image, min(2.0 * scale, _MOST_ENLARGED))
        return found

    def near(self, image: Image, box: FaceBox) -> FaceBox | None:
        """The face that covers ``box`` best within its neighbourhood, if there is one."""
        if self.detector == "cnn":
            return _best_match(self.everywhere(image), box)
        height, width = image.shape[:2]
        margin = _NEAR_MARGIN * max(box.width_px, box.height_px)
        x0, y0 = max(int(box.left_px - margin), 0), max(int(box.top_px - margin), 0)
        x1, y1 = min(int(box.right_px + margin), width), min(int(box.bottom_px + margin), height)
        if x1 - x0 < 16 or y1 - y0 < 16:
            return None
        scale = min(_NEAR_FACE_PX / max(box.width_px, 1.0), 2.0 * _MOST_ENLARGED)
        found = self._search(np.asarray(image[y0:y1, x0:x1]), scale)
        shifted = tuple(
            FaceBox(b.left_px + x0, b.top_px + y0, b.right_px + x0, b.bottom_px + y0) for b in found
        )
        return _best_match(shifted, box)

    def _search(self, image: Image, scale: float) -> tuple[FaceBox, ...]:
        small = image
        if scale != 1.0:
            method = cv2.INTER_AREA if scale < 1.0 else cv2.INTER_LINEAR
            small = np.asarray(
                cv2.resize(image, None, fx=scale, fy=scale, interpolation=method), dtype=np.uint8
            )
        found = _face_recognition().face_locations(
            np.ascontiguousarray(small), number_of_times_to_upsample=0, model=self.detector
        )
        return tuple(
            FaceBox(left / scale, top / scale, right / scale, bottom / scale)
            for top, right, bottom, left in found
            if right > left and bottom > top
        )


def encode(image: Image, box: FaceBox) -> Encoding:
    """dlib's 128 numbers of a face; two pictures of one person lie within about 0.6.

    float64, shape (128,). Computed on the face's neighbourhood, scaled to some 150 pixels.
    """
    height, width = image.shape[:2]
    margin = 0.5 * max(box.width_px, box.height_px)
    x0, y0 = max(int(box.left_px - margin), 0), max(int(box.top_px - margin), 0)
    x1, y1 = min(int(box.right_px + margin), width), min(int(box.bottom_px + margin), height)
    scale = 150.0 / max(box.width_px, 1.0)
    patch = cv2.resize(image[y0:y1, x0:x1], None, fx=scale, fy=scale)
    place = (
        int((box.top_px - y0) * scale),
        int((box.right_px - x0) * scale),
        int((box.bottom_px - y0) * scale),
        int((box.left_px - x0) * scale),
    )
    encodings = _face_recognition().face_encodings(
        np.ascontiguousarray(patch), known_face_locations=[place], num_jitters=1, model="small"
    )
    return np.asarray(encodings[0], dtype=np.float64)


def overlap(a: FaceBox, b: FaceBox) -> float:
    """Intersection over union of two boxes, 0 to 1."""
    width = min(a.right_px, b.right_px) - max(a.left_px, b.left_px)
    height = min(a.bottom_px, b.bottom_px) - max(a.top_px, b.top_px)
    if width <= 0 or height <= 0:
        return 0.0
    shared = width * height
    return shared / (a.width_px * a.height_px + b.width_px * b.height_px - shared)


def _best_match(found: tuple[FaceBox, ...], box: FaceBox) -> FaceBox | None:
    best = max(found, key=lambda b: overlap(b, box), default=None)
    return best if best is not None and overlap(best, box) >= 0.2 else None
