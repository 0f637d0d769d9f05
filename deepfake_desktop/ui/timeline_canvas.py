"""The part of the timeline one points at: lanes with a playhead, a selection and a hover card.

What stands still is painted once into a pixmap; a moving playhead only copies it. New scores mark
it stale at most every ``REDRAW_MS``.

Painted by hand because that measured better: with 10,000 windows in two lanes at 776 x 190 px, a
moved playhead costs a median of 0.3 ms and a new range 11 ms; the same picture in pyqtgraph costs
57 and 55 ms, and its import half a second more at the start (tests/ui/test_timeline.py measures
ours).
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QLineF, QPoint, QPointF, QRect, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QAccessible,
    QAccessibleEvent,
    QFontMetricsF,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QWidget

from deepfake_desktop.core.types import FaceSeen, Thresholds, TrackResult, WindowScore
from deepfake_desktop.ui import formats, theme
from deepfake_desktop.ui.theme import Space, faded
from deepfake_desktop.ui.timeline_hover import FaceStrip, HoverCard
from deepfake_desktop.ui.timeline_lanes import Lane
from deepfake_desktop.ui.timeline_painter import (
    AXIS_PX,
    Geometry,
    LanePainter,
    paint_tick_labels,
)

REDRAW_MS = 40
PAD_PX = 6
"""Between the lanes and the focus ring."""
MIN_LANE_PX = 56
MAX_LANE_PX = 144
EDGE_PX = 5
"""How near the pointer must be to an edge of the selection to take hold of it."""
SHORTEST_VIEW_S = 0.4
ZOOM_STEP = 1.5


class TimelineCanvas(QAbstractScrollArea):
    """Owns the lanes. Click seeks, drag selects, the axis scrubs, Ctrl and wheel zoom."""

    seekRequested = Signal(float)
    selectionChanged = Signal(object)
    viewChanged = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._lanes: list[Lane] = []
        self._faces: dict[int, FaceStrip] = {}
        self._limits = Thresholds()
        self._duration_s = 0.0
        self._from_s, self._to_s = 0.0, 0.0
        self._position_s: float | None = None
        self._selection: tuple[float, float] | None = None
        self._current_lane: int | None = None
        self._hover: tuple[int, int] | None = None
        self._drag: str | None = None
        self._drag_anchor_s = 0.0
        self._press = QPointF()
        self._layer: QPixmap | None = None
        self._stale = QTimer(self)
        self._stale.setSingleShot(True)
        self._stale.setInterval(REDRAW_MS)
        self._stale.timeout.connect(self._redraw)
        self._card = HoverCard(self)
        self._card.hide()
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
        self._faces.clear()
        self._duration_s = self._from_s = self._to_s = 0.0
        self._position_s = None
        self._current_lane = None
        self._hide_card()
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
        for track in tracks:
            lane = self._lane(track.id)
            lane.p_fake = track.p_fake
            for window in track.windows:
                lane.add(window)
        self._hide_card()
        self._update_bars()
        self._redraw()

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
        if self.is_zoomed and self._drag is None and not self._from_s <= time_s <= self._to_s:
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
        if not self._lanes:
            painter.setPen(c.quiet)
            painter.setFont(theme.font("text"))
            painter.drawText(
                QRectF(0, 0, geometry.width, geometry.plot.height()),
                Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap,
                self.tr("Scores appear here, one lane for each person"),
            )
        painter.save()
        painter.setClipRect(geometry.plot.adjusted(-1, 0, 1, AXIS_PX))
        self._paint_selection(painter, c, geometry)
        self._paint_hover(painter, c, geometry)
        self._paint_playhead(painter, c, geometry)
        painter.restore()
        if self.hasFocus():
            painter.setPen(QPen(c.accent, 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(self.viewport().rect()).adjusted(1, 1, -1, -1), 6, 6)
        painter.end()

    def _paint_selection(self, painter: QPainter, c: theme.Colors, geometry: Geometry) -> None:
        if self._selection is None:
            return
        left, right = (geometry.x(time_s) for time_s in self._selection)
        area = QRectF(left, geometry.plot.top(), right - left, geometry.plot.height())
        painter.fillRect(area, faded(c.accent, 0.16))
        painter.setPen(QPen(c.accent, 1))
        for x in (left, right):
            painter.drawLine(QLineF(x, area.top(), x, area.bottom()))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(c.accent)
        for x in (left, right):
            painter.drawRoundedRect(QRectF(x - 2, area.center().y() - 10, 4, 20), 2, 2)

    def _paint_hover(self, painter: QPainter, c: theme.Colors, geometry: Geometry) -> None:
        if self._hover is None or self._drag is not None:
            return
        lane_index, window = self._hover
        if lane_index >= len(self._lanes) or window >= len(self._lanes[lane_index]):
            return
        windows = self._lanes[lane_index].windows
        left = geometry.x(float(windows.start_s[window]))
        right = geometry.x(float(windows.end_s[window]))
        strip, curve = geometry.strip(lane_index), geometry.curve(lane_index)
        area = QRectF(left, curve.top(), max(2.0, right - left), strip.bottom() - curve.top())
        painter.setPen(QPen(c.text, 1))
        painter.setBrush(faded(c.text, 0.06))
        painter.drawRoundedRect(area, 3, 3)

    def _paint_playhead(self, painter: QPainter, c: theme.Colors, geometry: Geometry) -> None:
        chip = self._playhead_chip(geometry)
        paint_tick_labels(painter, geometry, c, chip)
        if chip.isEmpty() or self._position_s is None:
            return
        x = geometry.x(self._position_s)
        painter.setPen(QPen(c.accent, 2))
        painter.drawLine(QLineF(x, geometry.plot.top(), x, geometry.plot.bottom() + 4))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(c.accent)
        painter.drawRoundedRect(chip, 4, 4)
        painter.setFont(theme.font("caption", bold=True))
        painter.setPen(c.on_accent)
        text = formats.clock(self._position_s, decimals=2)
        painter.drawText(chip, Qt.AlignmentFlag.AlignCenter, text)

    def _playhead_chip(self, geometry: Geometry) -> QRectF:
        """Where the position is written; empty while the playhead is out of sight."""
        if self._position_s is None or not self._duration_s:
            return QRectF()
        x = geometry.x(self._position_s)
        if not geometry.plot.left() - 1 <= x <= geometry.plot.right() + 1:
            return QRectF()
        text = formats.clock(self._position_s, decimals=2)
        font = theme.font("caption", bold=True)
        width = QFontMetricsF(font).horizontalAdvance(text) + 2 * Space.S
        left = min(max(x - width / 2, geometry.plot.left()), geometry.plot.right() - width)
        return QRectF(left, geometry.plot.bottom() + 4, width, AXIS_PX - 6)

    # --- pointer ------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton or self._duration_s <= 0:
            return
        geometry = self.layout_now()
        point = event.position()
        self._press = point
        time_s = self._time(geometry, point)
        edge = self._edge_at(geometry, point)
        if edge is not None and self._selection is not None:
            self._drag = "select"
            self._drag_anchor_s = self._selection[1 - edge]
        elif point.y() >= geometry.plot.bottom():
            self._drag = "scrub"
            self.seekRequested.emit(time_s)
        elif geometry.plot.left() <= point.x() <= geometry.plot.right():
            self._drag = "press"
            self._drag_anchor_s = time_s
        self._choose_lane(geometry.lane_at(point.y()) if self._drag == "press" else None)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        geometry = self.layout_now()
        point = event.position()
        time_s = self._time(geometry, point)
        if self._drag == "press" and abs(point.x() - self._press.x()) > 4:
            self._drag = "select"
            self._hide_card()
        if self._drag == "select":
            self.select((self._drag_anchor_s, time_s))
        elif self._drag == "scrub":
            self.seekRequested.emit(time_s)
        elif self._drag is None:
            over_edge = self._edge_at(geometry, point) is not None
            self.viewport().setCursor(
                Qt.CursorShape.SizeHorCursor if over_edge else Qt.CursorShape.ArrowCursor
            )
            self._point_at(geometry, point)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._drag == "press":
            if self._selection is not None:
                low, high = self._selection
                if not low <= self._drag_anchor_s <= high:
                    self.select(None)
            self.seekRequested.emit(self._drag_anchor_s)
        self._drag = None

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Selects the window under the pointer."""
        if self._hover is not None:
            lane, window = self._hover
            windows = self._lanes[lane].windows
            self.select((float(windows.start_s[window]), float(windows.end_s[window])))

    def wheelEvent(self, event: QWheelEvent) -> None:
        turn = event.angleDelta()
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            at_s = self._time(self.layout_now(), event.position())
            self.zoom(ZOOM_STEP ** (turn.y() / 120), at_s)
            event.accept()
            return
        sideways = turn.x() or (
            turn.y()
            if event.modifiers() & Qt.KeyboardModifier.ShiftModifier
            or not self.verticalScrollBar().maximum()
            else 0
        )
        if sideways and self.is_zoomed:
            self._show_from(self._from_s - sideways / 120 * (self._to_s - self._from_s) / 10)
            event.accept()
            return
        super().wheelEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        self._hide_card()
        super().leaveEvent(event)

    def _time(self, geometry: Geometry, point: QPointF) -> float:
        return min(self._duration_s, max(0.0, geometry.time_at(point.x())))

    def _edge_at(self, geometry: Geometry, point: QPointF) -> int | None:
        if self._selection is None or point.y() >= geometry.plot.bottom():
            return None
        distances = [abs(geometry.x(time_s) - point.x()) for time_s in self._selection]
        nearest = distances.index(min(distances))
        return nearest if distances[nearest] <= EDGE_PX else None

    def _point_at(self, geometry: Geometry, point: QPointF) -> None:
        lane = geometry.lane_at(point.y())
        inside = geometry.plot.contains(point) and 0 <= lane < len(self._lanes)
        window = None
        if inside:
            reach = 3 * (geometry.to_s - geometry.from_s) / geometry.plot.width()
            time_s = geometry.time_at(point.x())
            window = self._lanes[lane].index_at(time_s, tolerance_s=reach)
        hover = (lane, window) if window is not None else None
        if hover != self._hover:
            self._hover = hover
            self.viewport().update()
        if hover is None:
            self._card.hide()
            return
        self._tell_card(*hover)
        spot = QPoint(round(point.x()), round(geometry.curve(lane).top()))
        corner = self.viewport().mapToGlobal(spot)
        screen = self.screen().availableGeometry() if self.screen() else QRect()
        self._card.place(corner, screen)
        self._card.show()

    def _tell_card(self, lane_index: int, window: int) -> None:
        lane = self._lanes[lane_index]
        start_s = float(lane.windows.start_s[window])
        end_s = float(lane.windows.end_s[window])
        p_fake = float(lane.windows.p_fake[window])
        strip = self._faces.get(lane.track_id)
        self._card.tell(
            face=strip.nearest((start_s + end_s) / 2) if strip is not None else None,
            title=formats.person_name(lane.track_id),
            when=formats.span(start_s, end_s, decimals=1),
            p_fake=p_fake,
            label=formats.label_of(p_fake, self._limits),
        )

    def _hide_card(self) -> None:
        self._card.hide()
        if self._hover is not None:
            self._hover = None
            self.viewport().update()

    # --- keys ---------------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        steps = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
        if key in steps:
            self._step(steps[key], extend=shift)
        elif key in (Qt.Key.Key_Up, Qt.Key.Key_Down) and self._lanes:
            step = 1 if key == Qt.Key.Key_Down else -1
            current = -1 if self._current_lane is None else self._current_lane
            self._choose_lane(min(len(self._lanes) - 1, max(0, current + step)))
            self._say_position()
        elif key == Qt.Key.Key_Home:
            self.seekRequested.emit(0.0)
        elif key == Qt.Key.Key_End:
            self.seekRequested.emit(self._duration_s)
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self.zoom(ZOOM_STEP)
        elif key == Qt.Key.Key_Minus:
            self.zoom(1 / ZOOM_STEP)
        elif key == Qt.Key.Key_0:
            self.zoom_to_fit()
        elif key == Qt.Key.Key_Escape and self._selection is not None:
            self.select(None)
        else:
            event.ignore()  # not the scroll area's own keys: the window may want them

    def _step(self, direction: int, *, extend: bool) -> None:
        """To the next window of the chosen lane; without lanes, by a twentieth of the view."""
        here = self._position_s or 0.0
        there = here + direction * (self._to_s - self._from_s) / 20
        if self._lanes:
            lane = self._lanes[self._current_lane or 0]
            if len(lane):
                starts = lane.windows.start_s
                later = starts[starts > here + 1e-3]
                earlier = starts[starts < here - 1e-3]
                if direction > 0:
                    there = float(later[0]) if later.size else self._duration_s
                else:
                    there = float(earlier[-1]) if earlier.size else 0.0
        there = min(self._duration_s, max(0.0, there))
        if extend:
            if self._selection is None:
                self._drag_anchor_s = here
            self.select((self._drag_anchor_s, there))
        self.set_position(there)
        self.seekRequested.emit(there)
        self._say_position()

    def _choose_lane(self, index: int | None) -> None:
        if index is not None and not 0 <= index < len(self._lanes):
            return
        if index is not None and index != self._current_lane:
            self._current_lane = index
            geometry = self.layout_now()
            top = geometry.lane_top(index)
            bar = self.verticalScrollBar()
            if top < geometry.plot.top():
                bar.setValue(round(bar.value() + top - geometry.plot.top()))
            elif top + geometry.lane_height > geometry.plot.bottom():
                bar.setValue(
                    round(bar.value() + top + geometry.lane_height - geometry.plot.height())
                )
            self._redraw()

    def _say_position(self) -> None:
        """Tells a screen reader what a sighted person sees at the playhead."""
        if not self._lanes or self._position_s is None:
            return
        lane = self._lanes[self._current_lane or 0]
        window = lane.index_at(self._position_s)
        parts = [formats.person_name(lane.track_id), formats.clock(self._position_s, decimals=1)]
        if window is not None:
            p_fake = float(lane.windows.p_fake[window])
            label = formats.label_of(p_fake, self._limits)
            parts += [formats.score(p_fake), formats.side(label)]
        self.setAccessibleDescription(", ".join(parts))
        QAccessible.updateAccessibility(
            QAccessibleEvent(self, QAccessible.Event.DescriptionChanged)
        )

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

    def focusInEvent(self, event: QEvent) -> None:  # type: ignore[override]
        self.viewport().update()

    def focusOutEvent(self, event: QEvent) -> None:  # type: ignore[override]
        self.viewport().update()
