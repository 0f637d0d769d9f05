"""Pieces of the verdict panel: the scale, the handle to drag, the facts, the comparison."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetricsF, QMouseEvent, QPainter, QPainterPath, QPaintEvent, QPolygonF
from PySide6.QtWidgets import (
    QApplication,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QToolButton,
    QWidget,
)

from deepfake_desktop.core.types import Analysis, Label, Thresholds
from deepfake_desktop.ui import formats, theme, wording
from deepfake_desktop.ui.icons import icon
from deepfake_desktop.ui.theme import Space, mix
from deepfake_desktop.ui.verdict_mark import VerdictMark
from deepfake_desktop.ui.verdict_panel_text import Row, setting_differences
from deepfake_desktop.ui.widgets import ElidedLabel, Panel, label


class VerdictWord(QWidget):
    """The word in the verdict's colour, at 28 px or as large as the column allows."""

    def __init__(self) -> None:
        super().__init__()
        self._text = ""
        self._label: Label | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    @property
    def text(self) -> str:
        return self._text

    def tell(self, text: str, verdict: Label | None) -> None:
        self._text, self._label = text, verdict
        self.setAccessibleName(text)
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(120, round(theme.px("verdict") * 1.25))

    def paintEvent(self, event: QPaintEvent) -> None:
        c = theme.colors(self)
        painter = QPainter(self)
        font = theme.font("verdict" if self._label is not None else "title", bold=True)
        while (
            font.pixelSize() > theme.px("title")
            and QFontMetricsF(font).horizontalAdvance(self._text) > self.width()
        ):
            font.setPixelSize(font.pixelSize() - 1)
        painter.setFont(font)
        painter.setPen(c.verdict(self._label) if self._label is not None else c.text)
        text = QFontMetricsF(font).elidedText(self._text, Qt.TextElideMode.ElideRight, self.width())
        painter.drawText(
            QRectF(self.rect()),
            Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeading,
            text,
        )
        painter.end()


class ScoreScale(QWidget):
    """Where the score lies between real and fake, and where the limits are."""

    def __init__(self) -> None:
        super().__init__()
        self._p_fake: float | None = None
        self._limits = Thresholds()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def tell(self, p_fake: float | None, limits: Thresholds) -> None:
        self._p_fake, self._limits = p_fake, limits
        if p_fake is not None:
            self.setAccessibleName(
                self.tr("Score {0}; real up to {1}, fake from {2}").format(
                    formats.score(p_fake), formats.score(limits.real), formats.score(limits.fake)
                )
            )
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(160, 12 + 8 + 4 + theme.px("caption") + 6)

    def paintEvent(self, event: QPaintEvent) -> None:
        c = theme.colors(self)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        bar = QRectF(0, 12, self.width(), 8)
        shape = QPainterPath()
        shape.addRoundedRect(bar, 4, 4)
        painter.setClipPath(shape)
        real_x = bar.left() + self._limits.real * bar.width()
        fake_x = bar.left() + self._limits.fake * bar.width()
        for left, right, color in (
            (bar.left(), real_x, c.real),
            (real_x, fake_x, c.inconclusive),
            (fake_x, bar.right(), c.fake),
        ):
            area = QRectF(left, bar.top(), right - left, bar.height())
            painter.fillRect(area, mix(c.panel, color, 0.55))
        for x in (real_x, fake_x):
            painter.fillRect(QRectF(x - 1, bar.top(), 2, bar.height()), c.panel)
        painter.setClipping(False)
        if self._p_fake is not None:
            x = bar.left() + min(1.0, max(0.0, self._p_fake)) * bar.width()
            x = min(max(x, bar.left() + 5), bar.right() - 5)  # the whole pointer shows
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(c.text)
            painter.drawPolygon(QPolygonF([QPointF(x, 10), QPointF(x - 5, 1), QPointF(x + 5, 1)]))
        painter.setFont(theme.font("caption"))
        painter.setPen(c.quiet)
        words = QRectF(bar.left(), bar.bottom() + 4, bar.width(), theme.px("caption") + 6)
        metrics = QFontMetricsF(theme.font("caption"))
        real, middle, fake = self.tr("real"), self.tr("inconclusive"), self.tr("fake")
        painter.drawText(words, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignAbsolute, real)
        painter.drawText(words, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignAbsolute, fake)
        width = metrics.horizontalAdvance(middle)
        left = words.left() + metrics.horizontalAdvance(real) + Space.S
        right = words.right() - metrics.horizontalAdvance(fake) - Space.S - width
        if right >= left and fake_x - real_x >= 1:
            x = min(max((real_x + fake_x - width) / 2, left), right)
            painter.drawText(QPointF(x, words.top() + metrics.ascent()), middle)
        painter.end()


class DragHandle(QToolButton):
    """Drag it out and the result comes along as a file; a click saves it instead."""

    dragStarted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._press: QPointF | None = None
        self.setProperty("kind", "flat")
        self.setIcon(icon("grip", "quiet"))
        self.setIconSize(QSize(18, 18))
        self.setCursor(Qt.CursorShape.OpenHandCursor)
        self.setToolTip(self.tr("Drag the result out as a file"))
        self.setAccessibleName(self.tr("Drag the result out as a file, or press to save it"))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        super().mousePressEvent(event)
        self._press = event.position()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._press is not None:
            moved = (event.position() - self._press).manhattanLength()
            if moved >= QApplication.startDragDistance():
                self._press = None
                self.setDown(False)
                self.dragStarted.emit()
                return
        super().mouseMoveEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._press = None
        super().mouseReleaseEvent(event)


class Bullets(QWidget):
    """Sentences under one another, each with a mark before it."""

    def __init__(self, mark: str = "\u2022", role: str = "quiet") -> None:
        super().__init__()
        self._mark, self._role = mark, role
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(Space.S)
        self._grid.setVerticalSpacing(Space.XS)
        self._grid.setColumnStretch(1, 1)
        self._texts: list[str] = []

    @property
    def texts(self) -> list[str]:
        return self._texts

    def tell(self, texts: Sequence[str]) -> None:
        self._texts = list(texts)
        _empty(self._grid)
        for row, text in enumerate(self._texts):
            mark = label(self._mark, self._role)
            self._grid.addWidget(mark, row, 0, Qt.AlignmentFlag.AlignTop)
            sentence = label(text, self._role, wrap=True)
            sentence.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            self._grid.addWidget(sentence, row, 1)
        self.setVisible(bool(self._texts))


class Facts(QWidget):
    """Names on one side, values on the other; long values lose their middle."""

    def __init__(self) -> None:
        super().__init__()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(Space.M)
        self._grid.setVerticalSpacing(6)
        self._grid.setColumnStretch(1, 1)
        self.rows: list[Row] = []

    def tell(self, rows: Sequence[Row]) -> None:
        self.rows = list(rows)
        _empty(self._grid)
        for at, row in enumerate(self.rows):
            self._grid.addWidget(label(row.name, "quiet"), at, 0, Qt.AlignmentFlag.AlignTop)
            if " " in row.value and len(row.value) > 24:
                value: QLabel = label(formats.unbroken(row.value), "text", wrap=True)
                value.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
                value.setToolTip(row.detail)
            else:
                value = ElidedLabel(row.value)
                value.setProperty("role", "text")
                value.setAccessibleName(f"{row.name}: {row.value}")
            self._grid.addWidget(value, at, 1)


class Comparison(Panel):
    """What other settings say of the same video, one line a run."""

    def __init__(self) -> None:
        super().__init__()
        self._title = label(self.tr("With other settings"), "heading")
        self.column.addWidget(self._title)
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(Space.S)
        self._grid.setVerticalSpacing(6)
        self._grid.setColumnStretch(1, 1)
        self.column.addLayout(self._grid)
        self.lines: list[str] = []

    def tell(self, analyses: Sequence[Analysis]) -> None:
        """The first is what the others are compared with."""
        _empty(self._grid)
        self.lines = []
        for row, one in enumerate(analyses):
            verdict = one.verdict
            if row == 0:
                how = self.tr("first, {0} frames").format(one.settings.frames)
            else:
                how = setting_differences(analyses[0], one)
            share = "" if verdict.confidence is None else wording.percent(verdict.confidence)
            mark = VerdictMark(16)
            mark.show_label(verdict.label)
            word = label(wording.verdict(verdict.label), "text")
            text = ElidedLabel(how)
            text.setProperty("role", "quiet")
            figure = label(share, "text")
            for column, widget in enumerate((mark, text, word, figure)):
                self._grid.addWidget(widget, row, column)
            self.lines.append(f"{wording.verdict(verdict.label)} {share} {how}".strip())
            mark.setAccessibleName(self.lines[-1])
        self.setVisible(len(analyses) > 1)


class Pill(QLabel):
    """A small word in a frame, for what is not final."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("role", "caption")
        self.setContentsMargins(Space.S, 2, Space.S, 2)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def paintEvent(self, event: QPaintEvent) -> None:
        c = theme.colors(self)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(c.accent)
        painter.setBrush(c.accent_soft)
        frame = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.drawRoundedRect(frame, frame.height() / 2, frame.height() / 2)
        painter.setFont(theme.font("caption", bold=True))
        painter.setPen(c.accent)
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self.text())
        painter.end()

    def sizeHint(self) -> QSize:
        metrics = QFontMetricsF(theme.font("caption", bold=True))
        width = metrics.horizontalAdvance(self.text()) + 2 * Space.S + 4
        return QSize(round(width), round(metrics.height() + 4))


def row(*widgets: QWidget, spacing: int = Space.S) -> QHBoxLayout:
    """Widgets side by side, the rest of the row empty."""
    layout = QHBoxLayout()
    layout.setSpacing(spacing)
    for widget in widgets:
        layout.addWidget(widget)
    layout.addStretch(1)
    return layout


def _empty(grid: QGridLayout) -> None:
    while (item := grid.takeAt(0)) is not None:
        widget = item.widget()
        if widget is not None:
            widget.hide()
            widget.deleteLater()
