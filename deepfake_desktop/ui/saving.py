"""Results on their way out: the JSON, a frame, a face, the summary, a drag."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import cast

from PySide6.QtCore import QObject
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog, QWidget

from deepfake_desktop.core.errors import OutputError
from deepfake_desktop.core.report.as_json import write_json
from deepfake_desktop.core.types import Analysis, CancelToken, FaceBox
from deepfake_desktop.ui import exports
from deepfake_desktop.ui.chores import Chores
from deepfake_desktop.ui.error_words import error_words
from deepfake_desktop.ui.failure import Failure
from deepfake_desktop.ui.notice_bar import NoticeBar
from deepfake_desktop.ui.presenter import Presenter
from deepfake_desktop.ui.queue_model import Entry
from deepfake_desktop.ui.remote import Remote

_Write = Callable[[Path, CancelToken], None]
"""Writes a file; called on the chores' thread."""


class Saving(QObject):
    """One per window; asks where to, writes on a thread, and tells how it went."""

    def __init__(
        self,
        window: QWidget,
        *,
        chores: Chores,
        errands: Chores,
        helper: Remote,
        presenter: Presenter,
        notice: NoticeBar,
    ) -> None:
        super().__init__(window)
        self._window = window
        self._chores = chores
        self._errands = errands
        self._helper = helper
        self._presenter = presenter
        self._notice = notice
        self._drag_out = exports.DragOut()
        self._retry: Callable[[], None] | None = None
        notice.acted.connect(self._act_on_notice)

    def close(self) -> None:
        self._drag_out.close()

    def save_json(self) -> None:
        analysis = self._presenter.analysis
        if analysis is None:
            return
        start = analysis.video.path.parent / exports.json_name(analysis)
        self._ask_where(
            self.tr("Save result"),
            start,
            "JSON (*.json)",
            lambda path, _: write_json(analysis, path),
            by=self._chores,
        )

    def copy_summary(self) -> None:
        analysis = self._presenter.analysis
        if analysis is not None:
            QGuiApplication.clipboard().setText(exports.summary(analysis))
            self._notice.say(self.tr("The summary is on the clipboard."))

    def drag_json(self) -> None:
        analysis = self._presenter.analysis
        if analysis is not None:
            try:
                self._drag_out.start(self._window, analysis)
            except (OutputError, OSError) as error:
                self._retry = self.save_json
                self._not_written(Failure.of(error))

    def save_frame(self, time_s: float) -> None:
        entry = self._presenter.entry
        if entry is not None:
            self._save_picture(self.tr("Save frame"), entry.path, f"{time_s:.2f}s", time_s, None)

    def save_face(self, track_id: int, time_s: float) -> None:
        entry = self._presenter.entry
        box = _box_of(entry, track_id, time_s) if entry is not None else None
        if entry is not None and box is not None:
            name = f"{track_id}_{time_s:.2f}s"
            self._save_picture(self.tr("Save face"), entry.path, name, time_s, box)

    def _save_picture(
        self, title: str, video: Path, name: str, time_s: float, box: FaceBox | None
    ) -> None:
        """``name`` stands behind the video's; ``box`` is None for the whole frame."""
        start = video.with_name(f"{video.stem}_{name}.png")
        write = partial(self._write_frame, video, time_s, box)
        self._ask_where(title, start, "PNG (*.png)", write, by=self._errands)

    def _write_frame(
        self, video: Path, time_s: float, box: FaceBox | None, target: Path, cancel: CancelToken
    ) -> None:
        """Runs on the errands' thread; the helper decodes."""
        name = "deepfake_desktop.ui.offload:write_frame"
        self._helper.call(name, video, time_s, box, target, cancel=cancel)

    def _ask_where(self, title: str, start: Path, kind: str, write: _Write, *, by: Chores) -> None:
        dialog = QFileDialog(self._window, title)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilter(kind)
        dialog.setDefaultSuffix(start.suffix.removeprefix("."))
        dialog.setDirectory(str(start.parent))
        dialog.selectFile(start.name)
        dialog.fileSelected.connect(lambda name: self._write(Path(name), write, by))
        self._retry = partial(self._ask_where, title, start, kind, write, by=by)
        dialog.open()

    def _write(self, path: Path, write: _Write, by: Chores) -> None:
        def work(cancel: CancelToken) -> object:
            write(path, cancel)
            return path

        by.submit(work, self._written, failed=self._not_written, path=path)

    def _written(self, result: object) -> None:
        path = cast(Path, result)
        self._notice.say(
            self.tr("Saved: {0}").format(path.name),
            action=(f"reveal:{path}", self.tr("Show in folder")),
        )

    def _not_written(self, failure: Failure) -> None:
        words = error_words(failure)
        self._notice.say(
            f"{words.headline}: {failure.reason}. {words.remedy}",
            sign="warning",
            action=("elsewhere", self.tr("Save elsewhere…")),
        )

    def _act_on_notice(self, key: str) -> None:
        if key == "elsewhere" and self._retry is not None:
            self._retry()


def _box_of(entry: Entry, track_id: int, time_s: float) -> FaceBox | None:
    """Where a person's face is at a moment: from the result, else from the faces seen."""
    candidates: list[tuple[float, FaceBox]] = []
    analysis: Analysis | None = entry.analysis
    if analysis is not None:
        for track in analysis.tracks:
            if track.id == track_id:
                candidates += [(abs(b.time_s - time_s), b.box) for b in track.boxes]
    if not candidates:
        faces = [face for face in entry.faces if face.track_id == track_id]
        candidates = [(abs(face.time_s - time_s), face.box) for face in faces]
    return min(candidates, key=lambda pair: pair[0])[1] if candidates else None
