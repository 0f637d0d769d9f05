"""The timeline: lanes, colours, pointer, keyboard, and how long a frame takes."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QImage, QWheelEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from deepfake_desktop.core.types import Thresholds
from deepfake_desktop.ui import theme
from deepfake_desktop.ui.timeline import Timeline
from deepfake_desktop.ui.timeline_lanes import Lane, columns, runs, tick_step
from tests.ui import sample_results as sample


@pytest.fixture
def timeline(qtbot: QtBot) -> Iterator[Timeline]:
    widget = Timeline()
    qtbot.addWidget(widget)
    widget.resize(900, 280)
    widget.show()
    widget.set_thresholds(sample.THRESHOLDS)
    yield widget
    widget.canvas._card.hide()


def at(timeline: Timeline, time_s: float, *, lane: int = 0) -> QPoint:
    geometry = timeline.canvas.layout_now()
    return QPoint(round(geometry.x(time_s)), round(geometry.curve(lane).center().y()))


def press_drag(qtbot: QtBot, timeline: Timeline, start: QPoint, end: QPoint) -> None:
    canvas = timeline.canvas.viewport()
    qtbot.mousePress(canvas, Qt.MouseButton.LeftButton, pos=start)
    for step in range(1, 5):
        qtbot.mouseMove(canvas, start + (end - start) * step / 4)
    qtbot.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=end)


def picture(timeline: Timeline) -> QImage:
    return timeline.canvas.viewport().grab().toImage()


def pixel(image: QImage, x: float, y: float) -> QColor:
    ratio = image.devicePixelRatio()
    return image.pixelColor(round(x * ratio), round(y * ratio))


# --- data ----------------------------------------------------------------------------------------


def test_windows_stay_sorted_whatever_order_they_come_in() -> None:
    lane = Lane(1)
    for start in (5.0, 1.0, 9.0, 3.0):
        lane.add(sample.window(1, start, start / 10))
    assert lane.windows.start_s.tolist() == [1.0, 3.0, 5.0, 9.0]
    assert lane.windows.p_fake.tolist() == [0.1, 0.3, 0.5, 0.9]
    assert lane.span_s == (1.0, pytest.approx(10.6))


def test_the_window_at_a_moment() -> None:
    lane = Lane(1)
    for start in (0.0, 2.0, 4.0):
        lane.add(sample.window(1, start, 0.5, length_s=1.0))
    assert lane.index_at(2.5) == 1
    assert lane.index_at(3.5) is None
    assert lane.index_at(3.5, tolerance_s=0.6) in (1, 2)
    assert lane.index_at(90.0, tolerance_s=1.0) is None
    assert Lane(2).index_at(0.0) is None


def test_one_suspicious_window_among_thousands_keeps_its_column() -> None:
    lane = Lane(1)
    for index in range(10_000):
        score = 0.99 if index == 5_432 else 0.1
        lane.add(sample.window(1, index * 0.1, score, length_s=0.1))
    found = columns(lane.windows, 0.0, 1000.0, 500)
    assert int(np.nanargmax(found.worst)) == 5_432 * 500 // 10_000
    assert np.nanmax(found.worst) == 0.99
    assert not np.isnan(found.mean).any()


def test_columns_without_a_window_stay_empty() -> None:
    lane = Lane(1)
    lane.add(sample.window(1, 2.0, 0.4, length_s=2.0))
    lane.add(sample.window(1, 8.0, 0.8, length_s=1.0))
    found = columns(lane.windows, 0.0, 10.0, 10)
    assert np.flatnonzero(~np.isnan(found.worst)).tolist() == [2, 3, 8]
    assert runs(~np.isnan(found.worst)) == [(2, 4), (8, 9)]


@pytest.mark.parametrize(("span", "width", "step"), [(5, 700, 1), (72, 700, 10), (7200, 700, 1800)])
def test_ticks_lie_at_round_times(span: float, width: float, step: float) -> None:
    assert tick_step(span, width) == step


# --- picture -------------------------------------------------------------------------------------


def test_the_strip_has_the_colour_of_each_side(timeline: Timeline) -> None:
    timeline.show_analysis(
        sample.analysis(tracks=(sample.track(1, [0.95, 0.5, 0.05], pitch_s=20.0, length_s=10.0),))
    )
    image = picture(timeline)
    strip = timeline.canvas.layout_now().strip(0)
    c = theme.LIGHT
    for time_s, wanted in ((5.0, c.fake), (25.0, c.inconclusive), (45.0, c.real)):
        x = timeline.canvas.layout_now().x(time_s)
        got = pixel(image, x, strip.center().y())
        hues = [got.hslHue(), wanted.hslHue()]
        assert abs(hues[0] - hues[1]) <= 12, (time_s, got.name(), wanted.name())


def test_where_nothing_was_examined_the_strip_is_empty(timeline: Timeline) -> None:
    timeline.show_analysis(
        sample.analysis(tracks=(sample.track(1, [0.95, 0.9], pitch_s=40.0, length_s=10.0),))
    )
    strip = timeline.canvas.layout_now().strip(0)
    x = timeline.canvas.layout_now().x(25.0)
    assert pixel(picture(timeline), x, strip.center().y()) == theme.LIGHT.panel


def test_the_playhead_is_painted_where_the_position_is(timeline: Timeline) -> None:
    timeline.show_analysis(sample.analysis())
    timeline.set_position(30.0)
    geometry = timeline.canvas.layout_now()
    image = picture(timeline)
    y = geometry.plot.center().y()
    near = [pixel(image, geometry.x(30.0) + dx, y) for dx in (-1, 0, 1)]
    assert theme.LIGHT.accent in near
    assert theme.LIGHT.accent not in [pixel(image, geometry.x(50.0) + dx, y) for dx in (-1, 0, 1)]


def test_a_dark_system_repaints_in_dark(qtbot: QtBot, timeline: Timeline) -> None:
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    timeline.show_analysis(sample.analysis())
    look = theme.install(app)
    try:
        look.set_appearance("dark")
        qtbot.wait(20)
        beside = timeline.canvas.viewport().width() - 4
        assert pixel(picture(timeline), beside, 60) == theme.DARK.panel
        look.set_appearance("light")
        qtbot.wait(20)
        assert pixel(picture(timeline), beside, 60) == theme.LIGHT.panel
    finally:
        look.set_appearance("system")


# --- streaming -----------------------------------------------------------------------------------


def test_lanes_appear_as_people_are_scored(qtbot: QtBot, timeline: Timeline) -> None:
    timeline.set_duration(60.0)
    timeline.add_window(sample.window(2, 0.0, 0.2))
    timeline.add_window(sample.window(1, 3.0, 0.9))
    timeline.add_window(sample.window(2, 2.5, 0.3))
    assert [lane.track_id for lane in timeline.canvas.lanes] == [1, 2]
    assert [len(lane) for lane in timeline.canvas.lanes] == [1, 2]


def test_an_unknown_duration_grows_with_the_windows(timeline: Timeline) -> None:
    timeline.add_window(sample.window(1, 10.0, 0.5))
    assert timeline.canvas.duration_s == pytest.approx(11.6)
    timeline.add_window(sample.window(1, 20.0, 0.5))
    assert timeline.canvas.view_s == (0.0, pytest.approx(21.6))


def test_a_final_result_replaces_what_streamed_in(timeline: Timeline) -> None:
    timeline.add_window(sample.window(7, 1.0, 0.5))
    timeline.show_analysis(sample.analysis())
    assert [lane.track_id for lane in timeline.canvas.lanes] == [1, 2]
    assert len(timeline.canvas.lanes[0]) == 28


def test_the_users_thresholds_are_used(timeline: Timeline) -> None:
    from deepfake_desktop.core.types import AnalysisSettings

    settings = AnalysisSettings(threshold_real=0.1, threshold_fake=0.9)
    timeline.show_analysis(sample.analysis(settings=settings))
    assert timeline.canvas._limits == Thresholds(real=0.1, fake=0.9)


def test_clearing_leaves_nothing(timeline: Timeline) -> None:
    timeline.show_analysis(sample.analysis())
    timeline.canvas.select((3.0, 5.0))
    timeline.clear()
    assert timeline.canvas.lanes == []
    assert timeline.selection is None
    assert timeline.canvas.duration_s == 0.0


# --- pointer -------------------------------------------------------------------------------------


def test_a_click_seeks_there(qtbot: QtBot, timeline: Timeline) -> None:
    timeline.show_analysis(sample.analysis())
    with qtbot.waitSignal(timeline.seekRequested) as asked:
        qtbot.mouseClick(
            timeline.canvas.viewport(), Qt.MouseButton.LeftButton, pos=at(timeline, 33.0)
        )
    assert asked.args[0] == pytest.approx(33.0, abs=0.1)
    assert timeline.selection is None


def test_a_drag_selects_and_a_click_outside_clears(qtbot: QtBot, timeline: Timeline) -> None:
    timeline.show_analysis(sample.analysis())
    told: list[object] = []
    timeline.selectionChanged.connect(told.append)
    press_drag(qtbot, timeline, at(timeline, 40.0), at(timeline, 20.0))
    assert timeline.selection == (pytest.approx(20.0, abs=0.1), pytest.approx(40.0, abs=0.1))
    assert told[-1] == timeline.selection
    qtbot.mouseClick(timeline.canvas.viewport(), Qt.MouseButton.LeftButton, pos=at(timeline, 60.0))
    assert timeline.selection is None
    assert told[-1] is None


def test_an_edge_of_the_selection_can_be_moved(qtbot: QtBot, timeline: Timeline) -> None:
    timeline.show_analysis(sample.analysis())
    timeline.canvas.select((20.0, 40.0))
    press_drag(qtbot, timeline, at(timeline, 40.0), at(timeline, 50.0))
    assert timeline.selection == (pytest.approx(20.0), pytest.approx(50.0, abs=0.1))


def test_dragging_along_the_axis_scrubs(qtbot: QtBot, timeline: Timeline) -> None:
    timeline.show_analysis(sample.analysis())
    asked: list[float] = []
    timeline.seekRequested.connect(asked.append)
    geometry = timeline.canvas.layout_now()
    y = round(geometry.plot.bottom() + 12)
    press_drag(
        qtbot,
        timeline,
        QPoint(round(geometry.x(10.0)), y),
        QPoint(round(geometry.x(30.0)), y),
    )
    assert asked[0] == pytest.approx(10.0, abs=0.1)
    assert asked[-1] == pytest.approx(30.0, abs=0.1)
    assert len(asked) > 3
    assert timeline.selection is None


def test_hovering_shows_the_face_and_the_score(qtbot: QtBot, timeline: Timeline) -> None:
    timeline.add_face(sample.face(1, 30.0))
    timeline.show_analysis(sample.analysis())
    qtbot.mouseMove(timeline.canvas.viewport(), at(timeline, 30.8))
    card = timeline.canvas._card
    qtbot.waitUntil(card.isVisible)
    assert "Person 1" in card.accessibleName()
    assert "0:30.0" in card.accessibleName()
    assert card._face is not None
    qtbot.mouseMove(timeline.canvas.viewport(), at(timeline, 29.55))  # between two windows
    qtbot.waitUntil(lambda: not card.isVisible())


def test_ctrl_and_wheel_zoom_around_the_pointer(qtbot: QtBot, timeline: Timeline) -> None:
    timeline.show_analysis(sample.analysis())
    place = at(timeline, 30.0)
    event = QWheelEvent(
        place,
        timeline.canvas.viewport().mapToGlobal(place),
        QPoint(),
        QPoint(0, 240),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.ControlModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(timeline.canvas.viewport(), event)
    first, last = timeline.canvas.view_s
    assert last - first == pytest.approx(72.0 / 2.25, rel=0.01)
    assert timeline.canvas.layout_now().x(30.0) == pytest.approx(place.x(), abs=2)


def test_a_zoomed_view_follows_the_playhead(timeline: Timeline) -> None:
    timeline.show_analysis(sample.analysis())
    timeline.canvas.zoom(6.0, 5.0)
    timeline.set_position(60.0)
    first, last = timeline.canvas.view_s
    assert first <= 60.0 <= last


# --- keyboard ------------------------------------------------------------------------------------


def test_arrows_walk_along_the_windows_of_the_chosen_person(
    qtbot: QtBot, timeline: Timeline
) -> None:
    timeline.show_analysis(sample.analysis())
    asked: list[float] = []
    timeline.seekRequested.connect(asked.append)
    canvas = timeline.canvas
    canvas.setFocus()
    qtbot.keyClick(canvas, Qt.Key.Key_Right)
    qtbot.keyClick(canvas, Qt.Key.Key_Right)
    qtbot.keyClick(canvas, Qt.Key.Key_Left)
    assert asked == [2.5, 5.0, 2.5]
    qtbot.keyClick(canvas, Qt.Key.Key_Down)
    qtbot.keyClick(canvas, Qt.Key.Key_Down)
    qtbot.keyClick(canvas, Qt.Key.Key_Right)
    assert asked[-1] == 21.0
    assert "Person 2" in canvas.accessibleDescription()


def test_shift_and_arrows_select_and_escape_clears(qtbot: QtBot, timeline: Timeline) -> None:
    timeline.show_analysis(sample.analysis())
    timeline.set_position(10.0)
    canvas = timeline.canvas
    for _ in range(2):
        qtbot.keyClick(canvas, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    assert timeline.selection == (10.0, 15.0)
    qtbot.keyClick(canvas, Qt.Key.Key_Escape)
    assert timeline.selection is None


def test_space_plays(qtbot: QtBot, timeline: Timeline) -> None:
    with qtbot.waitSignal(timeline.playRequested):
        qtbot.keyClick(timeline.canvas, Qt.Key.Key_Space)


def test_plus_minus_and_zero_zoom(qtbot: QtBot, timeline: Timeline) -> None:
    timeline.show_analysis(sample.analysis())
    canvas = timeline.canvas
    qtbot.keyClick(canvas, Qt.Key.Key_Plus)
    assert canvas.is_zoomed
    assert timeline._zoom_fit.isEnabled()
    qtbot.keyClick(canvas, Qt.Key.Key_0)
    assert canvas.view_s == (0.0, 72.0)
    assert not timeline._zoom_fit.isEnabled()


def test_lanes_out_of_sight_are_reached_by_key(qtbot: QtBot, timeline: Timeline) -> None:
    timeline.resize(500, 200)
    timeline.show_analysis(
        sample.analysis(tracks=tuple(sample.track(k, [0.5] * 5) for k in range(1, 9)))
    )
    canvas = timeline.canvas
    assert canvas.verticalScrollBar().maximum() > 0
    for _ in range(8):
        qtbot.keyClick(canvas, Qt.Key.Key_Down)
    geometry = canvas.layout_now()
    assert geometry.lane_top(7) >= geometry.plot.top() - 1
    assert geometry.lane_top(7) + geometry.lane_height <= geometry.plot.bottom() + 1


def test_right_to_left_mirrors_the_names_but_not_the_time(timeline: Timeline) -> None:
    timeline.show_analysis(sample.analysis())
    timeline.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    geometry = timeline.canvas.layout_now()
    assert geometry.names.left() > geometry.plot.right() - 1
    assert geometry.x(10.0) < geometry.x(20.0)


# --- speed ---------------------------------------------------------------------------------------


def test_ten_thousand_windows_stay_within_a_frame(qtbot: QtBot, timeline: Timeline) -> None:
    """A 60th of a second is 16.7 ms. CPU time of this thread, so that a busy machine does not
    count; the median of many, as a slow single frame is not what a person sees."""
    timeline.set_duration(3500.0)
    for index in range(5_000):
        for person in (1, 2):
            score = 0.5 + 0.45 * math.sin(index / 400 + person) + 0.04 * math.sin(index * 7.7)
            timeline.add_window(sample.window(person, index * 0.7, score, length_s=0.7))
    canvas = timeline.canvas
    canvas.viewport().repaint()

    def median_ms(step: object, count: int) -> float:
        spent = []
        for index in range(count):
            begun = time.thread_time()
            step(index)  # type: ignore[operator]
            canvas.viewport().repaint()
            spent.append((time.thread_time() - begun) * 1000)
        return statistics.median(spent)

    moving = median_ms(lambda index: timeline.set_position(index * 25.0), 100)
    hovering = median_ms(
        lambda index: qtbot.mouseMove(canvas.viewport(), QPoint(200 + 5 * index, 40)), 50
    )
    zooming = median_ms(lambda index: canvas.zoom(1.1 if index < 15 else 1 / 1.1, 1500.0), 30)
    print(f"playhead {moving:.2f} ms, hover {hovering:.2f} ms, zoom {zooming:.2f} ms")  # noqa: T201
    assert moving < 16.7 / 4
    assert hovering < 16.7 / 2
    assert zooming < 3 * 16.7  # a new range is drawn afresh; ours measures about 11 ms


def test_streaming_scores_do_not_repaint_for_each(qtbot: QtBot, timeline: Timeline) -> None:
    timeline.set_duration(1000.0)
    timeline.add_window(sample.window(1, 0.0, 0.5))
    qtbot.wait(60)
    timeline.canvas.viewport().repaint()
    layer = timeline.canvas._layer
    assert layer is not None
    for index in range(200):
        timeline.add_window(sample.window(1, 1.0 + index, 0.5))
        timeline.canvas.viewport().repaint()
    assert timeline.canvas._layer is layer  # within one pause of 40 ms, or it would be stale
    qtbot.waitUntil(lambda: timeline.canvas._layer is not layer, timeout=2_000)
