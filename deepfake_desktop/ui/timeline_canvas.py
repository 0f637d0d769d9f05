"""What can be done with the timeline: click, drag, scrub, hover, zoom, and all of it by key."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, Qt, Signal
from PySide6.QtGui import QAccessible, QAccessibleEvent, QKeyEvent, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QWidget

from deepfake_desktop.ui import formats
from deepfake_desktop.ui.timeline_hover import HoverCard
from deepfake_desktop.ui.timeline_painter import Geometry
from deepfake_desktop.ui.timeline_view import TimelineView

EDGE_PX = 5
"""How near the pointer must be to an edge of the selection to take hold of it."""

ZOOM_STEP = 1.5


class TimelineCanvas(TimelineView):
    """Click seeks, drag selects, the axis scrubs, Ctrl and wheel zoom; hovering shows a card."""

    playRequested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._drag: str | None = None
        self._drag_anchor_s = 0.0
        self._press = QPointF()
        self._card = HoverCard(self)
        self._card.hide()

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
            self._begin("select")
            self._drag_anchor_s = self._selection[1 - edge]
        elif point.y() >= geometry.plot.bottom():
            self._begin("scrub")
            self.seekRequested.emit(time_s)
        elif geometry.plot.left() <= point.x() <= geometry.plot.right():
            self._begin("press")
            self._drag_anchor_s = time_s
        self._choose_lane(geometry.lane_at(point.y()) if self._drag == "press" else None)

    def _begin(self, drag: str | None) -> None:
        """``press`` until the pointer moves, ``select``, ``scrub``, or None when it is over."""
        self._drag = drag
        self._dragging = drag is not None

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        geometry = self.layout_now()
        point = event.position()
        time_s = self._time(geometry, point)
        if self._drag == "press" and abs(point.x() - self._press.x()) > 4:
            self._begin("select")
            self._forget_hover()
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
        self._begin(None)

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
        self._forget_hover()
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

    def _forget_hover(self) -> None:
        self._card.hide()
        super()._forget_hover()

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
        elif key == Qt.Key.Key_Space:
            self.playRequested.emit()
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
