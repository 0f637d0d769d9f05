"""Warps that follow landmarks: an affine fit and, on top, a smooth field from a coarse grid."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from deepfake_desktop.core.types import Image
from deepfake_desktop.training.fakes.base import Points


def fit_affine(source: Points, target: Points) -> npt.NDArray[np.float64]:
    """(2, 3): least squares, ``target`` from ``source``."""
    design = np.concatenate([source, np.ones((len(source), 1), np.float32)], axis=1)
    solution, *_ = np.linalg.lstsq(design.astype(np.float64), target.astype(np.float64), rcond=None)
    return np.asarray(solution.T)


def smooth_field(
    points: Points, moves: Points, shape: tuple[int, ...], *, reach: float, cells: int = 14
) -> npt.NDArray[np.float32]:
    """Displacement (H, W, 2) in pixels: ``moves`` near ``points``, fading over ``reach`` pixels.

    Gaussian-weighted (Shepard) on a coarse grid, then cubic: a thin-plate warp's look at a
    fraction of its cost.
    """
    height, width = shape[:2]
    gx = np.linspace(0, width - 1, cells, dtype=np.float32)
    gy = np.linspace(0, height - 1, cells, dtype=np.float32)
    grid = np.stack(np.meshgrid(gx, gy), axis=-1).reshape(-1, 1, 2)
    distance2 = ((grid - points[None]) ** 2).sum(axis=-1)
    near = np.exp(-distance2 / (2 * (0.35 * reach) ** 2))
    total = near.sum(axis=1, keepdims=True)
    fade = np.exp(-distance2.min(axis=1, keepdims=True) / (2 * reach**2))
    coarse = (near @ moves) / np.maximum(total, 1e-6) * fade
    field = cv2.resize(
        coarse.reshape(cells, cells, 2).astype(np.float32),
        (width, height),
        interpolation=cv2.INTER_CUBIC,
    )
    return np.asarray(field, dtype=np.float32)


def move_pixels(image: Image, field: npt.NDArray[Any]) -> Image:
    """Every pixel takes the colour found ``field`` (H, W, 2) pixels back."""
    height, width = field.shape[:2]
    ys, xs = np.mgrid[0:height, 0:width].astype(np.float32)
    return np.asarray(
        cv2.remap(
            image,
            xs - field[..., 0],
            ys - field[..., 1],
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REPLICATE,
        ),
        dtype=np.uint8,
    )


def warp_by_points(image: Image, source: Points, target: Points, shape: tuple[int, ...]) -> Image:
    """``image`` with ``source`` points brought to ``target`` in a picture of ``shape``."""
    matrix = fit_affine(source, target)
    placed = (source @ matrix[:, :2].T + matrix[:, 2]).astype(np.float32)
    moved: Any = cv2.warpAffine(
        image,
        matrix,
        (shape[1], shape[0]),
        flags=cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )
    extent = float((target.max(axis=0) - target.min(axis=0)).max())
    return move_pixels(moved, smooth_field(target, target - placed, shape, reach=0.18 * extent))
