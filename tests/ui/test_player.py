"""The player as a whole: keyboard, boxes, loops, fallback, full screen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import cast

import numpy as np
import pytest
from PySide6.QtCore import QCoreApplication, QPointF, Qt
from PySide6.QtGui import QImage, QKeySequence
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from deepfake_desktop.core.types import FaceBox, FaceSeen, Thresholds, TimedBox, TrackResult
from deepfake_desktop.ui import frame_source, translations
from deepfake_desktop.ui.frame_source import FrameSource, ShownFrame
from deepfake_desktop.ui.player import Player
from deepfake_desktop.ui.player_playback import Playback
from tests.core.videos import HEIGHT, WIDTH, number_of, write_video
from tests.ui import sample_results as sample
from tests.ui.test_player_sources import pixels

RATE = 25
FRAMES = 60


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_video(
        tmp_path_factory.mktemp("clips") / "numbered.mp4", frames=FRAMES, rate=RATE, sound=True
    )


@pytest.fixture
def player(qtbot: QtBot) -> Iterator[Player]:
    widget = Player()
    qtbot.addWidget(widget)
    widget.resize(900, 600)
    widget.show()
    yield widget
    widget.clear()


def ready(qtbot: QtBot, player: Player, clip: Path) -> None:
    player.load(clip)
    qtbot.waitUntil(lambda: player.frame is not None and player.duration_s > 0, timeout=10_000)


def shown_number(player: Player) -> int:
    assert player.frame is not None
    return number_of(pixels(player.frame.image))


def go_to(qtbot: QtBot, player: Player, number: int) -> None:
    player.seek(number / RATE)
    qtbot.waitUntil(lambda: shown_number(player) == number, timeout=5_000)


def moving_track(*, first: int = 10, last: int = 50) -> TrackResult:
    """A face that moves two pixels a frame, with a box for every frame."""
    boxes = tuple(
        TimedBox(n / RATE, FaceBox(2.0 * n, 40.0, 2.0 * n + 40, 90.0), detected=True)
        for n in range(first, last + 1)
    )
    base = sample.track(1, [0.9])
    return replace(base, boxes=boxes, first_s=first / RATE, last_s=last / RATE)


def test_the_box_is_that_of_the_very_frame_on_screen(
    qtbot: QtBot, player: Player, clip: Path
) -> None:
    ready(qtbot, player, clip)
    player.set_tracks((moving_track(),))
    seen: list[tuple[int, float]] = []

    def note() -> None:
        number = number_of(pixels(player.view.image))
        seen.extend((number, box.box.left_px) for box in player.view.boxes)

    player.frameShown.connect(note)
    go_to(qtbot, player, 20)
    player.toggle_play()
    qtbot.waitUntil(lambda: len(seen) > 8, timeout=10_000)
    player.toggle_play()
    assert all(left == pytest.approx(2.0 * number, abs=0.05) for number, left in seen)


def test_outside_the_track_no_box_is_drawn(qtbot: QtBot, player: Player, clip: Path) -> None:
    ready(qtbot, player, clip)
    player.set_tracks((moving_track(first=30),))
    go_to(qtbot, player, 5)
    assert player.view.boxes == ()
    go_to(qtbot, player, 35)
    assert len(player.view.boxes) == 1


def test_a_result_that_arrives_later_reaches_the_standing_picture(
    qtbot: QtBot, player: Player, clip: Path
) -> None:
    ready(qtbot, player, clip)
    go_to(qtbot, player, 20)
    player.set_tracks((moving_track(),))
    assert [box.box.left_px for box in player.view.boxes] == [pytest.approx(40.0, abs=0.05)]


def test_boxes_are_painted_in_the_persons_colour(qtbot: QtBot, player: Player, clip: Path) -> None:
    from deepfake_desktop.ui import theme

    ready(qtbot, player, clip)
    player.set_tracks((moving_track(),))
    go_to(qtbot, player, 30)
    rect = player.view.box_rect(player.view.boxes[0])
    wanted = theme.DARK.track(0)

    def nearness() -> float:
        image = player.view.grab().toImage()
        ratio = image.devicePixelRatio()
        colors = [
            image.pixelColor(round((rect.left() + dx) * ratio), round(rect.center().y() * ratio))
            for dx in (-1, 0, 1)
        ]
        return min(
            abs(c.red() - wanted.red())
            + abs(c.green() - wanted.green())
            + abs(c.blue() - wanted.blue())
            for c in colors
        )

    assert nearness() < 30
    player.controls.show_boxes.trigger()
    assert nearness() > 60


def test_every_command_has_a_key_and_a_place_in_the_menu(player: Player) -> None:
    actions = [a for a in player.actions_for_menu() if not a.isSeparator()]
    names = {a.text() for a in actions}
    assert {"Play", "Next frame", "Previous frame", "Loop", "Mute", "Full screen"} <= names
    assert {"Next suspicious moment", "Save this frame…", "Zoom in"} <= names
    keyless = [a.text() for a in actions if a.menu() is None and a.shortcut().isEmpty()]
    assert keyless == []
    keys = [
        key.toString(QKeySequence.SequenceFormat.PortableText)
        for a in actions
        for key in a.shortcuts()
    ]
    assert len(keys) == len(set(keys))


def test_the_keyboard_alone_plays_steps_and_zooms(qtbot: QtBot, player: Player, clip: Path) -> None:
    ready(qtbot, player, clip)
    go_to(qtbot, player, 10)
    view = player.view
    view.setFocus()
    qtbot.keyClick(view, Qt.Key.Key_Right)
    qtbot.waitUntil(lambda: shown_number(player) == 11, timeout=5_000)
    qtbot.keyClick(view, Qt.Key.Key_Left)
    qtbot.waitUntil(lambda: shown_number(player) == 10, timeout=5_000)
    qtbot.keyClick(view, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: player.is_playing and shown_number(player) > 12, timeout=5_000)
    qtbot.keyClick(view, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: not player.is_playing, timeout=5_000)
    qtbot.keyClick(view, Qt.Key.Key_Plus)
    assert view.zoom > 1.0
    qtbot.keyClick(view, Qt.Key.Key_0)
    assert view.zoom == 1.0


def test_play_button_says_what_it_will_do(qtbot: QtBot, player: Player, clip: Path) -> None:
    ready(qtbot, player, clip)
    assert player.controls.play.text() == "Play"
    player.toggle_play()
    qtbot.waitUntil(lambda: player.controls.play.text() == "Pause", timeout=5_000)


def test_the_next_suspicious_moment_is_one_press_away(
    qtbot: QtBot, player: Player, clip: Path
) -> None:
    ready(qtbot, player, clip)
    assert not player.controls.next_moment.isEnabled()
    player.set_thresholds(Thresholds(real=0.4, fake=0.75))
    player.set_tracks((sample.track(1, [0.2, 0.9, 0.3, 0.8], pitch_s=0.4, length_s=0.4),))
    assert player.controls.next_moment.isEnabled()
    player.controls.next_moment.trigger()
    qtbot.waitUntil(lambda: shown_number(player) == 10, timeout=5_000)
    player.controls.next_moment.trigger()
    qtbot.waitUntil(lambda: shown_number(player) == 30, timeout=5_000)
    player.controls.previous_moment.trigger()
    qtbot.waitUntil(lambda: shown_number(player) == 10, timeout=5_000)


def test_a_loop_stays_inside_the_selection(qtbot: QtBot, player: Player, clip: Path) -> None:
    ready(qtbot, player, clip)
    times: list[float] = []
    player.set_loop((0.8, 1.2))
    assert player.controls.loop.isChecked()
    go_to(qtbot, player, 22)
    player.positionChanged.connect(times.append)
    player.toggle_play()
    qtbot.waitUntil(
        lambda: sum(1 for a, b in pairwise(times) if b < a) >= 2,
        timeout=10_000,
    )
    player.toggle_play()
    assert min(times) >= 0.8 - 1e-3
    assert max(times) < 1.2 + 1e-3


def test_a_frame_after_the_loop_is_not_shown(qtbot: QtBot) -> None:
    """A busy machine leaves frames out, or one is on its way when the way back begins."""

    class Tape:
        def __init__(self) -> None:
            self.sought: list[float] = []

        def seek(self, time_s: float) -> None:
            self.sought.append(time_s)

    playback, tape, shown = Playback(), Tape(), []
    playback.source = cast(FrameSource, tape)
    playback.frameShown.connect(lambda frame: shown.append(frame.start_s))
    playback.playing = playback.looping = True
    playback.loop = (0.8, 1.2)
    image = QImage(4, 4, QImage.Format.Format_RGB32)
    for start_s in (1.12, 1.24, 1.28, 0.8):
        playback._on_frame(ShownFrame(start_s, start_s + 0.04, image))
    assert shown == [1.12, 0.8]
    assert tape.sought == [0.8]
    playback.source = None


def test_without_a_selection_the_loop_is_off(player: Player) -> None:
    player.set_loop((0.8, 1.2))
    player.set_loop(None)
    assert not player.controls.loop.isChecked()


def test_many_seeks_in_a_row_end_at_the_last(qtbot: QtBot, player: Player, clip: Path) -> None:
    ready(qtbot, player, clip)
    for number in range(0, 50, 2):
        player.seek(number / RATE)
    qtbot.waitUntil(lambda: shown_number(player) == 48, timeout=5_000)


def test_speed_goes_up_and_down_by_key(player: Player) -> None:
    player.controls.faster.trigger()
    assert player.bar._speed.text() == "1.5\u00d7"
    player.controls.slower.trigger()
    player.controls.slower.trigger()
    assert player.bar._speed.text() == "0.5\u00d7"


def test_saving_a_frame_names_its_exact_time(qtbot: QtBot, player: Player, clip: Path) -> None:
    ready(qtbot, player, clip)
    go_to(qtbot, player, 33)
    with qtbot.waitSignal(player.saveFrameRequested) as asked:
        player.controls.save_frame.trigger()
    assert asked.args == [pytest.approx(33 / RATE, abs=1e-3)]


def test_without_qtmultimedia_the_engine_plays_without_sound_and_says_so(
    qtbot: QtBot, player: Player, clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(frame_source, "qt_multimedia", lambda: None)
    ready(qtbot, player, clip)
    assert not player.has_sound
    assert "without sound" in player.view._notice
    assert not player.controls.mute.isEnabled()
    player.set_tracks((moving_track(),))
    go_to(qtbot, player, 20)
    assert [box.box.left_px for box in player.view.boxes] == [pytest.approx(40.0, abs=0.05)]
    player.step(1)
    qtbot.waitUntil(lambda: shown_number(player) == 21, timeout=5_000)


def test_a_file_qt_cannot_play_goes_to_the_engine(
    qtbot: QtBot, player: Player, clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if frame_source.qt_multimedia() is None:
        pytest.skip("QtMultimedia or its system library is not here")
    player.load(clip)
    source = player.playback.source
    assert source is not None
    source.failed.emit("a codec that is not here")
    qtbot.waitUntil(lambda: player.frame is not None and not player.has_sound, timeout=10_000)
    assert shown_number(player) == 0


def test_what_nobody_can_play_is_told(qtbot: QtBot, player: Player, tmp_path: Path) -> None:
    path = tmp_path / "letter.mp4"
    path.write_text("no video")
    with qtbot.waitSignal(player.failed, timeout=15_000) as told:
        player.load(path)
    assert told.args[0]
    assert "cannot be played" in player.view._notice
    assert not player.controls.play.isEnabled()


def test_full_screen_and_back_keeps_the_picture(qtbot: QtBot, player: Player, clip: Path) -> None:
    ready(qtbot, player, clip)
    go_to(qtbot, player, 12)
    player.set_full_screen(True)
    window = player.view.window()
    assert window is not player.window()
    assert window.isFullScreen()
    assert shown_number(player) == 12
    qtbot.keyClick(player.view, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: player.view.window() is player.window(), timeout=5_000)
    assert not player.controls.full_screen.isChecked()
    player.step(1)
    qtbot.waitUntil(lambda: shown_number(player) == 13, timeout=5_000)


def test_full_screen_has_a_scrub_bar_of_its_own(qtbot: QtBot, player: Player, clip: Path) -> None:
    ready(qtbot, player, clip)
    assert not player.scrub.isVisible()
    player.set_full_screen(True)
    assert player.scrub.isVisible()
    player.scrub.setValue(1600)
    qtbot.waitUntil(lambda: shown_number(player) == 40, timeout=5_000)
    player.step(1)
    qtbot.waitUntil(lambda: shown_number(player) == 41, timeout=5_000)
    assert player.scrub.value() == 1640
    player.set_full_screen(False)
    assert not player.scrub.isVisible()


def test_clearing_forgets_the_file(qtbot: QtBot, player: Player, clip: Path) -> None:
    ready(qtbot, player, clip)
    player.set_tracks((moving_track(),))
    player.set_loop((0.1, 0.5))
    player.clear()
    assert player.path is None
    assert player.frame is None
    assert player.view.image.isNull()
    assert not player.controls.play.isEnabled()
    assert not player.controls.next_moment.isEnabled()
    assert not player.controls.loop.isChecked()


def test_a_click_on_a_face_chooses_the_person(qtbot: QtBot, player: Player, clip: Path) -> None:
    ready(qtbot, player, clip)
    player.set_tracks((moving_track(),))
    go_to(qtbot, player, 25)
    center = player.view.box_rect(player.view.boxes[0]).center().toPoint()
    with qtbot.waitSignal(player.trackSelected) as chosen:
        qtbot.mouseClick(player.view, Qt.MouseButton.LeftButton, pos=center)
    assert chosen.args == [1]


def test_zoom_keeps_the_point_under_the_pointer(qtbot: QtBot, player: Player, clip: Path) -> None:
    ready(qtbot, player, clip)
    view = player.view
    anchor = QPointF(view.width() * 0.4, view.height() * 0.4)
    before = view._to_widget().inverted()[0].map(anchor)
    view.set_zoom(3.0, anchor)
    after = view._to_widget().inverted()[0].map(anchor)
    assert after.x() == pytest.approx(before.x(), abs=0.5)
    assert after.y() == pytest.approx(before.y(), abs=0.5)


def test_the_zoomed_picture_cannot_be_lost(qtbot: QtBot, player: Player, clip: Path) -> None:
    ready(qtbot, player, clip)
    view = player.view
    view.set_zoom(4.0)
    view.pan(QPointF(10_000, -10_000))
    rect = view._picture_rect()
    assert rect.left() <= 0.5
    assert rect.top() <= 0.5
    assert rect.right() >= view.width() - 0.5
    assert rect.bottom() >= view.height() - 0.5


def test_boxes_of_another_picture_size_are_scaled(qtbot: QtBot, player: Player, clip: Path) -> None:
    ready(qtbot, player, clip)
    analysis = sample.analysis(tracks=(moving_track(),))
    doubled = replace(analysis.video, width_px=2 * WIDTH, height_px=2 * HEIGHT)
    go_to(qtbot, player, 20)
    player.show_analysis(replace(analysis, video=analysis.video))
    player.view.set_reference_size(None)
    plain = player.view.box_rect(player.view.boxes[0])
    player.show_analysis(replace(analysis, video=doubled))
    scaled = player.view.box_rect(player.view.boxes[0])
    assert scaled.width() == pytest.approx(plain.width() / 2, rel=0.01)


@pytest.mark.parametrize("width", [320, 480, 640, 1200])
def test_the_controls_fit_every_width(qtbot: QtBot, player: Player, width: int) -> None:
    player.resize(width, 400)
    qtbot.wait(20)
    assert player.bar.width() <= width
    assert player.bar.minimumSizeHint().width() <= width


def test_a_player_that_is_just_dropped_ends_its_threads(qtbot: QtBot, clip: Path) -> None:
    if frame_source.qt_multimedia() is None:
        pytest.skip("QtMultimedia or its system library is not here")
    player = Player()
    player.show()
    ready(qtbot, player, clip)
    player.toggle_play()
    source = player.playback.source
    assert isinstance(source, frame_source.MediaSource)
    thread = source._thread
    assert thread.isRunning()
    with qtbot.waitSignal(player.destroyed, timeout=5_000):
        player.deleteLater()
    assert not thread.isRunning()


def test_the_notice_of_the_fallback_goes_with_the_file(
    qtbot: QtBot, player: Player, clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(frame_source, "qt_multimedia", lambda: None)
    ready(qtbot, player, clip)
    assert player.view._notice
    player.clear()
    assert player.view._notice == ""


def test_boxes_show_while_the_analysis_runs(qtbot: QtBot, player: Player, clip: Path) -> None:
    ready(qtbot, player, clip)
    assert player.view.boxes == ()
    track = moving_track(first=0)
    player.add_face(FaceSeen(1, 0.0, np.zeros((8, 8, 3), np.uint8), track.boxes[0].box))
    (shown,) = player.view.boxes
    assert shown.box == track.boxes[0].box
    assert shown.p_fake is None
    player.add_window(sample.window(1, 0.0, 0.9))
    assert player.view.boxes[0].p_fake == 0.9
    player.set_tracks((track,))  # the result, in place of what streamed in
    assert len(player.view.boxes) == 1


def test_its_texts_follow_the_language(qtbot: QtBot, player: Player) -> None:
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    play, button = player.controls.play, player.bar._next
    before = (play.text(), button.accessibleName(), player.controls.loop.toolTip())
    translators = translations.install(app, "de")
    try:
        QCoreApplication.sendPostedEvents()
        qtbot.waitUntil(lambda: play.text() == "Abspielen", timeout=5_000)
        assert button.accessibleName() == "Nächster verdächtiger Moment"
        assert player.controls.loop.toolTip() != before[2]
        assert player.controls.loop.toolTip().endswith("(L)")
    finally:
        translations.remove(app, translators)
    qtbot.waitUntil(lambda: play.text() == before[0], timeout=5_000)
    assert button.accessibleName() == before[1]


def test_a_slow_file_says_that_it_is_being_opened(
    qtbot: QtBot, player: Player, clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    player._patience.setInterval(0)
    held: list[object] = []
    shown = player._on_frame
    player.playback.frameShown.disconnect(player._on_frame)
    player.playback.frameShown.connect(held.append)
    player.load(clip)
    player.playback.frame = None
    qtbot.waitUntil(lambda: player.view._notice == "Opening…", timeout=5_000)
    qtbot.waitUntil(lambda: bool(held), timeout=10_000)
    shown(held[0])  # type: ignore[arg-type]
    fallback = "Played by the analysis decoder, without sound"
    assert player.view._notice == ("" if player.has_sound else fallback)
