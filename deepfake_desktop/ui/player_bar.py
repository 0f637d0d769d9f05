"""The row of controls under the picture. It shows actions; what they do is the player's matter."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QSlider,
    QToolButton,
    QWidget,
)

from deepfake_desktop.ui import formats, theme
from deepfake_desktop.ui.player_actions import PlayerActions
from deepfake_desktop.ui.theme import Space

ICON_PX = 20


class PlayerBar(QFrame):
    """Transport, time, next suspicious moment, speed, loop, volume, full screen.

    What does not fit leaves in the order of its importance; every one of them stays in the menu
    and on the keyboard.
    """

    volumeChanged = Signal(float)

    def __init__(self, actions: PlayerActions) -> None:
        super().__init__()
        self.setProperty("panel", True)
        # Transport follows the tape, not the script: forward is to the right in every language.
        self.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
        self._decimals = 2
        row = self._row = QHBoxLayout(self)
        row.setContentsMargins(Space.S, Space.XS, Space.S, Space.XS)
        row.setSpacing(2)
        for action in (
            actions.to_start,
            actions.step_back,
            actions.play,
            actions.step_forward,
        ):
            row.addWidget(self._button(action))
        self._time = QLabel()
        self._time.setProperty("role", "text")
        self._time.setFont(theme.font("text"))
        self._time.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
        row.addSpacing(Space.S)
        row.addWidget(self._time)
        row.addStretch(1)
        self._previous = self._button(actions.previous_moment)
        self._next = self._button(actions.next_moment)
        self._next.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        row.addWidget(self._previous)
        row.addWidget(self._next)
        row.addStretch(1)
        self._speed = QToolButton()
        self._speed.setProperty("kind", "flat")
        self._speed.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._speed.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._speed.setMenu(actions.speed_menu)
        row.addWidget(self._speed)
        self._loop = self._button(actions.loop)
        row.addWidget(self._loop)
        self._boxes = self._button(actions.show_boxes)
        row.addWidget(self._boxes)
        self._save = self._button(actions.save_frame)
        row.addWidget(self._save)
        self._mute = self._button(actions.mute)
        row.addWidget(self._mute)
        self._volume = QSlider(Qt.Orientation.Horizontal)
        self._volume.setRange(0, 100)
        self._volume.setPageStep(10)
        self._volume.setFixedWidth(72)
        self._volume.valueChanged.connect(self._on_volume)
        row.addWidget(self._volume)
        row.addWidget(self._button(actions.full_screen))
        self._sound = True
        self.retranslate()
        self.set_rate(1.0)
        self.set_time(0.0, 0.0)

    def retranslate(self) -> None:
        """After the actions have said their texts in another language."""
        self._time.setAccessibleName(self.tr("Position"))
        self._speed.setAccessibleName(self.tr("Speed"))
        self._speed.setToolTip(self.tr("Speed: [ slower, ] faster"))
        self._volume.setAccessibleName(self.tr("Volume"))
        for button in self.findChildren(QToolButton):
            if button.defaultAction() is not None:
                button.setAccessibleName(button.defaultAction().text())
        self._fold()

    def set_time(self, time_s: float, duration_s: float) -> None:
        now = formats.clock(time_s, decimals=2)
        text = f"{now} / {formats.clock(duration_s, decimals=2)}" if duration_s > 0 else now
        if len(text) != len(self._time.text()):
            self._time.setText(text)
            self._fold()
        self._time.setText(text)

    def set_rate(self, rate: float) -> None:
        self._speed.setText(rate_text(rate))

    def set_volume(self, volume: float) -> None:
        self._volume.setValue(round(volume * 100))

    def set_sound(self, has_sound: bool) -> None:
        """Without sound its controls go."""
        self._sound = has_sound
        self._fold()

    def _button(self, action: QAction) -> QToolButton:
        button = QToolButton()
        button.setDefaultAction(action)
        button.setProperty("kind", "flat")
        button.setIconSize(QSize(ICON_PX, ICON_PX))
        button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        button.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        return button

    def _on_volume(self, value: int) -> None:
        self.volumeChanged.emit(value / 100)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fold()

    def minimumSizeHint(self) -> QSize:
        """As narrow as what never folds: transport, time, full screen."""
        return QSize(280, super().minimumSizeHint().height())

    def _fold(self) -> None:
        """Hides what does not fit, the least missed first; the font decides the widths."""
        text = Qt.ToolButtonStyle.ToolButtonTextBesideIcon
        self._next.setToolButtonStyle(text)
        foldable: list[QWidget] = [
            self._volume,
            self._previous,
            self._save,
            self._boxes,
            self._loop,
            self._mute,
            self._speed,
        ]
        for widget in foldable:
            widget.setVisible(self._sound or widget not in (self._volume, self._mute))
        if self._needed() > self.width():
            self._next.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
        for widget in foldable:
            if self._needed() <= self.width():
                return
            widget.hide()

    def _needed(self) -> int:
        margins = self._row.contentsMargins()
        width = margins.left() + margins.right()
        for index in range(self._row.count()):
            item = self._row.itemAt(index)
            widget = item.widget() if item is not None else None
            if widget is None:
                width += Space.S + self._row.spacing()  # a spacer
            elif not widget.isHidden():
                width += widget.sizeHint().width() + self._row.spacing()
        return width


def rate_text(rate: float) -> str:
    """``1x`` with a multiplication sign, without needless zeros."""
    return f"{rate:g}\u00d7"
