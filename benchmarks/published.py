"""The published pipeline, written plainly: what this program is compared with.

First N frames; ``face_recognition.face_locations`` at full size on each of them, once for the
previews and once for the network, as its front ends do; the first face, 40 pixels wider on each
side, or the whole frame; 112 x 112, ImageNet statistics; one pass of the eager network; softmax
over the last frame's logits.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

MARGIN_PX = 40
Image = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Published:
    """``p_index1`` is the softmax of index 1, which the front ends call fake."""

    p_index1: float
    faces: int
    read_s: float
    detect_s: float
    network_s: float


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


def crop(image: Image) -> tuple[Image, bool]:
    """The first face with its margin; the whole picture where there is none."""
    import face_recognition

    found = face_recognition.face_locations(image)
    if not found:
        return image, False
    top, right, bottom, left = found[0]
    top, left = max(top - MARGIN_PX, 0), max(left - MARGIN_PX, 0)
    return image[top : bottom + MARGIN_PX, left : right + MARGIN_PX], True


def run(path: Path, checkpoint: Path, *, frames: int, image_size: int = 112) -> Published:
    """Analyse one video the published way."""
    import cv2
    import torch

    from deepfake_desktop.core.checkpoints import file_for_path, load_checkpoint
    from deepfake_desktop.core.network import normalise

    network = load_checkpoint(file_for_path(checkpoint)).network
    started = time.perf_counter()
    previews = first_frames(path, frames)
    read_s = time.perf_counter() - started
    started = time.perf_counter()
    for image in previews:  # the pictures shown beside the result
        crop(image)
    detect_s = time.perf_counter() - started
    started = time.perf_counter()
    again = first_frames(path, frames)
    read_s += time.perf_counter() - started
    started = time.perf_counter()
    cropped = [crop(image) for image in again]
    detect_s += time.perf_counter() - started
    started = time.perf_counter()
    resized = np.stack([cv2.resize(image, (image_size, image_size)) for image, _ in cropped])
    with torch.inference_mode():
        images = normalise(torch.from_numpy(resized)).contiguous()
        p = torch.softmax(network(images.unsqueeze(0)), dim=1)[0, 1]
    return Published(
        p_index1=float(p),
        faces=sum(found for _, found in cropped),
        read_s=read_s,
        detect_s=detect_s,
        network_s=time.perf_counter() - started,
    )
