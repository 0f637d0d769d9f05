"""Face boxes to the square pictures that the network reads. Training and analysis share it."""

from __future__ import annotations

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
    columns = image.swapaxes(0, 1).reshape(width, -1).astype(np.float32)
    across = np.floor(_triangles(width, size) @ columns + 0.5).reshape(size, height, 3)
    down = _triangles(height, size) @ across.swapaxes(0, 1).reshape(height, -1)
    return np.asarray(down + 0.5, dtype=np.uint8).reshape(size, size, 3)


def _triangles(length: int, size: int) -> npt.NDArray[np.float32]:
    """(size, length): the share of every pixel in those of the result."""
    scale = length / size
    middles = (np.arange(size) + 0.5) * scale
    distance = np.abs(np.arange(length) + 0.5 - middles[:, None]) / max(scale, 1.0)
    share = np.maximum(1.0 - distance, 0.0)
    return np.asarray(share / share.sum(axis=1, keepdims=True), dtype=np.float32)
