"""The published pipeline, written plainly: what this program is compared with.

First N frames; ``face_recognition.face_locations`` at full size on each of them, once for the
previews and once for the network, as its front ends do; the first face, wider by what the
checkpoint wants (40 pixels on each side for the published ones), or the whole frame; scaled as
Pillow does; ImageNet statistics; one pass of the eager network; softmax over its logits.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from deepfake_desktop.core.cards import Card, calibrated
from deepfake_desktop.core.checkpoints import file_for_path, load_checkpoint
from deepfake_desktop.core.types import FaceBox

Image = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Published:
    """``p_fake`` is calibrated as the card says, so that it compares with ours. ``boxes``: of the
    frames with a face, the first face's."""

    frames: int
    p_fake: float
    logit: float
    boxes: tuple[FaceBox, ...]
    seconds: float


def first_frames(path: Path, count: int) -> list[Image]:
    """RGB frames as OpenCV hands them out."""
    import cv2

    capture = cv2.VideoCapture(str(path))
    frames: list[Image] = []
    while len(frames) < count:
        more, image = capture.read()
        if not more:
            break
        frames.append(np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), dtype=np.uint8))
    capture.release()
    return frames


def crop(image: Image, card: Card) -> tuple[Image, FaceBox | None]:
    """The first face with its margin, and its box; the whole picture where there is none."""
    import face_recognition
    from PIL import Image as Pillow

    found = face_recognition.face_locations(image)
    cut, box = image, None
    if found:
        top, right, bottom, left = found[0]
        box = FaceBox(left, top, right, bottom)
        x = card.crop_margin_px + round(card.crop_margin * (right - left))
        y = card.crop_margin_px + round(card.crop_margin * (bottom - top))
        cut = image[max(top - y, 0) : bottom + y, max(left - x, 0) : right + x]
    side = (card.image_size, card.image_size)
    scaled = Pillow.fromarray(cut).resize(side, Pillow.Resampling.BILINEAR)
    return np.asarray(scaled, dtype=np.uint8), box


def run(
    path: Path, checkpoint: Path, *, lengths: Sequence[int], previews: bool = True
) -> list[Published]:
    """Analyse one video the published way, for several N at once.

    What it does with one frame does not depend on N, so a run over the most frames tells the
    seconds of the shorter ones: the same sums, cut off earlier. The network runs for each N.
    """
    import torch

    from deepfake_desktop.core.network import normalise

    loaded = load_checkpoint(file_for_path(checkpoint))
    card, network = loaded.card, loaded.network
    seconds = {}
    for count in lengths:
        started = time.perf_counter()
        frames = first_frames(path, count)
        seconds[count] = (2 if previews else 1) * (time.perf_counter() - started)
    crops: list[Image] = []
    found: list[FaceBox | None] = []
    spent: list[float] = []
    for image in frames:
        started = time.perf_counter()
        if previews:
            crop(image, card)  # the pictures shown beside the result
        picture, box = crop(image, card)
        spent.append(time.perf_counter() - started)
        crops.append(picture[..., ::-1] if card.color == "bgr" else picture)
        found.append(box)
    answers = []
    for count in lengths:
        started = time.perf_counter()
        with torch.inference_mode():
            images = normalise(torch.from_numpy(np.stack(crops[:count]))).contiguous()
            pair = network(images.unsqueeze(0))[0]
        logit = float(pair[card.fake_index] - pair[1 - card.fake_index])
        answers.append(
            Published(
                frames=count,
                p_fake=calibrated(logit, card.calibration),
                logit=logit,
                boxes=tuple(box for box in found[:count] if box is not None),
                seconds=seconds[count] + sum(spent[:count]) + time.perf_counter() - started,
            )
        )
    return answers
