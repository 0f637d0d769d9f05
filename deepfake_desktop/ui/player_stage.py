"""The player's picture and controls as one piece, in the window or filling the screen."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QCloseEvent, QKeyEvent
from PySide6.QtWidgets import QLayout, QSlider, QVBoxLayout, QWidget

from deepfake_desktop.ui.player_actions import PlayerActions
from deepfake_desktop.ui.player_bar import PlayerBar
from deepfake_desktop.ui.theme import Space
from deepfake_desktop.ui.video_view import VideoView


class PlayerStage(QWidget):
    """``scrubbed`` carries the time in seconds that the position bar was moved to. The bar is
    there in full screen only, where there is no timeline; ``leaveRequested`` comes from there."""

    scrubbed = Signal(float)
    leaveRequested = Signal()

    def __init__(self, controls: PlayerActions, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("page")
        self.view = VideoView()
        self.bar = PlayerBar(controls)
        self.scrub = QSlider(Qt.Orientation.Horizontal)
        self.scrub.setAccessibleName(self.tr("Position in the video"))
        self.scrub.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
        self.scrub.hide()
        self.scrub.valueChanged.connect(self._on_scrub)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(Space.S)
        column.addWidget(self.view, 1)
        column.addWidget(self.scrub)
        column.addWidget(self.bar)
        self._screen: _FullScreen | None = None
        for action in controls.every():
            self.addAction(action)

    def retranslate(self) -> None:
        """After the actions have said their texts in another language."""
        self.bar.retranslate()
        self.scrub.setAccessibleName(self.tr("Position in the video"))

    def set_time(self, time_s: float, duration_s: float) -> None:
        """Where the frame on screen lies."""
        self.bar.set_time(time_s, duration_s)
        if not self.scrub.isSliderDown():
            self.scrub.blockSignals(True)
            self.scrub.setValue(round(time_s * 1000))
            self.scrub.blockSignals(False)

    def set_duration(self, time_s: float, duration_s: float) -> None:
        """How long the video is, when that is known."""
        self.bar.set_time(time_s, duration_s)
        self.scrub.blockSignals(True)
        self.scrub.setRange(0, round(duration_s * 1000))
        self.scrub.blockSignals(False)
        self.scrub.setSingleStep(1000)
        self.scrub.setPageStep(max(1000, round(duration_s * 100)))

    def fill_screen(self, title: str) -> None:
        """Leaves its layout for a window over the whole screen."""
        screen = self._screen = _FullScreen(self)
        screen.setWindowTitle(title)
        screen.left.connect(self.leaveRequested)
        self.view.set_rounded(False)
        self.scrub.show()
        screen.showFullScreen()
        screen.activateWindow()

    def return_to(self, layout: QLayout) -> None:
        """Back from the whole screen, if it is there."""
        if self._screen is None:
            return
        layout.addWidget(self)
        self.view.set_rounded(True)
        self.scrub.hide()
        self._screen.hide()
        self._screen.deleteLater()
        self._screen = None

    @Slot(int)
    def _on_scrub(self, value_ms: int) -> None:
        self.scrubbed.emit(value_ms / 1000)


class _FullScreen(QWidget):
    """A window around the stage; Escape and closing it ask to leave, and leave the stage alive."""

    left = Signal()

    def __init__(self, stage: QWidget) -> None:
        super().__init__(None, Qt.WindowType.Window)
        self.setObjectName("page")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(stage)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.left.emit()
        else:
            super().keyPressEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        event.ignore()
        self.left.emit()
