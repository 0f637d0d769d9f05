"""A small picture of each video for its row, read one by one on a thread of their own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, Slot

from deepfake_desktop.core.types import CancelToken, Image
from deepfake_desktop.ui.chores import Chores
from deepfake_desktop.ui.controller import Controller
from deepfake_desktop.ui.failure import Failure

_WIDTH, _HEIGHT = 192, 144


def poster(path: Path) -> Image:
    """The frame at a tenth of the video, RGB uint8, at most 192 x 144 or so.

    Raises:
        MediaError: the file is no video that can be read.
    """
    import cv2

    from deepfake_desktop.core.media import open_video

    with open_video(path) as video:
        image = video.frame_at(0.1 * (video.info.duration_s or 0.0)).image
    height, width = image.shape[:2]
    scale = min(1.0, max(_WIDTH / width, _HEIGHT / height))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.ascontiguousarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA))


class Posters(QObject):
    """Fills the queue's pictures in, in the order of the queue."""

    def __init__(self, controller: Controller, parent: QObject) -> None:
        super().__init__(parent)
        self._controller = controller
        self._chores = Chores(self)
        self._tried: set[int] = set()
        controller.entriesAdded.connect(self._next)

    def shutdown(self) -> None:
        self._chores.shutdown()

    @Slot()
    def _next(self) -> None:
        if self._chores.busy:
            return
        entries = self._controller.queue.entries
        entry = next((e for e in entries if e.poster is None and e.id not in self._tried), None)
        if entry is None:
            return
        entry_id, path = entry.id, entry.path
        self._tried.add(entry_id)

        def work(cancel: CancelToken) -> object:
            return poster(path)

        def done(result: object) -> None:
            self._controller.set_poster(entry_id, result)
            self._next()

        self._chores.submit(work, done, failed=self._failed, path=path)

    def _failed(self, _: Failure) -> None:
        self._next()  # the row keeps its plain sign; the analysis will say what is wrong
