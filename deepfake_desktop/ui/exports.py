"""A result on its way out: JSON, a summary as text, a frame or a face as a picture, a drag."""

from __future__ import annotations

import tempfile
from pathlib import Path

from PySide6.QtCore import QBuffer, QByteArray, QCoreApplication, QIODevice, QMimeData, Qt, QUrl
from PySide6.QtGui import QDrag, QImage, QImageWriter
from PySide6.QtWidgets import QWidget

from deepfake_desktop.core.atomic import write_atomically
from deepfake_desktop.core.errors import OutputError
from deepfake_desktop.core.report.as_json import write_json
from deepfake_desktop.core.types import Analysis, FaceBox, Image
from deepfake_desktop.ui import wording

translate = QCoreApplication.translate


def json_name(analysis: Analysis) -> str:
    """A file name for the result, beside the video's."""
    return f"{analysis.video.path.stem}.deepfake-desktop.json"


def summary(analysis: Analysis) -> str:
    """The result in a few lines of plain text, limits included."""
    verdict = analysis.verdict
    head = wording.verdict(verdict.label)
    if verdict.confidence is not None:
        share = wording.percent(verdict.confidence)
        head += " · " + translate("exports", "calibrated confidence {0}").format(share)
    lines = [f"{analysis.video.path.name}: {head}"]
    lines += [f"- {wording.reason(reason)}" for reason in verdict.reasons]
    lines += [f"- {wording.reason(warning)}" for warning in analysis.warnings]
    checkpoint = analysis.checkpoint
    lines += [
        "",
        translate("exports", "Video SHA-256: {0}").format(analysis.video.sha256 or "?"),
        translate("exports", "Checkpoint: {0} (SHA-256 {1})").format(
            checkpoint.name, checkpoint.sha256
        ),
        translate("exports", "Traces it reads: {0}").format(
            wording.evidence(checkpoint) or translate("exports", "none")
        ),
        translate("exports", "Frames examined: {0}, with a face: {1}").format(
            analysis.frames.examined, analysis.frames.with_face
        ),
        translate("exports", "Deepfake Desktop, {0}").format(analysis.created_utc),
        translate("exports", "A result is evidence, not proof."),
    ]
    return "\n".join(lines)


def frame_image(path: Path, time_s: float) -> Image:
    """The frame shown at a moment, decoded by the engine. Slow: belongs on the chores' thread."""
    from deepfake_desktop.core.media import open_video

    with open_video(path) as video:
        return video.frame_at(time_s).image


def cut_out(image: Image, box: FaceBox, *, margin: float = 0.25) -> Image:
    """A face with some of its surroundings, at its own resolution."""
    height, width = image.shape[:2]
    aside, above = box.width_px * margin, box.height_px * margin
    left, right = max(0, round(box.left_px - aside)), min(width, round(box.right_px + aside))
    top, bottom = max(0, round(box.top_px - above)), min(height, round(box.bottom_px + above))
    return image[top:bottom, left:right].copy()


def as_png(image: Image) -> bytes:
    """RGB uint8 height x width x 3 as a PNG file's bytes."""
    height, width = image.shape[:2]
    data = image if image.flags["C_CONTIGUOUS"] else image.copy()
    picture = QImage(data.data, width, height, 3 * width, QImage.Format.Format_RGB888)
    array = QByteArray()
    buffer = QBuffer(array)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    writer = QImageWriter(buffer, QByteArray(b"png"))
    if not writer.write(picture):
        raise OutputError(f"the picture could not be encoded ({writer.errorString()})")
    return bytes(array.data())


def save_picture(image: Image, path: Path) -> None:
    """Raises:
    OutputError: it cannot be written.
    """
    write_atomically(path, as_png(image))


class DragOut:
    """Drags a result out of the window as a file; the file lives as long as this object."""

    def __init__(self) -> None:
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    def mime(self, analysis: Analysis) -> QMimeData:
        """The result as a file, for whoever takes files, and as text for the others."""
        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory(prefix="deepfake-desktop-")
        path = Path(self._folder.name) / json_name(analysis)
        write_json(analysis, path)
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(path))])
        data.setText(summary(analysis))
        return data

    def start(self, source: QWidget, analysis: Analysis) -> None:
        drag = QDrag(source)
        drag.setMimeData(self.mime(analysis))
        drag.exec(Qt.DropAction.CopyAction)

    def close(self) -> None:
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None
