"""All that the player can do, as actions: for its buttons, the window's menu and the keyboard.

Shortcuts are single keys that no button and no list needs, so that Space still presses the button
that has the focus and arrows still move in lists. The picture itself also takes Space and arrows.
"""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QMenu

from deepfake_desktop.ui.icons import icon

RATES: tuple[float, ...] = (0.1, 0.25, 0.5, 1.0, 1.5, 2.0, 4.0)


class PlayerActions(QObject):
    """Made once per player; the player connects what each of them does."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.play = self._action(self.tr("Play"), "play", "K")
        self.to_start = self._action(self.tr("Go to the start"), "skip-back", "Ctrl+Home")
        self.step_back = self._action(self.tr("Previous frame"), "step-back", ",")
        self.step_forward = self._action(self.tr("Next frame"), "step-forward", ".")
        self.previous_moment = self._action(
            self.tr("Previous suspicious moment"), "previous-suspicious", "Shift+N"
        )
        self.next_moment = self._action(
            self.tr("Next suspicious moment"), "next-suspicious", "N", tint="accent"
        )
        self.next_moment.setIconText(self.tr("Next suspicious"))
        self.slower = self._action(self.tr("Slower"), None, "[")
        self.faster = self._action(self.tr("Faster"), None, "]")
        self.loop = self._action(self.tr("Loop"), "loop", "L", checkable=True)
        self.show_boxes = self._action(self.tr("Show face boxes"), "boxes", "B", checkable=True)
        self.show_boxes.setChecked(True)
        self.mute = self._action(self.tr("Mute"), "volume", "M", checkable=True)
        self.louder = self._action(self.tr("Louder"), None, "Ctrl+Up")
        self.quieter = self._action(self.tr("Quieter"), None, "Ctrl+Down")
        self.zoom_in = self._action(self.tr("Zoom in"), "zoom-in", "Ctrl++", "Ctrl+=")
        self.zoom_out = self._action(self.tr("Zoom out"), "zoom-out", "Ctrl+-")
        self.zoom_fit = self._action(self.tr("Fit to the window"), "zoom-fit", "Ctrl+0")
        self.save_frame = self._action(self.tr("Save this frame…"), "camera", "S")
        self.full_screen = self._action(
            self.tr("Full screen"), "fullscreen", "F", "F11", checkable=True
        )

        self.speeds = QActionGroup(self)
        self.speed_menu = QMenu(self.tr("Speed"))
        for rate in RATES:
            action = QAction(f"{rate:g}\u00d7", self)
            action.setCheckable(True)
            action.setData(rate)
            action.setChecked(rate == 1.0)
            self.speeds.addAction(action)
            self.speed_menu.addAction(action)

    def _action(
        self,
        text: str,
        icon_name: str | None,
        *shortcuts: str,
        checkable: bool = False,
        tint: str = "text",
    ) -> QAction:
        action = QAction(text, self)
        if icon_name is not None:
            on_tint = "accent" if checkable else None
            action.setIcon(icon(icon_name, tint, on_tint=on_tint))  # type: ignore[arg-type]
        action.setCheckable(checkable)
        action.setShortcuts([QKeySequence(keys) for keys in shortcuts])
        action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
        native = QKeySequence(shortcuts[0]).toString(QKeySequence.SequenceFormat.NativeText)
        action.setToolTip(f"{text.rstrip('…')} ({native})")
        return action

    def set_playing(self, playing: bool) -> None:
        self.play.setText(self.tr("Pause") if playing else self.tr("Play"))
        self.play.setIcon(icon("pause" if playing else "play"))
        self.play.setToolTip(f"{self.play.text()} (K)")

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
