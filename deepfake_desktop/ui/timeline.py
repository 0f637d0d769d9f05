"""The timeline: a lane for each person, when they were examined, and what each window scored."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QSize, Qt, Signal, Slot
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QToolButton,
    QWidget,
)

from deepfake_desktop.core.types import Analysis, FaceSeen, Thresholds, WindowScore
from deepfake_desktop.ui import formats
from deepfake_desktop.ui.icons import icon
from deepfake_desktop.ui.theme import Space
from deepfake_desktop.ui.timeline_canvas import ZOOM_STEP, TimelineCanvas
from deepfake_desktop.ui.widgets import Panel


class Timeline(Panel):
    """Takes windows as they are scored, or a whole analysis; asks to seek and tells a selection.

    ``add_face`` gives it the pictures for its hover card.
    """

    seekRequested = Signal(float)
    selectionChanged = Signal(object)
    """``(start_s, end_s)`` or None."""
    playRequested = Signal()
    """Space: play or pause."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.column.setContentsMargins(Space.M, Space.S, Space.M, Space.S)
        self.column.setSpacing(Space.XS)

        head = QHBoxLayout()
        head.setSpacing(Space.XS)
        self._title = QLabel(self.tr("Timeline"))
        self._title.setProperty("role", "heading")
        self._legend = QLabel()
        self._legend.setProperty("role", "caption")
        self._legend.setAlignment(Qt.AlignmentFlag.AlignTrailing | Qt.AlignmentFlag.AlignVCenter)
        self._legend.setMinimumWidth(1)
        self._legend.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        head.addWidget(self._title)
        head.addWidget(self._legend, 1)
        self._clear_selection = self._button("close", self.tr("Clear the selection (Esc)"))
        self._to_selection = self._button("selection", self.tr("Zoom to the selection"))
        self._zoom_out = self._button("zoom-out", self.tr("Show more time (-)"))
        self._zoom_in = self._button("zoom-in", self.tr("Show less time, larger (+)"))
        self._zoom_fit = self._button("zoom-fit", self.tr("Show the whole video (0)"))
        for button in (
            self._clear_selection,
            self._to_selection,
            self._zoom_out,
            self._zoom_in,
            self._zoom_fit,
        ):
            head.addWidget(button)
        self.column.addLayout(head)
        self.canvas = TimelineCanvas()
        self.column.addWidget(self.canvas, 1)
        self.setFocusProxy(self.canvas)

        self.canvas.seekRequested.connect(self.seekRequested)
        self.canvas.playRequested.connect(self.playRequested)
        self.canvas.selectionChanged.connect(self._on_selection)
        self.canvas.viewChanged.connect(self._update_buttons)
        self._clear_selection.clicked.connect(self._on_clear_selection)
        self._to_selection.clicked.connect(self.canvas.zoom_to_selection)
        self._zoom_out.clicked.connect(self._on_zoom_out)
        self._zoom_in.clicked.connect(self._on_zoom_in)
        self._zoom_fit.clicked.connect(self.canvas.zoom_to_fit)
        self._update_buttons()
        self._tell()
        self._legend.installEventFilter(self)

    def _button(self, icon_name: str, text: str) -> QToolButton:
        button = QToolButton()
        button.setIcon(icon(icon_name, "quiet"))
        button.setIconSize(QSize(16, 16))
        button.setProperty("kind", "flat")
        button.setToolTip(text)
        button.setAccessibleName(text)
        return button

    # --- what is shown ------------------------------------------------------------------------

    def clear(self) -> None:
        self.canvas.clear()
        self._update_buttons()

    def set_duration(self, duration_s: float) -> None:
        self.canvas.set_duration(duration_s)
        self._update_buttons()

    def set_thresholds(self, thresholds: Thresholds) -> None:
        self.canvas.set_thresholds(thresholds)

    def add_window(self, window: WindowScore) -> None:
        self.canvas.add_window(window)

    def add_face(self, seen: FaceSeen) -> None:
        """A face for the hover card."""
        self.canvas.add_face(seen)

    def show_analysis(self, analysis: Analysis) -> None:
        """The final result, also of one that was not watched as it ran."""
        self.canvas.set_thresholds(limits(analysis))
        if analysis.video.duration_s:
            self.canvas.set_duration(analysis.video.duration_s)
        last_s = max((t.last_s for t in analysis.tracks), default=0.0)
        if last_s > self.canvas.duration_s:
            self.canvas.set_duration(last_s)
        self.canvas.set_tracks(analysis.tracks)
        self._update_buttons()

    def set_position(self, time_s: float) -> None:
        self.canvas.set_position(time_s)

    @property
    def selection(self) -> tuple[float, float] | None:
        return self.canvas.selection

    # --- the head -----------------------------------------------------------------------------

    @Slot(object)
    def _on_selection(self, selection: tuple[float, float] | None) -> None:
        self._update_buttons()
        self._tell()
        self.selectionChanged.emit(selection)

    @Slot()
    def _on_clear_selection(self) -> None:
        self.canvas.select(None)
        self.canvas.setFocus()

    @Slot()
    def _on_zoom_in(self) -> None:
        self.canvas.zoom(ZOOM_STEP)

    @Slot()
    def _on_zoom_out(self) -> None:
        self.canvas.zoom(1 / ZOOM_STEP)

    def _tell(self) -> None:
        selection = self.canvas.selection
        text = self.tr("score per window: 0 authentic, 1 manipulated")
        if selection is not None:
            start_s, end_s = selection
            text = self.tr("selected {0} ({1} s)").format(
                formats.span(start_s, end_s, decimals=2),
                self.locale().toString(end_s - start_s, "f", 2),
            )
        room = self._legend.width()
        metrics = self._legend.fontMetrics()
        self._legend.setText(metrics.elidedText(text, Qt.TextElideMode.ElideRight, room))
        self._legend.setToolTip(text if metrics.horizontalAdvance(text) > room else "")

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._legend and event.type() == QEvent.Type.Resize:
            self._tell()
        return super().eventFilter(watched, event)

    @Slot()
    def _update_buttons(self) -> None:
        has_selection = self.canvas.selection is not None
        self._clear_selection.setVisible(has_selection)
        self._to_selection.setVisible(has_selection)
        zoomed = self.canvas.is_zoomed
        self._zoom_out.setEnabled(zoomed)
        self._zoom_fit.setEnabled(zoomed)
        self._zoom_in.setEnabled(self.canvas.duration_s > 0)

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.LanguageChange:
            self._title.setText(self.tr("Timeline"))
            self._tell()
        super().changeEvent(event)


def limits(analysis: Analysis) -> Thresholds:
    """The thresholds the analysis was judged by: the user's where they were set."""
    own = analysis.checkpoint.thresholds
    asked = analysis.settings
    return Thresholds(
        real=own.real if asked.threshold_real is None else asked.threshold_real,
        fake=own.fake if asked.threshold_fake is None else asked.threshold_fake,
    )
