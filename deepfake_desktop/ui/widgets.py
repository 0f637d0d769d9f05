"""Small pieces that many views share."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QFontMetrics, QIcon, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QFrame,
    QLabel,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from deepfake_desktop.ui import icons
from deepfake_desktop.ui.theme import Space

SpinBox = TypeVar("SpinBox", bound=QAbstractSpinBox)


class Panel(QFrame):
    """A rounded surface on the ground, with the panel's inner distances."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("panel", True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(Space.L, Space.M, Space.L, Space.M)
        layout.setSpacing(Space.S)
        self.column = layout


class ElidedLabel(QLabel):
    """One line that loses its middle when there is no room, and says all in its tooltip."""

    def __init__(self, text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._full = ""
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.setText(text)

    def setText(self, text: str) -> None:
        self._full = text.replace("\n", " ")
        self.setAccessibleName(self._full)
        self._elide()

    def full_text(self) -> str:
        return self._full

    def minimumSizeHint(self) -> QSize:
        return QSize(24, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._elide()

    def _elide(self) -> None:
        metrics = QFontMetrics(self.font())
        shown = metrics.elidedText(self._full, Qt.TextElideMode.ElideMiddle, self.width())
        super().setText(shown)
        self.setToolTip(self._full if shown != self._full else "")


def label(text: str, role: str, *, wrap: bool = False) -> QLabel:
    """A label in one of the stylesheet's roles."""
    result = QLabel(text)
    result.setProperty("role", role)
    result.setTextFormat(Qt.TextFormat.PlainText)
    result.setWordWrap(wrap)
    return result


def button(
    text: str, clicked: Callable[..., object], *, kind: str = "", icon: str = ""
) -> QPushButton:
    """A push button; ``kind`` is primary, flat, danger or nothing."""
    result = QPushButton(f" {text}" if icon else text)  # the style keeps too little room
    result.setAccessibleName(text)
    result.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    if kind:
        result.setProperty("kind", kind)
    if icon:
        result.setIcon(icons.icon(icon, "on_accent" if kind == "primary" else "text"))
        result.setIconSize(QSize(16, 16))
    result.clicked.connect(clicked)
    return result


def tool_button(icon: QIcon, name: str, clicked: Callable[..., object]) -> QToolButton:
    """A flat button of one icon; ``name`` is its tooltip and what a screen reader says."""
    result = QToolButton()
    result.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    result.setProperty("kind", "flat")
    result.setIcon(icon)
    result.setIconSize(QSize(18, 18))
    result.setToolTip(name)
    result.setAccessibleName(name)
    result.clicked.connect(clicked)
    return result


def padded(spin: SpinBox) -> SpinBox:
    """A number's field with the distance to its edge that the stylesheet cannot give it."""
    spin.lineEdit().setTextMargins(Space.S - 2, 0, 0, 0)
    return spin


def set_property(widget: QWidget, name: str, value: object) -> None:
    """Sets a property that the stylesheet reads, and has the style read it."""
    if widget.property(name) != value:
        widget.setProperty(name, value)
        widget.style().unpolish(widget)
        widget.style().polish(widget)
