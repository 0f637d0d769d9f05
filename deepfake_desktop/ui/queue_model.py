"""The files in hand, one entry each, as a Qt list model. Lives on the GUI thread only."""

from __future__ import annotations

import enum
import itertools
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QCoreApplication,
    QMimeData,
    QModelIndex,
    QPersistentModelIndex,
    Qt,
    QUrl,
)

from deepfake_desktop.core.types import (
    Analysis,
    FaceSeen,
    Image,
    Opened,
    Progress,
    Verdict,
    WindowScore,
)
from deepfake_desktop.ui import wording
from deepfake_desktop.ui.error_words import error_words
from deepfake_desktop.ui.failure import Failure

Index = QModelIndex | QPersistentModelIndex

translate = QCoreApplication.translate

ENTRY_ROLE = Qt.ItemDataRole.UserRole + 1
_ROWS_MIME = "application/x-deepfake-desktop-rows"
_MOST_FACES = 600


class State(enum.Enum):
    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(eq=False)
class Entry:
    """One file, and all that is known of it so far. Only the controller changes it."""

    id: int
    path: Path
    state: State = State.WAITING
    job_id: int = 0
    """The job that runs or ran last; events of any other are stale."""
    opened: Opened | None = None
    progress: Progress | None = None
    preliminary: Verdict | None = None
    faces: list[FaceSeen] = field(default_factory=list)
    windows: list[WindowScore] = field(default_factory=list)
    analyses: list[Analysis] = field(default_factory=list)
    """The first result, then those of other settings."""
    result_faces: list[FaceSeen] = field(default_factory=list)
    """What was seen on the way to the last result; ``faces`` are those of a run that goes on."""
    failure: Failure | None = None
    poster: Image | None = None
    name: str = ""
    """What people call it: the file's name, and folders where two files share a name."""

    @property
    def analysis(self) -> Analysis | None:
        """The result that the views show."""
        return self.analyses[-1] if self.analyses else None

    @property
    def verdict(self) -> Verdict | None:
        return self.analysis.verdict if self.analysis else None

    def start_over(self) -> None:
        """Forgets what the last run showed on its way; results stay."""
        self.opened = None
        self.progress = None
        self.preliminary = None
        self.failure = None
        self.faces = []
        self.windows = []

    def succeed(self, analysis: Analysis) -> None:
        self.analyses.append(analysis)
        self.result_faces = self.faces

    def remember_face(self, face: FaceSeen) -> None:
        """Keeps thumbnails for a later look, thinned out evenly when there are very many."""
        self.faces.append(face)
        if len(self.faces) > _MOST_FACES:
            del self.faces[1::2]

    def status(self) -> str:
        """One line: what it waits for, does, or found."""
        if self.state is State.RUNNING:
            if self.progress is None:
                return translate("QueueModel", "Starting")
            text = wording.stage(self.progress.stage)
            left = self.progress.remaining_s
            return text if left is None else f"{text} · {wording.time_left(left)}"
        if self.state is State.DONE and self.verdict is not None:
            word = wording.verdict(self.verdict.label)
            if self.verdict.confidence is None:
                return word
            return f"{word} · {wording.percent(self.verdict.confidence)}"
        if self.state is State.FAILED and self.failure is not None:
            return error_words(self.failure).headline
        if self.state is State.CANCELLED:
            return translate("QueueModel", "Cancelled")
        return translate("QueueModel", "Waiting")


class QueueModel(QAbstractListModel):
    """Rows in the order in which they run; rows can be dragged to another place."""

    def __init__(self) -> None:
        super().__init__()
        self._entries: list[Entry] = []
        self._ids = itertools.count(1)

    # --- reading

    @property
    def entries(self) -> Sequence[Entry]:
        return tuple(self._entries)

    def entry(self, entry_id: int) -> Entry | None:
        return next((e for e in self._entries if e.id == entry_id), None)

    def row_of(self, entry_id: int) -> int:
        """The row, or -1."""
        return next((i for i, e in enumerate(self._entries) if e.id == entry_id), -1)

    def next_waiting(self) -> Entry | None:
        return next((e for e in self._entries if e.state is State.WAITING), None)

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._entries)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not 0 <= index.row() < len(self._entries):
            return None
        entry = self._entries[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return entry.name
        if role == Qt.ItemDataRole.ToolTipRole:
            return f"{entry.path}\n{entry.status()}"
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{entry.name}, {entry.status()}"
        if role == ENTRY_ROLE:
            return entry
        return None

    # --- changing

    def add(self, paths: Iterable[Path]) -> list[Entry]:
        """New entries for the paths that are not there yet; returns the new ones."""
        there = {entry.path for entry in self._entries}
        new = [Entry(next(self._ids), p) for p in dict.fromkeys(paths) if p not in there]
        if new:
            first = len(self._entries)
            self.beginInsertRows(QModelIndex(), first, first + len(new) - 1)
            self._entries += new
            self._name_entries()
            self.endInsertRows()
            self._repaint()
        return new

    def remove(self, entry_id: int) -> None:
        row = self.row_of(entry_id)
        if row >= 0:
            self.beginRemoveRows(QModelIndex(), row, row)
            del self._entries[row]
            self._name_entries()
            self.endRemoveRows()
            self._repaint()

    def move(self, entry_id: int, to_row: int) -> bool:
        """Puts an entry at ``to_row`` of the list as it is afterwards."""
        row = self.row_of(entry_id)
        to_row = max(0, min(to_row, len(self._entries) - 1))
        if row < 0 or row == to_row:
            return False
        before = to_row + 1 if to_row > row else to_row
        if not self.beginMoveRows(QModelIndex(), row, row, QModelIndex(), before):
            return False
        self._entries.insert(to_row, self._entries.pop(row))
        self.endMoveRows()
        return True

    def touch(self, entry: Entry) -> None:
        """Tells the views that an entry looks different now."""
        row = self.row_of(entry.id)
        if row >= 0:
            index = self.index(row)
            self.dataChanged.emit(index, index)

    def _name_entries(self) -> None:
        for entry, name in zip(self._entries, _names([e.path for e in self._entries]), strict=True):
            entry.name = name

    def _repaint(self) -> None:
        if self._entries:
            self.dataChanged.emit(self.index(0), self.index(len(self._entries) - 1))

    # --- dragging rows

    def flags(self, index: Index) -> Qt.ItemFlag:
        base = super().flags(index)
        if index.isValid():
            return base | Qt.ItemFlag.ItemIsDragEnabled
        return base | Qt.ItemFlag.ItemIsDropEnabled

    def supportedDropActions(self) -> Qt.DropAction:
        return Qt.DropAction.MoveAction

    def supportedDragActions(self) -> Qt.DropAction:
        return Qt.DropAction.MoveAction | Qt.DropAction.CopyAction

    def mimeTypes(self) -> list[str]:
        return [_ROWS_MIME]

    def mimeData(self, indexes: Sequence[QModelIndex]) -> QMimeData:
        """The rows for this list, and the files themselves for anywhere else."""
        data = QMimeData()
        entries = [self._entries[i.row()] for i in indexes if i.isValid()]
        data.setData(_ROWS_MIME, ",".join(str(e.id) for e in entries).encode())
        data.setUrls([QUrl.fromLocalFile(str(e.path)) for e in entries])
        return data

    def dropMimeData(
        self, data: QMimeData, action: Qt.DropAction, row: int, column: int, parent: Index
    ) -> bool:
        if not data.hasFormat(_ROWS_MIME):
            return False
        target = row if row >= 0 else (parent.row() if parent.isValid() else len(self._entries))
        for text in bytes(data.data(_ROWS_MIME).data()).decode().split(","):
            now = self.row_of(int(text))
            self.move(int(text), target - 1 if now < target else target)
            target += now >= target
        return False  # the rows have moved; the view must not remove the old ones


def _names(paths: Sequence[Path]) -> list[str]:
    """Each file's name, with as many folders before it as set it apart: ``monday/clip.mp4``."""
    names = [path.name for path in paths]
    depth = 1
    while alike := {name for name, times in Counter(names).items() if times > 1}:
        depth += 1
        longer = [
            str(Path(*path.parts[-depth:])) if name in alike else name
            for path, name in zip(paths, names, strict=True)
        ]
        if longer == names:
            break
        names = longer
    return names
