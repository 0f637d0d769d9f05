"""What the timeline shows: lanes, the time in sight, a playhead and a selection. No input here.

What stands still is painted once into a pixmap; a moving playhead only copies it. New scores mark
it stale at most every ``REDRAW_MS``.

Painted by hand because that measured better: with 10,000 windows in two lanes at 776 x 190 px, a
moved playhead costs a median of 0.3 ms and a new range 11 ms; the same picture in pyqtgraph costs
57 and 55 ms, and its import half a second more at the start (tests/ui/test_timeline.py measures
ours).
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QFontMetricsF,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QWidget

from deepfake_desktop.core.types import FaceSeen, Thresholds, TrackResult, WindowScore
from deepfake_desktop.ui import formats, theme
from deepfake_desktop.ui import timeline_overlay as overlay
from deepfake_desktop.ui.theme import Colors, Space
from deepfake_desktop.ui.timeline_hover import FaceStrip
from deepfake_desktop.ui.timeline_lanes import Lane
from deepfake_desktop.ui.timeline_painter import (
    AXIS_PX,
    Geometry,
    LanePainter,
)

REDRAW_MS = 40
PAD_PX = 6
"""Between the lanes and the focus ring."""
MIN_LANE_PX = 56
MAX_LANE_PX = 144
SHORTEST_VIEW_S = 0.4


class TimelineView(QAbstractScrollArea):
    """Owns the lanes, the range of time in sight, the playhead and the selection, and paints them.

    What can be done with pointer and keys is ``TimelineCanvas``'s matter.
    """

    seekRequested = Signal(float)
    selectionChanged = Signal(object)
    viewChanged = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._lanes: list[Lane] = []
        self._over = False
        """No more scores come."""
        self._faces: dict[int, FaceStrip] = {}
        self._limits = Thresholds()
        self._duration_s = 0.0
        self._from_s, self._to_s = 0.0, 0.0
        self._position_s: float | None = None
        self._selection: tuple[float, float] | None = None
        self._current_lane: int | None = None
        self._hover: tuple[int, int] | None = None
        self._dragging = False
        self._layer: QPixmap | None = None
        self._stale = QTimer(self)
        self._stale.setSingleShot(True)
        self._stale.setInterval(REDRAW_MS)
        self._stale.timeout.connect(self._redraw)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.viewport().setMouseTracking(True)
        self.setCornerWidget(QWidget())
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        self.verticalScrollBar().valueChanged.connect(self._redraw)
        self.horizontalScrollBar().valueChanged.connect(self._on_scrolled)
        self.setAccessibleName(self.tr("Timeline"))

    # --- data ---------------------------------------------------------------------------------

    @property
    def lanes(self) -> list[Lane]:
        return self._lanes

    @property
    def selection(self) -> tuple[float, float] | None:
        return self._selection

    @property
    def view_s(self) -> tuple[float, float]:
        """First and last moment in sight."""
        return self._from_s, self._to_s

    @property
    def duration_s(self) -> float:
        return self._duration_s

    @property
    def is_zoomed(self) -> bool:
        return self._to_s - self._from_s < self._duration_s - 1e-6

    def clear(self) -> None:
        self._lanes.clear()
        self._over = False
        self._faces.clear()
        self._duration_s = self._from_s = self._to_s = 0.0
        self._position_s = None
        self._current_lane = None
        self._forget_hover()
        self.select(None)
        self._update_bars()
        self._redraw()

    def set_duration(self, duration_s: float) -> None:
        whole = not self.is_zoomed
        self._duration_s = max(0.0, duration_s)
        if whole:
            self._from_s, self._to_s = 0.0, self._duration_s
        self._update_bars()
        self._redraw()

    def set_thresholds(self, thresholds: Thresholds) -> None:
        self._limits = thresholds
        self._redraw()

    def add_window(self, window: WindowScore) -> None:
        self._lane(window.track_id).add(window)
        if window.end_s > self._duration_s:  # the container did not tell, or not the truth
            self.set_duration(window.end_s)
        if not self._stale.isActive():
            self._stale.start()

    def add_face(self, seen: FaceSeen) -> None:
        self._faces.setdefault(seen.track_id, FaceStrip()).add(seen)

    def set_tracks(self, tracks: tuple[TrackResult, ...]) -> None:
        """The final windows of everybody, in place of those that streamed in."""
        self._lanes = []
        self._over = True
        for track in tracks:
            lane = self._lane(track.id)
            lane.p_fake = track.p_fake
            for window in track.windows:
                lane.add(window)
        self._forget_hover()
        self._update_bars()
        self._redraw()

    def _forget_hover(self) -> None:
        if self._hover is not None:
            self._hover = None
            self.viewport().update()

    def _lane(self, track_id: int) -> Lane:
        for lane in self._lanes:
            if lane.track_id == track_id:
                return lane
        lane = Lane(track_id)
        self._lanes.append(lane)
        self._lanes.sort(key=lambda one: one.track_id)
        self._update_bars()
        return lane

    # --- position, selection, view ------------------------------------------------------------

    def set_position(self, time_s: float) -> None:
        """Moves the playhead; a zoomed view turns the page when it runs out of sight."""
        self._position_s = time_s
        if self.is_zoomed and not self._dragging and not self._from_s <= time_s <= self._to_s:
            self._show_from(time_s - 0.1 * (self._to_s - self._from_s))
        self.viewport().update()

    def select(self, selection: tuple[float, float] | None) -> None:
        if selection is not None:
            low, high = sorted(selection)
            low, high = max(0.0, low), min(self._duration_s, high)
            selection = (low, high) if high > low else None
        if selection != self._selection:
            self._selection = selection
            self.selectionChanged.emit(selection)
            self.viewport().update()

    def zoom(self, factor: float, around_s: float | None = None) -> None:
        """More than 1 shows less time, larger."""
        if self._duration_s <= 0:
            return
        span = self._to_s - self._from_s
        if around_s is None:
            around_s = self._position_s if self._position_s is not None else self._from_s + span / 2
        around_s = min(self._to_s, max(self._from_s, around_s))
        wanted = min(self._duration_s, max(min(SHORTEST_VIEW_S, self._duration_s), span / factor))
        share = (around_s - self._from_s) / span if span > 0 else 0.5
        self._from_s, self._to_s = 0.0, wanted
        self._show_from(around_s - share * wanted)

    def zoom_to_fit(self) -> None:
        self._from_s, self._to_s = 0.0, self._duration_s
        self._show_from(0.0)

    def zoom_to_selection(self) -> None:
        if self._selection is not None:
            low, high = self._selection
            self._from_s, self._to_s = 0.0, max(SHORTEST_VIEW_S, high - low)
            self._show_from(low)

    def _show_from(self, from_s: float) -> None:
        span = self._to_s - self._from_s
        from_s = max(0.0, min(from_s, self._duration_s - span))
        self._from_s, self._to_s = from_s, from_s + span
        self._update_bars()
        self._redraw()
        self.viewChanged.emit()

    def _on_scrolled(self, value_ms: int) -> None:
        span = self._to_s - self._from_s
        self._from_s, self._to_s = value_ms / 1000, value_ms / 1000 + span
        self._redraw()

    def _update_bars(self) -> None:
        span = self._to_s - self._from_s
        bar = self.horizontalScrollBar()
        bar.blockSignals(True)
        bar.setRange(0, round(max(0.0, self._duration_s - span) * 1000))
        bar.setPageStep(max(1, round(span * 1000)))
        bar.setSingleStep(max(1, round(span * 100)))
        bar.setValue(round(self._from_s * 1000))
        bar.blockSignals(False)
        room = self.viewport().height() - AXIS_PX - PAD_PX
        rows = self.verticalScrollBar()
        rows.setRange(0, max(0, round(self._lane_height() * len(self._lanes) - room)))
        rows.setPageStep(max(1, room))
        rows.setSingleStep(MIN_LANE_PX // 2)

    def _lane_height(self) -> float:
        room = self.viewport().height() - AXIS_PX - PAD_PX
        return min(MAX_LANE_PX, max(MIN_LANE_PX, room / max(1, len(self._lanes))))

    def layout_now(self) -> Geometry:
        """Where everything lies just now."""
        width, height = self.viewport().width(), self.viewport().height()
        longest = formats.span(self._duration_s, self._duration_s)
        names = QFontMetricsF(theme.font("caption")).horizontalAdvance(longest) + 2 * Space.M
        names = min(width * 0.35, max(72.0, names))
        rtl = self.layoutDirection() == Qt.LayoutDirection.RightToLeft
        room_x, room_y = width - names - 3 * PAD_PX, height - AXIS_PX - PAD_PX
        plot = QRectF(PAD_PX + names, PAD_PX, max(1.0, room_x), max(1.0, room_y))
        label = QRectF(PAD_PX, PAD_PX, names, plot.height())
        if rtl:
            plot.moveLeft(2 * PAD_PX)
            label.moveLeft(width - PAD_PX - names)
        return Geometry(
            width=width,
            height=height,
            names=label,
            plot=plot,
            lane_height=self._lane_height(),
            scroll=self.verticalScrollBar().value(),
            from_s=self._from_s,
            to_s=self._to_s,
            rtl=rtl,
        )

    # --- painting -----------------------------------------------------------------------------

    def _redraw(self) -> None:
        self._layer = None
        self.viewport().update()

    def _still_layer(self, geometry: Geometry) -> QPixmap:
        if self._layer is None:
            ratio = self.devicePixelRatioF()
            size = self.viewport().size() * ratio
            self._layer = QPixmap(size)
            self._layer.setDevicePixelRatio(ratio)
            c = theme.colors(self)
            self._layer.fill(c.panel)
            painter = QPainter(self._layer)
            LanePainter(painter, geometry, c, self._limits).paint(self._lanes, self._current_lane)
            painter.end()
        return self._layer

    def paintEvent(self, event: QPaintEvent) -> None:
        c = theme.colors(self)
        geometry = self.layout_now()
        painter = QPainter(self.viewport())
        painter.drawPixmap(0, 0, self._still_layer(geometry))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.save()
        painter.setClipRect(geometry.plot.adjusted(-1, 0, 1, AXIS_PX))
        overlay.paint_selection(painter, c, geometry, self._selection)
        overlay.paint_hover(painter, c, geometry, self._hovered())
        position = self._position_s if self._duration_s else None
        overlay.paint_playhead(painter, c, geometry, position)
        painter.restore()
        if not self._lanes:
            self._paint_why_empty(painter, c, geometry)
        if self.hasFocus():
            painter.setPen(QPen(c.accent, 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(self.viewport().rect()).adjusted(1, 1, -1, -1), 6, 6)
        painter.end()

    def _paint_why_empty(self, painter: QPainter, c: Colors, geometry: Geometry) -> None:
        text = self.tr("Scores appear here, one lane for each person")
        if self._over:
            text = self.tr("No face was scored")
        flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
        room = QRectF(0, 0, geometry.width, geometry.plot.height())
        painter.setFont(theme.font("text"))
        ground = painter.boundingRect(room, flags, text)
        painter.fillRect(ground.adjusted(-Space.S, -2, Space.S, 2), c.panel)
        painter.setPen(c.quiet)
        painter.drawText(room, flags, text)

    def _hovered(self) -> tuple[int, float, float] | None:
        """Lane, start and end of the window under the pointer."""
        if self._hover is None or self._dragging:
            return None
        lane_index, window = self._hover
        if lane_index >= len(self._lanes) or window >= len(self._lanes[lane_index]):
            return None
        windows = self._lanes[lane_index].windows
        return lane_index, float(windows.start_s[window]), float(windows.end_s[window])

    # --- the widget ---------------------------------------------------------------------------

    def sizeHint(self) -> QSize:
        return QSize(680, 200)

    def minimumSizeHint(self) -> QSize:
        return QSize(240, MIN_LANE_PX + AXIS_PX)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._update_bars()
        self._redraw()

    def changeEvent(self, event: QEvent) -> None:
        if event.type() in (
            QEvent.Type.PaletteChange,
            QEvent.Type.FontChange,
            QEvent.Type.LayoutDirectionChange,
            QEvent.Type.LanguageChange,
        ):
            self._layer = None
        super().changeEvent(event)

    def focusInEvent(self, event: QEvent) -> None:
        self.viewport().update()

    def focusOutEvent(self, event: QEvent) -> None:
        self.viewport().update()
