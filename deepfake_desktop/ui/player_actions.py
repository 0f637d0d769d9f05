"""All that the player can do, as actions: for its buttons, the window's menu and the keyboard.

Shortcuts are single keys that no button and no list needs, so that Space still presses the button
that has the focus and arrows still move in lists. The picture itself also takes Space and arrows.
"""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QMenu

from deepfake_desktop.ui.icons import Tint, icon

RATES: tuple[float, ...] = (0.1, 0.25, 0.5, 1.0, 1.5, 2.0, 4.0)


class PlayerActions(QObject):
    """Made once per player; the player connects what each of them does."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.play = self._action("play", "K")
        self.to_start = self._action("skip-back", "Ctrl+Home")
        self.step_back = self._action("step-back", ",")
        self.step_forward = self._action("step-forward", ".")
        self.previous_moment = self._action("previous-suspicious", "Shift+N")
        self.next_moment = self._action("next-suspicious", "N", tint="accent")
        self.slower = self._action(None, "[")
        self.faster = self._action(None, "]")
        self.loop = self._action("loop", "L", checkable=True)
        self.show_boxes = self._action("boxes", "B", checkable=True)
        self.show_boxes.setChecked(True)
        self.mute = self._action("volume", "M", checkable=True)
        self.louder = self._action(None, "Ctrl+Up")
        self.quieter = self._action(None, "Ctrl+Down")
        self.zoom_in = self._action("zoom-in", "Ctrl++", "Ctrl+=")
        self.zoom_out = self._action("zoom-out", "Ctrl+-")
        self.zoom_fit = self._action("zoom-fit", "Ctrl+0")
        self.save_frame = self._action("camera", "S")
        self.full_screen = self._action("fullscreen", "F", "F11", checkable=True)
        self._playing = False

        self.speeds = QActionGroup(self)
        self.speed_menu = QMenu()
        for rate in RATES:
            action = QAction(f"{rate:g}\u00d7", self)
            action.setCheckable(True)
            action.setData(rate)
            action.setChecked(rate == 1.0)
            self.speeds.addAction(action)
            self.speed_menu.addAction(action)

        self.retranslate()

    def _action(
        self,
        icon_name: str | None,
        *shortcuts: str,
        checkable: bool = False,
        tint: Tint = "text",
    ) -> QAction:
        action = QAction(self)
        if icon_name is not None:
            on_tint: Tint | None = "accent" if checkable else None
            action.setIcon(icon(icon_name, tint, on_tint=on_tint))
        action.setCheckable(checkable)
        action.setShortcuts([QKeySequence(keys) for keys in shortcuts])
        action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
        return action

    def retranslate(self) -> None:
        """Says every text in the language of now."""
        for action, text in (
            (self.to_start, self.tr("Go to the start")),
            (self.step_back, self.tr("Previous frame")),
            (self.step_forward, self.tr("Next frame")),
            (self.previous_moment, self.tr("Previous suspicious moment")),
            (self.next_moment, self.tr("Next suspicious moment")),
            (self.slower, self.tr("Slower")),
            (self.faster, self.tr("Faster")),
            (self.loop, self.tr("Loop")),
            (self.show_boxes, self.tr("Show face boxes")),
            (self.mute, self.tr("Mute")),
            (self.louder, self.tr("Louder")),
            (self.quieter, self.tr("Quieter")),
            (self.zoom_in, self.tr("Zoom in")),
            (self.zoom_out, self.tr("Zoom out")),
            (self.zoom_fit, self.tr("Fit to the window")),
            (self.save_frame, self.tr("Save this frame…")),
            (self.full_screen, self.tr("Full screen")),
        ):
            _say(action, text)
        self.next_moment.setIconText(self.tr("Next suspicious"))
        self.speed_menu.setTitle(self.tr("Speed"))
        self.set_playing(self._playing)

    def set_playing(self, playing: bool) -> None:
        self._playing = playing
        _say(self.play, self.tr("Pause") if playing else self.tr("Play"))
        self.play.setIcon(icon("pause" if playing else "play"))

    def set_muted(self, muted: bool) -> None:
        self.mute.setIcon(icon("mute" if muted else "volume", on_tint="accent"))

    def for_menu(self) -> list[QAction]:
        """In reading order, with separators."""
        groups = (
            (self.play, self.to_start, self.step_back, self.step_forward),
            (self.next_moment, self.previous_moment),
            (self.speed_menu.menuAction(), self.slower, self.faster, self.loop),
            (self.mute, self.louder, self.quieter),
            (self.zoom_in, self.zoom_out, self.zoom_fit, self.show_boxes),
            (self.save_frame, self.full_screen),
        )
        result: list[QAction] = []
        for group in groups:
            if result:
                line = QAction(self)
                line.setSeparator(True)
                result.append(line)
            result.extend(group)
        return result

    def every(self) -> list[QAction]:
        return [action for action in self.for_menu() if not action.isSeparator()]


def _say(action: QAction, text: str) -> None:
    """The text, and a tooltip with the key."""
    action.setText(text)
    key = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
    action.setToolTip(f"{text.rstrip('…')} ({key})")
