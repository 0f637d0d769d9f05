"""One line above the work for what was not taken or went less than well; never in the way."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QWidget

from deepfake_desktop.ui import icons, theme
from deepfake_desktop.ui.theme import Space
from deepfake_desktop.ui.widgets import button, label, tool_button


class NoticeBar(QFrame):
    """Shows one text at a time, with at most one action; hides itself when dismissed."""

    acted = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("panel", True)
        self._action = ""
        self._icon_name = "info"
        self._sign = QLabel()
        self._text = label("", "text", wrap=True)
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._button = button("", self._act)
        close = tool_button(icons.icon("close", "quiet"), self.tr("Dismiss"), self.hide)
        row = QHBoxLayout(self)
        row.setContentsMargins(Space.M, Space.XS, Space.S, Space.XS)
        row.setSpacing(Space.S)
        row.addWidget(self._sign)
        row.addWidget(self._text, 1)
        row.addWidget(self._button)
        row.addWidget(close)
        self.hide()

    def say(self, text: str, *, sign: str = "info", action: tuple[str, str] | None = None) -> None:
        """``action`` is (key, text) of the one button; ``acted`` carries the key."""
        self._text.setText(text)
        self._icon_name = sign
        self._paint_sign()
        self._action = action[0] if action else ""
        self._button.setVisible(action is not None)
        if action:
            self._button.setText(action[1])
            self._button.setAccessibleName(action[1])
        self.setAccessibleName(text)
        self.show()

    def refused(self, reasons: Sequence[tuple[str, str]]) -> None:
        """Names what was not added, and why; the first few of many."""
        shown = "; ".join(f"{name} ({why})" for name, why in reasons[:4])
        if len(reasons) > 4:
            shown += self.tr("; and %n more", "", len(reasons) - 4)
        self.say(self.tr("Not added: {0}").format(shown), sign="warning")

    def text(self) -> str:
        return self._text.text()

    def _act(self) -> None:
        self.hide()
        self.acted.emit(self._action)

    def _paint_sign(self) -> None:
        c = theme.colors(self)
        color = c.accent if self._icon_name == "info" else c.inconclusive
        self._sign.setPixmap(icons.pixmap(self._icon_name, 18, color, self.devicePixelRatioF()))

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.PaletteChange:
            self._paint_sign()
        super().changeEvent(event)
