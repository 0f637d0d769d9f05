"""Face boxes to the square pictures that the network reads. Training and analysis share it."""

from __future__ import annotations

import cv2
import numpy as np

from deepfake_desktop.core.types import FaceBox, Image


def crop_face(image: Image, box: FaceBox, *, margin: float, size: int, margin_px: int = 0) -> Image:
    """Cut ``box``, widened on each side, and scale it to a square.

    It grows by ``margin`` of its own sides and by ``margin_px`` pixels of the picture.

    ``image``: uint8, H x W x 3. The result is uint8, ``size`` x ``size`` x 3. What lies outside
    the picture repeats its edge. Scaling down averages areas, scaling up is bilinear.

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
