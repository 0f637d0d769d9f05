"""What a person does on the screen of the smoke test, as a second program with a window.

    screen.py drag FILE X Y     offers FILE for dragging at X, Y until it was dropped; exit code 3
                                where it was not taken
    screen.py shot OUT.png      saves the whole screen

Run by a Python with PySide6, on X11.
"""

from __future__ import annotations

import sys

from PySide6.QtCore import QMimeData, Qt, QTimer, QUrl
from PySide6.QtGui import QDrag, QGuiApplication, QMouseEvent
from PySide6.QtWidgets import QApplication, QLabel

REFUSED = 3


class Draggable(QLabel):
    """A small window that stands for a file in a file manager."""

    def __init__(self, file: str) -> None:
        super().__init__("drag me")
        self._file = file
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setWindowFlags(
            Qt.WindowType.FramelessWindowHint
            | Qt.WindowType.WindowStaysOnTopHint
            | Qt.WindowType.X11BypassWindowManagerHint
        )

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        drag = QDrag(self)
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(self._file)])
        drag.setMimeData(data)
        action = drag.exec(Qt.DropAction.CopyAction)
        if action != Qt.DropAction.CopyAction:
            QApplication.exit(REFUSED)
        # The other program asks for the data now: stay, as a file manager would.
        QTimer.singleShot(5000, QApplication.quit)


def main(arguments: list[str]) -> int:
    application = QApplication(arguments)
    if arguments[1] == "shot":
        screen = QGuiApplication.primaryScreen()
        return 0 if screen.grabWindow(0).save(arguments[2]) else 1
    source = Draggable(arguments[2])
    source.setGeometry(int(arguments[3]), int(arguments[4]), 80, 40)
    source.show()
    return application.exec()


if __name__ == "__main__":
    sys.exit(main(sys.argv))
