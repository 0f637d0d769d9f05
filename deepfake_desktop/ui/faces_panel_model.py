"""The faces of one person as a list that views and screen readers understand. Bounded."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from typing import Any

import numpy as np
from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QImage, QPixmap

from deepfake_desktop.core.types import FaceSeen, WindowScore
from deepfake_desktop.ui import formats

PIXMAP_PX = 112
"""Twice the size on screen, for sharp pictures at 200 %."""

MOST_FACES = 240
"""Per person; beyond it every other one is dropped, so that they stay spread over the video."""

TIME_ROLE = int(Qt.ItemDataRole.UserRole) + 1
SCORE_ROLE = TIME_ROLE + 1

_Index = QModelIndex | QPersistentModelIndex


@dataclass(slots=True)
class Face:
    """One picture. ``large`` is what the engine sent; ``small`` is what the list shows."""

    time_s: float
    large: QImage
    small: QPixmap
    p_fake: float | None


class FacesModel(QAbstractListModel):
    """Faces by time; a score reaches all faces inside its window, whichever comes first."""

    def __init__(self, track_id: int, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.track_id = track_id
        self.seen = 0
        """All faces that came, also those that were dropped again."""
        self._faces: list[Face] = []
        self._times: list[float] = []
        self._windows: list[WindowScore] = []
        self._starts: list[float] = []

    @property
    def faces(self) -> list[Face]:
        return self._faces

    def add(self, face: FaceSeen) -> None:
        self.seen += 1
        image = to_image(face.thumbnail)
        small = image.scaled(
            PIXMAP_PX,
            PIXMAP_PX,
            Qt.AspectRatioMode.KeepAspectRatioByExpanding,
            Qt.TransformationMode.SmoothTransformation,
        )
        middle = small.copy(
            (small.width() - PIXMAP_PX) // 2,
            (small.height() - PIXMAP_PX) // 2,
            PIXMAP_PX,
            PIXMAP_PX,
        )
        row = bisect_left(self._times, face.time_s)
        self.beginInsertRows(QModelIndex(), row, row)
        self._times.insert(row, face.time_s)
        self._faces.insert(
            row,
            Face(face.time_s, image, QPixmap.fromImage(middle), self._score_at(face.time_s)),
        )
        self.endInsertRows()
        if len(self._faces) > MOST_FACES:
            self.beginResetModel()
            self._faces, self._times = self._faces[::2], self._times[::2]
            self.endResetModel()

    def set_score(self, window: WindowScore) -> None:
        at = bisect_left(self._starts, window.start_s)
        self._starts.insert(at, window.start_s)
        self._windows.insert(at, window)
        first = bisect_left(self._times, window.start_s - 1e-6)
        after = bisect_right(self._times, window.end_s + 1e-6)
        for face in self._faces[first:after]:
            face.p_fake = window.p_fake
        if after > first:
            self.dataChanged.emit(self.index(first), self.index(after - 1))

    def set_scores(self, windows: tuple[WindowScore, ...]) -> None:
        """The final windows, in place of those that streamed in."""
        self._windows = sorted(windows, key=lambda window: window.start_s)
        self._starts = [window.start_s for window in self._windows]
        for face in self._faces:
            face.p_fake = self._score_at(face.time_s)
        if self._faces:
            self.dataChanged.emit(self.index(0), self.index(len(self._faces) - 1))

    def nearest(self, time_s: float) -> int | None:
        """Row of the face nearest to ``time_s``."""
        if not self._times:
            return None
        at = bisect_left(self._times, time_s)
        near = [row for row in (at - 1, at) if 0 <= row < len(self._times)]
        return min(near, key=lambda row: abs(self._times[row] - time_s))

    def _score_at(self, time_s: float) -> float | None:
        last = bisect_right(self._starts, time_s + 1e-6) - 1
        for window in self._windows[max(0, last - 2) : last + 1][::-1]:
            if window.end_s >= time_s - 1e-6:
                return window.p_fake
        return None

    # --- what Qt asks -------------------------------------------------------------------------

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        return 0 if parent.isValid() else len(self._faces)

    def data(self, index: _Index, role: int = int(Qt.ItemDataRole.DisplayRole)) -> Any:
        if not index.isValid():
            return None
        face = self._faces[index.row()]
        if role == Qt.ItemDataRole.DecorationRole:
            return face.small
        if role == TIME_ROLE:
            return face.time_s
        if role == SCORE_ROLE:
            return face.p_fake
        when = formats.clock(face.time_s, decimals=2)
        if role == Qt.ItemDataRole.DisplayRole:
            return when
        if role in (Qt.ItemDataRole.AccessibleTextRole, Qt.ItemDataRole.ToolTipRole):
            score = self.tr("not scored") if face.p_fake is None else formats.score(face.p_fake)
            return f"{formats.person_name(self.track_id)}, {when}, {score}"
        return None


def to_image(pixels: np.ndarray) -> QImage:
    """RGB uint8 HxWx3 as a QImage that owns its memory."""
    data = np.ascontiguousarray(pixels, dtype=np.uint8)
    height, width = data.shape[:2]
    return QImage(data.data, width, height, width * 3, QImage.Format.Format_RGB888).copy()
