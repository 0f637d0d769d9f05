"""The empty state: an invitation that takes videos and folders, and lights up under a drag."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from deepfake_desktop.core.paths import resource_path
from deepfake_desktop.core.types import Label
from deepfake_desktop.ui import icons, theme, wording
from deepfake_desktop.ui.intake import USUAL_SUFFIXES, Glance
from deepfake_desktop.ui.theme import Radius, Space
from deepfake_desktop.ui.verdict_mark import VerdictMark
from deepfake_desktop.ui.widgets import button, label


def samples() -> Sequence[tuple[str, Path]]:
    """The bundled clips: which kind, and where."""
    return (
        ("authentic", resource_path("samples/authentic.mp4")),
        ("manipulated", resource_path("samples/manipulated.mp4")),
    )


class _Mark(QWidget):
    """The picture in the middle: a film with an arrow into it."""

    def __init__(self) -> None:
        super().__init__()
        self.setFixedSize(72, 72)
        self.lit = False
        self.refusing = False

    def paintEvent(self, event: QPaintEvent) -> None:
        c = theme.colors(self)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        ground, color, sign = c.accent_soft, c.accent, "film"
        if self.lit:
            ground, color, sign = c.accent, c.on_accent, "drop"
        elif self.refusing:
            ground, color, sign = theme.faded(c.fake, 0.14), c.fake, "cancel"
        painter.setBrush(ground)
        painter.drawEllipse(self.rect())
        icons.draw(painter, sign, QRectF(20, 20, 32, 32), color)
        painter.end()


class DropArea(QWidget):
    """Asks to open; the window itself receives the drops, wherever they fall."""

    openRequested = Signal()
    pasteRequested = Signal()
    sampleRequested = Signal(object)

    def __init__(self, parent: QWidget | None = None, *, overlay: bool = False) -> None:
        """``overlay`` leaves the buttons out: it is laid over the work while a drag hovers."""
        super().__init__(parent)
        self.setAccessibleName(self.tr("Drop area for videos and folders"))
        self._lit = False
        self._refusing = False

        self._mark = _Mark()
        self._title = label(self.tr("Drop videos or folders here"), "title")
        self._line = label("", "quiet", wrap=True)
        open_button = button(self.tr("Open videos…"), self._open, kind="primary", icon="open")
        open_button.setMinimumWidth(132)
        paste = button(self.tr("Paste a path"), self._paste, icon="paste")
        buttons = QHBoxLayout()
        buttons.setSpacing(Space.S)
        buttons.addStretch(1)
        buttons.addWidget(open_button)
        buttons.addWidget(paste)
        buttons.addStretch(1)

        names = {
            "authentic": self.tr("Authentic sample"),
            "manipulated": self.tr("Manipulated sample"),
        }
        tips = {
            "authentic": self.tr("A short clip whose face was filmed"),
            "manipulated": self.tr("The same clip with a re-synthesised face"),
        }
        self._sample_row = QWidget()
        row = QHBoxLayout(self._sample_row)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(Space.XS)
        row.addStretch(1)
        row.addWidget(label(self.tr("No video at hand? Try one:"), "quiet"))
        for kind, path in samples():
            if path.is_file():
                sample = button(names[kind], self._sample, kind="flat", icon="sample")
                sample.setProperty("sample", str(path))
                sample.setToolTip(tips[kind])
                row.addWidget(sample)
        row.addStretch(1)

        column = QVBoxLayout(self)
        column.setContentsMargins(Space.XL, Space.XL, Space.XL, Space.XL)
        column.setSpacing(0)
        column.addStretch(3)
        column.addWidget(self._mark, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addSpacing(Space.L)
        for line in (self._title, self._line):
            line.setAlignment(Qt.AlignmentFlag.AlignCenter)
            column.addWidget(line)  # as wide as there is room: a wrapped label hints too little
            column.addSpacing(Space.XS)
        column.addSpacing(Space.L)
        column.addLayout(buttons)
        column.addSpacing(Space.XL)
        column.addWidget(self._sample_row)
        column.addStretch(4)
        answers = self._answers()
        limits = self._limits()
        column.addWidget(answers, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addSpacing(Space.M)
        column.addWidget(limits, 0, Qt.AlignmentFlag.AlignHCenter)
        self._calm_parts = (open_button, paste, self._sample_row, answers, limits)
        for each in self._calm_parts:
            policy = each.sizePolicy()
            policy.setRetainSizeWhenHidden(not overlay)
            each.setSizePolicy(policy)
            each.setHidden(overlay)
        self._overlay = overlay
        self.settle()

    def sizeHint(self) -> QSize:
        return QSize(640, 440)

    # --- while a drag is over the window

    def hover(self, glance: Glance) -> None:
        """Lights up for what can be taken, and names what cannot."""
        self._show_calm_parts(False)
        self._lit = glance.welcome
        self._refusing = not glance.welcome
        if glance.welcome:
            self._title.setText(self.tr("Let go to analyse"))
            self._line.setText(self._counted(glance))
        else:
            self._title.setText(self.tr("This cannot be analysed"))
            names = ", ".join(item.name for item in glance.refused[:3]) or self.tr("Nothing here")
            self._line.setText(self.tr("{0}: not a video").format(names))
        self._mark.lit, self._mark.refusing = self._lit, self._refusing
        self._mark.update()
        self.update()

    def settle(self) -> None:
        """Back to the invitation."""
        self._show_calm_parts(not self._overlay)
        self._lit = self._refusing = False
        self._mark.lit = self._mark.refusing = False
        self._title.setText(self.tr("Drop videos or folders here"))
        formats = " · ".join(USUAL_SUFFIXES)
        self._line.setText(self.tr("{0} and most other formats").format(formats))
        self._mark.update()
        self.update()

    def _show_calm_parts(self, shown: bool) -> None:
        for each in self._calm_parts:
            each.setVisible(shown)
        self._sample_row.setVisible(shown and any(path.is_file() for _, path in samples()))

    def _counted(self, glance: Glance) -> str:
        parts = []
        if glance.promising:
            parts.append(self.tr("%n video(s)", "", glance.promising))
        if glance.folders:
            parts.append(self.tr("%n folder(s)", "", glance.folders))
        if glance.models:
            parts.append(self.tr("%n model(s)", "", glance.models))
        if glance.refused:
            parts.append(self.tr("%n file(s) left out", "", len(glance.refused)))
        return " · ".join(parts)

    # --- asking

    def _open(self) -> None:
        self.openRequested.emit()

    def _paste(self) -> None:
        self.pasteRequested.emit()

    def _sample(self) -> None:
        sender = self.sender()
        if sender is not None:
            self.sampleRequested.emit(Path(str(sender.property("sample"))))

    # --- looks

    def _answers(self) -> QWidget:
        """The four answers, so that a first look tells what will come."""
        holder = QWidget()
        row = QHBoxLayout(holder)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(Space.S)
        row.addWidget(label(self.tr("One of four answers:"), "quiet"))
        answers: tuple[Label, ...] = ("FAKE", "REAL", "INCONCLUSIVE", "NO FACE")
        for which in answers:
            row.addSpacing(Space.S)
            mark = VerdictMark(18)
            mark.show_label(which)
            row.addWidget(mark)
            row.addWidget(label(wording.verdict(which), "text"))
        return holder

    def _limits(self) -> QLabel:
        return label(
            self.tr("Everything stays on this computer. A result is evidence, not proof."),
            "caption",
        )

    def paintEvent(self, event: QPaintEvent) -> None:
        c = theme.colors(self)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        frame = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        fill: QColor = c.accent_soft if self._lit else c.panel
        if self._overlay:
            fill = theme.faded(fill, 0.94)
        edge: QColor = c.fake if self._refusing else c.accent if self._lit else c.outline
        pen = QPen(edge, 2.0 if self._lit or self._refusing else 1.2)
        if not self._lit:
            pen.setStyle(Qt.PenStyle.CustomDashLine)
            pen.setDashPattern([5, 4])
        painter.setPen(pen)
        painter.setBrush(fill)
        painter.drawRoundedRect(frame, Radius.PANEL, Radius.PANEL)
        painter.end()
