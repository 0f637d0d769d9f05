"""A face again near where it was, at the very places and sizes at which face_recognition looks.

face_recognition enlarges a picture to about twice its size and lets dlib's HOG slide over it and
over copies of it, each five sixths of the one before. A face is found where a window stands best,
and windows stand eight pixels of their copy apart: so where they stand decides the box. Here the
neighbourhood of a face is cut out of three of these copies so that windows stand as they would
in the whole of them, and each is searched by itself.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from deepfake_desktop.core.paths import resource_path
from deepfake_desktop.core.types import FaceBox, Image

_CELL_PX = 8
_CUT_PX = 160
"""HOG's window with what it reads around is 96 wide, so a face may move by a third."""
_FIRST_FACE_PX = 36.2
"""How wide a face of the picture is that fills the window in the largest copy."""
_SHRINK = 6
"""A copy is 1 - 1/6 of the one before."""


def search_near(image: Image, box: FaceBox) -> list[tuple[FaceBox, float]]:
    """The faces around ``box``, best first, with HOG's score; in whole pixels.

    ``image``: uint8 RGB, as ``FaceFinder`` takes it. Only sizes within a step of ``box`` are found.
    """
    import dlib

    once, twice = dlib.pyramid_down(_SHRINK), dlib.pyramid_down(2)
    height, width = image.shape[:2]
    found = []
    for copy in _copies(image, box):
        left, top, cut = copy.cut_around(box)
        rectangles, scores, _ = _hog().run(cut, 0, 0.0)
        for rectangle, score in zip(rectangles, scores, strict=True):
            placed = dlib.translate_rect(rectangle, dlib.point(left, top))
            place = twice.rect_down(once.rect_up(placed, copy.level), 1)
            x0, y0 = max(place.left(), 0), max(place.top(), 0)
            x1, y1 = min(place.right(), width), min(place.bottom(), height)
            if x0 < x1 and y0 < y1:
                found.append((FaceBox(x0, y0, x1, y1), float(score)))
    return sorted(found, key=lambda one: one[1], reverse=True)


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    """Part of the picture or of a copy: its first pixel is the ``left``-th and ``top``-th of the
    whole, in which one pixel is ``step`` of the picture's, across and down; the first lie on each
    other."""

    image: Image
    left: float
    top: float
    step: tuple[float, float]
    level: int

    def shown(self, level: int, step: tuple[float, float], area: FaceBox) -> _Part:
        """The same at another step, as dlib scales: bilinear, corners on corners. ``area``: of the
        picture."""
        left, top = math.ceil(area.left_px / step[0]), math.ceil(area.top_px / step[1])
        right, bottom = math.floor(area.right_px / step[0]), math.floor(area.bottom_px / step[1])
        ratio = step[0] / self.step[0], step[1] / self.step[1]
        to_here: npt.NDArray[np.float64] = np.array(
            [
                [ratio[0], 0.0, left * ratio[0] - self.left],
                [0.0, ratio[1], top * ratio[1] - self.top],
            ]
        )
        shown = cv2.warpAffine(
            self.image,
            to_here,
            (right - left + 1, bottom - top + 1),
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REPLICATE,
        )
        return _Part(np.asarray(shown, dtype=np.uint8), left, top, step, level)

    def cut_around(self, box: FaceBox) -> tuple[int, int, Image]:
        """Of a copy: a square around the box that begins where a cell begins, and where that is."""
        spans = []
        for first, middle, step in zip(
            (int(self.left), int(self.top)),
            (box.left_px + box.right_px, box.top_px + box.bottom_px),
            self.step,
            strict=True,
        ):
            cells = round((middle / 2 / step - _CUT_PX / 2) / _CELL_PX)
            start = max(cells, -(-first // _CELL_PX)) * _CELL_PX
            spans.append((start, slice(start - first, start - first + _CUT_PX)))
        (left, across), (top, down) = spans
        return left, top, np.ascontiguousarray(self.image[down, across])


def _copies(image: Image, box: FaceBox) -> Iterator[_Part]:
    """What lies around the box, of the three copies in which it nearly fills HOG's window.

    Each is made of the one before, as dlib makes them: from the first on where they are larger than
    the picture, else from the picture shrunk to about the first that is looked at.
    """
    height, width = image.shape[:2]
    last = max(round(math.log(box.width_px / _FIRST_FACE_PX, _SHRINK / (_SHRINK - 1))), 0) + 1
    steps = _steps(width, height, last + 1)
    searched = max(last - 2, 0)
    first = searched if min(steps[searched]) > 1.0 else 0
    reach = [(_CUT_PX / 2 + 2 * _CELL_PX) * step for step in steps[last]]
    x = min(max((box.left_px + box.right_px) / 2, 0), width - 1)
    y = min(max((box.top_px + box.bottom_px) / 2, 0), height - 1)
    x0, y0 = max(int(x - reach[0]), 0), max(int(y - reach[1]), 0)
    x1, y1 = min(int(x + reach[0]), width - 1), min(int(y + reach[1]), height - 1)
    shown = np.asarray(image[y0 : y1 + 1, x0 : x1 + 1])
    if first > 0:
        size = (
            math.ceil(shown.shape[1] / steps[first][0]),
            math.ceil(shown.shape[0] / steps[first][1]),
        )
        shown = np.asarray(cv2.resize(shown, size, interpolation=cv2.INTER_AREA), np.uint8)
    step = (x1 + 1 - x0) / shown.shape[1], (y1 + 1 - y0) / shown.shape[0]
    part = _Part(shown, (x0 - 0.5) / step[0] + 0.5, (y0 - 0.5) / step[1] + 0.5, step, -1)
    for level in range(first, last + 1):
        part = part.shown(level, steps[level], FaceBox(x0, y0, x1, y1))
        if level >= searched:
            yield part


def _steps(width: int, height: int, count: int) -> list[tuple[float, float]]:
    """Of the first copies: how many pixels of the picture one of theirs is, across and down."""
    import dlib

    enlarged = dlib.pyramid_down(2).rect_up(dlib.rectangle(0, 0, width - 1, height - 1))
    across, down = enlarged.right() + 1, enlarged.bottom() + 1
    steps = []
    for _ in range(count):
        steps.append(((width - 1) / max(across - 1, 1), (height - 1) / max(down - 1, 1)))
        across, down = across * (_SHRINK - 1) // _SHRINK, down * (_SHRINK - 1) // _SHRINK
    return steps


@cache
def _hog() -> Any:
    """As in ``faces``, but for one size only. HOG would else go on to smaller copies of a cut,
    whose windows stand elsewhere, and what it finds there would hide what it finds here."""
    import dlib

    return dlib.fhog_object_detector(str(resource_path("dlib_frontal_face_one_size.svm")))
