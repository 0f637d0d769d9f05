"""The sheet of all shortcuts, made from the window's actions so that it cannot be out of date."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QDialog, QGridLayout, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from deepfake_desktop.ui.theme import Space
from deepfake_desktop.ui.widgets import Panel, button, label

Group = tuple[str, Sequence[tuple[str, str]]]


def of_actions(actions: Sequence[QAction]) -> list[tuple[str, str]]:
    """(what it does, its keys as the platform writes them) of those that have keys."""
    found = []
    for action in actions:
        keys = [_native(sequence) for sequence in action.shortcuts() if not sequence.isEmpty()]
        if keys:
            text = action.text().replace("&", "").rstrip("…")
            found.append((text, "  ·  ".join(keys)))
    return found


def _native(sequence: QKeySequence) -> str:
    return sequence.toString(QKeySequence.SequenceFormat.NativeText)


class ShortcutsDialog(QDialog):
    def __init__(self, groups: Sequence[Group], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Keyboard shortcuts"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        page = QWidget()
        columns = QHBoxLayout(page)
        columns.setContentsMargins(0, 0, Space.S, 0)
        columns.setSpacing(Space.M)
        halves = (QVBoxLayout(), QVBoxLayout())
        filled = [0, 0]
        for title, rows in groups:
            if not rows:
                continue
            side = 0 if filled[0] <= filled[1] else 1
            filled[side] += len(rows) + 2
            halves[side].addWidget(self._group(title, rows))
        for half in halves:
            half.setSpacing(Space.M)
            half.addStretch(1)
            columns.addLayout(half, 1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(page)
        column = QVBoxLayout(self)
        column.setContentsMargins(Space.L, Space.L, Space.L, Space.L)
        column.setSpacing(Space.M)
        column.addWidget(area, 1)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(button(self.tr("Close"), self.accept))
        column.addLayout(row)
        self.resize(760, 560)

    @staticmethod
    def _group(title: str, rows: Sequence[tuple[str, str]]) -> QWidget:
        panel = Panel()
        panel.column.addWidget(label(title, "heading"))
        grid = QGridLayout()
        grid.setHorizontalSpacing(Space.L)
        grid.setVerticalSpacing(Space.XS)
        grid.setColumnStretch(0, 1)
        for number, (what, keys) in enumerate(rows):
            grid.addWidget(label(what, "text", wrap=True), number, 0)
            shown = label(keys, "quiet")
            grid.addWidget(shown, number, 1, Qt.AlignmentFlag.AlignRight)
        panel.column.addLayout(grid)
        return panel
