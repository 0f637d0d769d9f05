"""What the helper process does for the window: all that needs the decoder, OpenCV or torch.

Each function is called by name through ``Remote``; arguments and results are plain values.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from deepfake_desktop.core.types import CancelToken, FaceBox, Image
from deepfake_desktop.ui import exports, model_files
from deepfake_desktop.ui.model_files import Inspected, ModelEntry

POSTER_WIDTH, POSTER_HEIGHT = 192, 144


def poster(path: Path, *, cancel: CancelToken) -> Image:
    """The frame at a tenth of the video, RGB uint8, large enough to fill 192 x 144.

    Raises:
        MediaError: the file is no video that can be read.
    """
    import cv2
    import numpy as np

    from deepfake_desktop.core.media import open_video

    with open_video(path) as video:
        image = video.frame_at(0.1 * (video.info.duration_s or 0.0)).image
    height, width = image.shape[:2]
    scale = min(1.0, max(POSTER_WIDTH / width, POSTER_HEIGHT / height))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.ascontiguousarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA))


def write_frame(
    video: Path, time_s: float, box: FaceBox | None, target: Path, *, cancel: CancelToken
) -> None:
    """A frame, or one face of it, as a PNG file.

    Raises:
        MediaError: the video cannot be read any more.
        OutputError: the picture cannot be written.
    """
    image = exports.frame_image(video, time_s)
    cancel.raise_if_cancelled()
    exports.save_picture(image if box is None else exports.cut_out(image, box), target)


def inspect_model(path: Path, *, cancel: CancelToken) -> Inspected:
    """Raises:
    CheckpointError: it cannot be used, and why.
    """
    return model_files.inspect(path)


def state_class_order(entry: ModelEntry, classes: Sequence[str], *, cancel: CancelToken) -> None:
    """Raises:
    CheckpointError, OutputError: the file cannot be used, or its card not be written.
    """
    model_files.state_class_order(entry, classes)
