"""Where the panels are: three columns, or a strip and tabs where the window is narrow."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QSettings, Qt
from PySide6.QtWidgets import QSplitter, QTabWidget, QVBoxLayout, QWidget

from deepfake_desktop.ui.queue_panel import QueuePanel
from deepfake_desktop.ui.theme import Space

COMPACT_BELOW_PX = 1100


@dataclass(frozen=True)
class Parts:
    queue: QueuePanel
    stage: QWidget
    timeline: QWidget
    verdict: QWidget
    faces: QWidget
    tab_names: tuple[str, str, str]
    """Verdict, timeline, people."""


class WorkArea(QWidget):
    """Arranges the parts and keeps each arrangement's splitters in QSettings."""

    def __init__(self, parts: Parts, settings: QSettings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._parts = parts
        self._settings = settings
        self._compact: bool | None = None
        self._empty: bool | None = None
        self._bare: bool | None = None
        self._outer = QSplitter(Qt.Orientation.Horizontal)
        self._center = QSplitter(Qt.Orientation.Vertical)
        self._right = QSplitter(Qt.Orientation.Vertical)
        self._tabs = QTabWidget()
        self._tabs.setDocumentMode(True)
        self._tabs.tabBar().setDrawBase(False)
        # Said outright: else the splitter moves with every tab, as each page hints another minimum.
        self._tabs.setMinimumHeight(190)
        parts.stage.setMinimumHeight(200)
        self._outer.addWidget(parts.queue)
        self._outer.addWidget(self._center)
        self._outer.addWidget(self._right)
        self._center.addWidget(parts.stage)
        for splitter in (self._outer, self._center, self._right):
            splitter.setChildrenCollapsible(False)
            splitter.setHandleWidth(Space.M)
        self._outer.setStretchFactor(0, 0)
        self._outer.setStretchFactor(1, 1)
        self._outer.setStretchFactor(2, 0)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._outer)

    @property
    def compact(self) -> bool:
        return bool(self._compact)

    def arrange(self, *, compact: bool, empty: bool, bare: bool) -> None:
        """Puts everything in place; does nothing where it already is.

        ``empty``: nothing is in the queue. ``bare``: the file shown has no results to lay out.
        """
        if (compact, empty, bare) == (self._compact, self._empty, self._bare):
            return
        self.remember()
        moved = compact != self._compact
        self._compact, self._empty, self._bare = compact, empty, bare
        if moved:
            self._move_parts(compact)
        self._parts.queue.setVisible(not empty)
        bare = bare or empty
        self._right.setVisible(not bare and not compact)
        self._tabs.setVisible(not bare and compact)
        if not compact:  # in the tabs, the stack alone decides which page is seen
            self._parts.timeline.setVisible(not bare)
        if not bare:
            self._restore()

    def _move_parts(self, compact: bool) -> None:
        parts = self._parts
        parts.queue.set_strip(compact)
        if compact:
            self._center.addWidget(self._tabs)
            self._tabs.tabBar().setAccessibleName(", ".join(parts.tab_names))
            widgets = (parts.verdict, parts.timeline, parts.faces)
            for widget, name in zip(widgets, parts.tab_names, strict=True):
                self._tabs.addTab(widget, name)
        else:
            self._tabs.clear()
            self._tabs.setParent(self)
            self._tabs.hide()
            self._center.addWidget(parts.timeline)
            self._right.addWidget(parts.verdict)
            self._right.addWidget(parts.faces)
            for widget in (parts.timeline, parts.verdict, parts.faces):
                widget.show()
        self._center.setStretchFactor(0, 1)
        self._center.setStretchFactor(1, 0)
        self._right.setStretchFactor(0, 3)
        self._right.setStretchFactor(1, 2)

    def focus_part(self, part: QWidget) -> None:
        """Brings a part into view and gives it the keyboard."""
        if self._compact and self._tabs.indexOf(part) >= 0:
            self._tabs.setCurrentWidget(part)
        part.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def show_tab(self, number: int) -> None:
        """Where the window is narrow: 0 the verdict, 1 the timeline, 2 the people."""
        self._tabs.setCurrentIndex(number)

    # --- splitters that remember themselves

    def _key(self, name: str) -> str:
        return f"splitters/{'compact' if self._compact else 'wide'}/{name}"

    def remember(self) -> None:
        if self._empty is False and self._bare is False and self.isVisible():
            self._settings.setValue(self._key("outer"), self._outer.saveState())
            self._settings.setValue(self._key("center"), self._center.saveState())
            if not self._compact:
                self._settings.setValue(self._key("right"), self._right.saveState())

    def _restore(self) -> None:
        width, height = max(600, self.width()), max(400, self.height())
        outer = self._settings.value(self._key("outer"))
        center = self._settings.value(self._key("center"))
        right = self._settings.value(self._key("right"))
        if outer is None or not self._outer.restoreState(outer):
            side = 0 if self._compact else min(400, max(320, round(width * 0.24)))
            queue = 88 if self._compact else 252
            self._outer.setSizes([queue, width - queue - side, side])
        if center is None or not self._center.restoreState(center):
            below = round(height * 0.42) if self._compact else max(200, round(height * 0.31))
            self._center.setSizes([height - below, below])
        if not self._compact and (right is None or not self._right.restoreState(right)):
            self._right.setSizes([round(height * 0.62), round(height * 0.38)])
