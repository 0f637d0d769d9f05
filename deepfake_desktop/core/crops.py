"""Face boxes to the square pictures that the network reads. Training and analysis share it."""

from __future__ import annotations

import math
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from deepfake_desktop.core.types import FaceBox, Image


def crop_face(
    image: Image,
    box: FaceBox,
    *,
    margin: float,
    size: int,
    margin_px: int = 0,
    published: bool = False,
) -> Image:
    """Cut ``box``, widened on each side, and scale it to a square.

    It grows by ``margin`` of its own sides and by ``margin_px`` pixels of the picture.

    ``image``: uint8, H x W x 3. The result is uint8, ``size`` x ``size`` x 3. What lies outside
    the picture repeats its edge. Scaling down averages areas, scaling up is bilinear. As
    ``published``, what lies outside is left out, and scaling is Pillow's.

    Raises:
        ValueError: if the box is empty or wholly outside the picture.
    """
    height, width = image.shape[:2]
    left = round(box.left_px - margin * box.width_px - margin_px)
    top = round(box.top_px - margin * box.height_px - margin_px)
    right = round(box.right_px + margin * box.width_px + margin_px)
    bottom = round(box.bottom_px + margin * box.height_px + margin_px)
    x0, y0, x1, y1 = max(left, 0), max(top, 0), min(right, width), min(bottom, height)
    if x0 >= x1 or y0 >= y1:
        raise ValueError(f"face box {box} lies outside a picture of {width}x{height} pixels")
    patch = np.asarray(image[y0:y1, x0:x1])
    if published:
        return _scaled_as_pillow(patch, size)
    if (x0, y0, x1, y1) != (left, top, right, bottom):
        borders = (y0 - top, bottom - y1, x0 - left, right - x1)
        patch = np.asarray(
            cv2.copyMakeBorder(patch, *borders, cv2.BORDER_REPLICATE), dtype=np.uint8
        )
    shrinks = min(patch.shape[:2]) >= size
    scaled = cv2.resize(
        patch, (size, size), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    )
    return np.ascontiguousarray(scaled, dtype=np.uint8)


def _scaled_as_pillow(image: Image, size: int) -> Image:
    """To a square, bilinear, with a filter at least as wide as a pixel of the result: across first,
    rounded, then down. A network can tell whether it was rounded in between."""
    height, width = image.shape[:2]
    columns = cv2.transpose(image).reshape(width, -1)
    across = np.floor(_filtered(columns, size) + 0.5).reshape(size, height, 3)
    rows = cv2.transpose(across).reshape(height, -1)
    return np.asarray(_filtered(rows, size) + 0.5, dtype=np.uint8).reshape(size, size, 3)


def _filtered(lines: npt.NDArray[Any], size: int) -> npt.NDArray[np.float32]:
    """(length, N) to (size, N), each a weighted mean of the few lines that lie around it."""
    length = len(lines)
    scale = length / size
    reach = max(scale, 1.0)
    middles = (np.arange(size) + 0.5) * scale
    first = np.maximum(np.floor(middles - reach + 0.5), 0).astype(np.int64)
    taken = first[:, None] + np.arange(math.ceil(2 * reach) + 1)
    weight = np.maximum(1.0 - np.abs(taken + 0.5 - middles[:, None]) / reach, 0) * (taken < length)
    weight = (weight / weight.sum(axis=1, keepdims=True)).astype(np.float32)
    taken = np.minimum(taken, length - 1)
    mean = np.zeros((size, lines.shape[1]), np.float32)
    for k in range(taken.shape[1]):
        mean += weight[:, k : k + 1] * lines[taken[:, k]]
    return mean
