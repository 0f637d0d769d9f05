"""The store's faces on canvases of one size, with landmarks and region masks, on the device."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from deepfake_desktop.core.types import Image
from deepfake_desktop.training.face_store import FaceStore, box_from_landmarks
from deepfake_desktop.training.fakes.base import Points, face_size, hull_mask, hull_points

CANVAS_PX = 288
FACE_PX = 160.0
"""The face's box in the middle of a canvas: 0.4 of its width is left on each side."""
REGIONS = ("face", "whole", "inner", "lower", "eyes", "mouth", "rectangle", "box")
_MASK_PX = CANVAS_PX // 2


class DeviceFaces:
    """``images`` (F, 3, C, C) uint8; ``landmarks`` (F, 68, 2) in pixels of the canvas; ``masks``
    (F, R, C/2, C/2) uint8, one for each of ``REGIONS``. ``row`` leads from the store's numbers."""

    def __init__(
        self, store: FaceStore, indices: npt.NDArray[np.int64], device: torch.device
    ) -> None:
        self.device = device
        self.row = {int(face): row for row, face in enumerate(indices)}
        images = np.empty((len(indices), CANVAS_PX, CANVAS_PX, 3), np.uint8)
        landmarks = np.empty((len(indices), 68, 2), np.float32)
        masks = np.empty((len(indices), len(REGIONS), _MASK_PX, _MASK_PX), np.uint8)
        for row, face in enumerate(indices):
            images[row], landmarks[row] = on_canvas(store.image(face), store.landmarks[face])
            for number, region in enumerate(REGIONS):
                masks[row, number] = region_mask(landmarks[row] / 2, region)
        self.images = torch.from_numpy(images).permute(0, 3, 1, 2).contiguous().to(device)
        self.landmarks = torch.from_numpy(landmarks).to(device)
        self.masks = torch.from_numpy(masks).to(device)

    def rows(self, faces: list[int]) -> Tensor:
        return torch.tensor([self.row[face] for face in faces], device=self.device)


def on_canvas(image: Image, landmarks: Points) -> tuple[Image, Points]:
    """The face ``FACE_PX`` wide in the middle; what the store does not hold repeats its edge."""
    box = box_from_landmarks(landmarks)
    scale = FACE_PX / box.width_px
    shown = image
    if scale < 0.7:  # the canvas is filled bilinearly, which would skip pixels
        size = (round(image.shape[1] * scale), round(image.shape[0] * scale))
        shown = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
    x = (box.left_px + box.right_px) / 2
    y = (box.top_px + box.bottom_px) / 2
    corner = np.array([x, y], np.float32) - CANVAS_PX / 2 / scale
    points = (landmarks - corner) * np.float32(scale)
    ratio = shown.shape[1] / image.shape[1]
    across = scale / ratio
    matrix = np.array([[across, 0, -corner[0] * scale], [0, across, -corner[1] * scale]])
    canvas = cv2.warpAffine(
        shown,
        matrix,
        (CANVAS_PX, CANVAS_PX),
        flags=cv2.INTER_CUBIC if across > 1 else cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return np.asarray(canvas, np.uint8), points.astype(np.float32)


def region_mask(landmarks: Points, region: str) -> npt.NDArray[np.uint8]:
    """(C/2, C/2) uint8, 255 inside; ``landmarks`` in pixels of the mask."""
    shape = (_MASK_PX, _MASK_PX)
    if region not in ("rectangle", "box"):
        return hull_mask(shape, hull_points(landmarks, region))
    size = face_size(landmarks)
    if region == "rectangle":  # what lip-sync tools paste back
        x0, x1 = landmarks[3, 0] - 0.06 * size, landmarks[13, 0] + 0.06 * size
        y0, y1 = landmarks[30, 1] - 0.06 * size, landmarks[8, 1] + 0.06 * size
    else:
        x, y = landmarks.mean(axis=0)
        x0, x1, y0, y1 = x - 0.6 * size, x + 0.6 * size, y - 0.65 * size, y + 0.55 * size
    mask = np.zeros(shape, np.uint8)
    cv2.rectangle(mask, (int(x0), int(y0)), (int(x1), int(y1)), 255, -1)
    return mask
