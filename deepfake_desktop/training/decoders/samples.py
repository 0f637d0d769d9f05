"""What the small networks are fitted on and later applied to: faces at a working size, prepared
for each task."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from deepfake_desktop.core.types import Image
from deepfake_desktop.training.decoders.networks import ALIGN_PX, Batch
from deepfake_desktop.training.decoders.settings import Task
from deepfake_desktop.training.face_store import FaceStore, box_from_landmarks
from deepfake_desktop.training.fakes.base import (
    Points,
    as_floats,
    as_image,
    face_size,
    jpeg,
    similarity,
)
from deepfake_desktop.training.fakes.geometry import fit_affine, move_pixels, smooth_field
from deepfake_desktop.training.fakes.lips import mouth_moves

REACH = 0.45
"""Of the face box around it that is worked on: more than any crop of the detector shows."""

Clips = dict[str, list[int]]


@dataclass(frozen=True, slots=True, eq=False)
class Work:
    """``target``: (H, W, 3) uint8, sides divisible by ``ALIGN_PX``; ``window``: left, top, right,
    bottom of it in the stored crop; ``picture``, ``extra``, ``flow``, ``lines`` as in ``Batch``
    with the channels last."""

    target: Image
    window: tuple[int, int, int, int]
    picture: Image
    extra: npt.NDArray[np.uint8] | None = None
    flow: npt.NDArray[np.float32] | None = None
    lines: npt.NDArray[np.uint8] | None = None


def prepare(
    store: FaceStore, face: int, task: Task, rng: np.random.Generator, *, face_px: float,
    clips: Clips, other: int | None = None,
) -> Work:  # fmt: skip
    """``face`` scaled to a box ``face_px`` wide (never enlarged by more than a half).

    ``other`` is the second frame of ``reenact`` and ``mouth``; None draws one: another of the same
    clip (``clips``: its members), or the still itself with another expression and pose.
    """
    window = window_of(store, face)
    left, top, right, bottom = window
    width_px = box_from_landmarks(store.landmarks[face]).width_px
    scale = min(1.5, face_px / width_px)
    size = [max(4, round(s * scale / ALIGN_PX)) * ALIGN_PX for s in (right - left, bottom - top)]
    target = resized(store.image(face)[top:bottom, left:right], (size[0], size[1]))
    ratio = np.array([size[0] / (right - left), size[1] / (bottom - top)], np.float32)
    points = as_floats((store.landmarks[face] - np.array([left, top], np.float32)) * ratio)
    if task == "reconstruct":
        return Work(target, window, target)
    if task == "restore":
        return Work(target, window, degraded(target, rng))
    source, source_points = _second(store, face, other, rng, clips, target, points)
    if task == "reenact":
        flow = _flow(source_points, points, target.shape)
        return Work(target, window, source, flow=flow, lines=_drawn(points, target.shape))
    mask = lower_half(points, target.shape)
    extra = np.dstack([source, mask, _drawn(points, target.shape)])
    return Work(target, window, as_image(target * (mask[..., None] == 0)), extra=extra)


def window_of(store: FaceStore, face: int) -> tuple[int, int, int, int]:
    """Left, top, right, bottom in the stored crop of what is worked on."""
    box = box_from_landmarks(store.landmarks[face])
    reach = REACH * box.width_px
    height, width = int(store.height[face]), int(store.width[face])
    return (
        max(0, int(box.left_px - reach)),
        max(0, int(box.top_px - reach)),
        min(width, int(box.right_px + reach) + 1),
        min(height, int(box.bottom_px + reach) + 1),
    )


def lower_half(points: Points, shape: tuple[int, ...]) -> Image:
    """255 in the lower half of the face's box, which lip-sync generators never see."""
    box = box_from_landmarks(points)
    mask = np.zeros(shape[:2], np.uint8)
    middle = (int(box.left_px), int((box.top_px + box.bottom_px) / 2))
    cv2.rectangle(mask, middle, (int(box.right_px), int(box.bottom_px + 0.08 * box.width_px)), 255, -1)  # fmt: skip # noqa: E501
    return mask


def degraded(image: Image, rng: np.random.Generator) -> Image:
    """Blurred, reduced, noisy and compressed, as a restorer's input."""
    height, width = image.shape[:2]
    bad = as_image(cv2.GaussianBlur(image, (0, 0), float(rng.uniform(0.4, 1.6))))
    ratio = float(rng.uniform(0.3, 0.9))
    small = resized(bad, (max(8, round(width * ratio)), max(8, round(height * ratio))))
    noise = rng.standard_normal(small.shape).astype(np.float32) * np.float32(rng.uniform(0, 8))
    small = np.clip(small + noise, 0, 255).astype(np.uint8)
    return resized(jpeg(small, int(rng.integers(40, 95))), (width, height))


def to_batch(works: list[Work]) -> tuple[Batch, Tensor]:
    """(inputs, targets (B, 3, H, W)); all of one size and task."""
    first = works[0]
    batch = Batch(
        _tensor([w.picture for w in works]),
        None if first.extra is None else _tensor([w.extra for w in works]),
        None
        if first.flow is None
        else torch.from_numpy(np.stack([np.asarray(w.flow) for w in works])),
        None if first.lines is None else _tensor([w.lines[..., None] for w in works]),  # type: ignore[index]
    )
    return batch, _tensor([w.target for w in works])


def cut(work: Work, side: int, rng: np.random.Generator) -> Work:
    """A patch of ``side`` pixels, mostly of the middle, mirrored half of the time if that does
    not turn a flow around."""
    height, width = work.target.shape[:2]
    y = round(float(rng.beta(2, 2)) * max(0, height - side))
    x = round(float(rng.beta(2, 2)) * max(0, width - side))

    def part(value: Any) -> Any:
        if value is None:
            return None
        piece = value[y : y + side, x : x + side]
        short = [(0, side - piece.shape[0]), (0, side - piece.shape[1])]
        short += [(0, 0)] * (piece.ndim - 2)
        return np.pad(piece, short, mode="edge")

    return Work(
        part(work.target), work.window, part(work.picture), part(work.extra), part(work.flow),
        part(work.lines),
    )  # fmt: skip


def _second(
    store: FaceStore, face: int, other: int | None, rng: np.random.Generator, clips: Clips,
    target: Image, points: Points,
) -> tuple[Image, Points]:  # fmt: skip
    """Another picture of the same face, in the target's frame, and its landmarks there."""
    members = clips.get(str(store.clip[face]), [])
    if other is None and len(members) > 1:
        other = int(rng.choice(members))
    if other is None or other == face:
        return _another_expression(target, points, rng)
    here, there = box_from_landmarks(points), box_from_landmarks(store.landmarks[other])
    scale = here.width_px / there.width_px
    shift = (here.left_px - scale * there.left_px, here.top_px - scale * there.top_px)
    matrix = np.array([[scale, 0, shift[0]], [0, scale, shift[1]]], np.float64)
    placed = cv2.warpAffine(
        store.image(other), matrix, (target.shape[1], target.shape[0]), flags=cv2.INTER_AREA,
        borderMode=cv2.BORDER_REPLICATE,
    )  # fmt: skip
    return as_image(placed), as_floats(store.landmarks[other] * scale + np.array(shift))


def _another_expression(
    image: Image, points: Points, rng: np.random.Generator
) -> tuple[Image, Points]:
    size = face_size(points)
    moves = mouth_moves(points, float(rng.normal() * 0.035), float(rng.normal() * 0.015))
    moves[27:36, 0] += rng.normal() * 0.02 * size
    moves[17:27, 1] += rng.normal() * 0.012 * size
    middle = points.mean(axis=0)
    matrix = similarity(
        centre=(float(middle[0]), float(middle[1])),
        angle_deg=float(rng.normal() * 4),
        scale=float(np.exp(rng.normal() * 0.04)),
        dx=float(rng.normal() * 0.03 * size),
        dy=float(rng.normal() * 0.03 * size),
    )
    moved = move_pixels(image, smooth_field(points, moves, image.shape, reach=0.15 * size))
    turned = cv2.warpAffine(
        moved, matrix, (image.shape[1], image.shape[0]), borderMode=cv2.BORDER_REPLICATE
    )
    return as_image(turned), as_floats((points + moves) @ matrix[:, :2].T + matrix[:, 2])


def _flow(source: Points, target: Points, shape: tuple[int, ...]) -> npt.NDArray[np.float32]:
    """How far back each target pixel is found in the source: an affine fit, then a smooth field."""
    matrix = fit_affine(target, source)
    placed = as_floats(target @ matrix[:, :2].T + matrix[:, 2])
    ys, xs = np.mgrid[0 : shape[0], 0 : shape[1]].astype(np.float32)
    grid = np.stack([xs, ys], axis=-1)
    near = smooth_field(target, source - placed, shape, reach=0.2 * face_size(target))
    return as_floats(grid - (grid @ matrix[:, :2].T.astype(np.float32) + matrix[:, 2]) - near)


def _drawn(points: Points, shape: tuple[int, ...]) -> Image:
    """Jaw, brows, nose, eyes and lips as soft lines, 255 on black."""
    drawn = np.zeros(shape[:2], np.uint8)
    for start, end, closed in (
        (0, 17, False), (17, 22, False), (22, 27, False), (27, 31, False), (31, 36, False),
        (36, 42, True), (42, 48, True), (48, 60, True), (60, 68, True),
    ):  # fmt: skip
        line = np.round(points[start:end] * 8).astype(np.int32)
        cv2.polylines(drawn, [line], closed, 255, 1, cv2.LINE_AA, 3)
    return drawn


def resized(image: Image, size: tuple[int, int]) -> Image:
    """``size``: width, height."""
    shrinks = size[0] < image.shape[1]
    return as_image(
        cv2.resize(image, size, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC)
    )


def _tensor(pictures: list[Any]) -> Tensor:
    return torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2).float().div(255).contiguous()
