"""What the program can and cannot say: shown once at the first start, and from the Help menu."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget

from deepfake_desktop.core.types import Label
from deepfake_desktop.ui import theme, wording
from deepfake_desktop.ui.theme import Space
from deepfake_desktop.ui.verdict_mark import draw_mark
from deepfake_desktop.ui.widgets import Panel, button, label


class _Mark(QWidget):
    def __init__(self, which: Label) -> None:
        super().__init__()
        self._which: Label = which
        self.setFixedSize(28, 28)

    def paintEvent(self, event: QPaintEvent) -> None:
        c = theme.colors(self)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = QRectF(self.rect())
        draw_mark(painter, area, self._which, color=c.verdict(self._which), on=c.on_verdict)
        painter.end()


class WelcomeDialog(QDialog):
    """Four answers, three limits, one button."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("What this program can say"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        column = QVBoxLayout(self)
        column.setContentsMargins(Space.XL, Space.XL, Space.XL, Space.L)
        column.setSpacing(Space.M)
        column.addWidget(label(self.tr("What this program can say"), "title"))
        column.addWidget(
            label(
                self.tr(
                    "It looks at the faces in a video and estimates whether they were swapped, "
                    "re-synthesised or re-animated. It gives one of four answers:"
                ),
                "body",
                wrap=True,
            )
        )
        answers: tuple[tuple[Label, str], ...] = (
            ("FAKE", self.tr("A face shows traces of manipulation.")),
            ("REAL", self.tr("No face shows traces that the network knows.")),
            ("INCONCLUSIVE", self.tr("The evidence is too thin, or it disagrees.")),
            ("NO FACE", self.tr("There was nothing to examine.")),
        )
        panel = Panel()
        for which, text in answers:
            row = QHBoxLayout()
            row.setSpacing(Space.M)
            row.addWidget(_Mark(which))
            word = label(wording.verdict(which), "heading")
            word.setMinimumWidth(120)
            row.addWidget(word)
            row.addWidget(label(text, "text", wrap=True), 1)
            panel.column.addLayout(row)
        column.addWidget(panel)
        column.addWidget(label(self.tr("And what it cannot"), "title"))
        for text in (
            self.tr(
                "It is evidence, not proof. New kinds of fakes, heavy compression and small or "
                "blurred faces mislead it. REAL does not mean that nobody was deceived."
            ),
            self.tr(
                "It does not examine voices, subtitles, places, or whether a true recording was "
                "put into a false context."
            ),
            self.tr(
                "Nothing leaves this computer: videos are read where they are, and no "
                "connection is made."
            ),
        ):
            row = QHBoxLayout()
            row.setSpacing(Space.S)
            row.addWidget(label("•", "text"), 0, Qt.AlignmentFlag.AlignTop)
            row.addWidget(label(text, "text", wrap=True), 1)
            column.addLayout(row)
        column.addStretch(1)
        row = QHBoxLayout()
        row.addStretch(1)
        start = button(self.tr("Understood"), self.accept, kind="primary")
        start.setDefault(True)
        row.addWidget(start)
        column.addLayout(row)
        self.setMinimumWidth(560)
        self.setMaximumWidth(620)
