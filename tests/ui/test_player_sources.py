"""One contract for both sources of pictures: QtMultimedia and the engine's decoder.

The test videos carry their frame number in the picture, so what is shown is read off the pixels.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from deepfake_desktop.core.media import open_video
from deepfake_desktop.ui.frame_source import FrameSource, MediaSource, ShownFrame, qt_multimedia
from deepfake_desktop.ui.frame_source_decoded import DecodedSource, to_qimage
from tests.core.videos import number_of, write_video

RATE = 25


def pixels(image: QImage) -> np.ndarray:
    rgb = image.convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(rgb.constBits(), np.uint8).reshape(rgb.height(), rgb.bytesPerLine())
    return rows[:, : rgb.width() * 3].reshape(rgb.height(), rgb.width(), 3).copy()


class Watched:
    """A source, the frames that came out of it, and a way to wait for one."""

    def __init__(self, qtbot: QtBot, source: FrameSource) -> None:
        self.qtbot = qtbot
        self.source = source
        self.frames: list[ShownFrame] = []
        self.failures: list[str] = []
        source.frameReady.connect(self.frames.append)
        source.failed.connect(self.failures.append)

    @property
    def numbers(self) -> list[int]:
        return [number_of(pixels(frame.image)) for frame in self.frames]

    def after(self, do: Callable[[], None]) -> ShownFrame:
        """The next frame that comes because of ``do``."""
        count = len(self.frames)
        do()
        self.qtbot.waitUntil(lambda: len(self.frames) > count, timeout=10_000)
        return self.frames[-1]


@pytest.fixture(params=["qt", "engine"])
def watched(request: pytest.FixtureRequest, qtbot: QtBot) -> Iterator[Watched]:
    if request.param == "qt" and qt_multimedia() is None:
        pytest.skip("QtMultimedia or its system library is not here")
    source: FrameSource = MediaSource() if request.param == "qt" else DecodedSource()
    yield Watched(qtbot, source)
    source.close()
    source.deleteLater()


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return write_video(tmp_path / "numbered.mp4", frames=40, rate=RATE)


def test_loading_shows_the_first_frame(watched: Watched, clip: Path) -> None:
    frame = watched.after(lambda: watched.source.load(clip))
    assert frame.start_s == 0.0
    assert watched.numbers == [0]


def test_it_tells_how_long_the_video_is(watched: Watched, clip: Path) -> None:
    with watched.qtbot.waitSignal(watched.source.durationChanged, timeout=10_000) as told:
        watched.source.load(clip)
    assert told.args == [pytest.approx(40 / RATE, abs=0.05)]


@pytest.mark.parametrize("number", [1, 17, 39, 20, 0])
def test_a_seek_shows_the_frame_of_that_moment(watched: Watched, clip: Path, number: int) -> None:
    watched.after(lambda: watched.source.load(clip))
    frame = watched.after(lambda: watched.source.seek(number / RATE))
    assert number_of(pixels(frame.image)) == number
    assert frame.start_s == pytest.approx(number / RATE, abs=1e-3)
    assert frame.end_s == pytest.approx((number + 1) / RATE, abs=2e-3)


def test_a_seek_between_two_frames_shows_the_earlier_one(watched: Watched, clip: Path) -> None:
    watched.after(lambda: watched.source.load(clip))
    frame = watched.after(lambda: watched.source.seek(10 / RATE + 0.02))
    assert number_of(pixels(frame.image)) == 10


def test_a_seek_right_after_loading_is_not_lost(watched: Watched, clip: Path) -> None:
    watched.source.load(clip)
    watched.source.seek(12 / RATE)
    watched.qtbot.waitUntil(lambda: 12 in watched.numbers, timeout=10_000)


def test_stepping_meets_every_frame_in_both_directions(watched: Watched, clip: Path) -> None:
    watched.after(lambda: watched.source.load(clip))
    watched.after(lambda: watched.source.seek(5 / RATE))
    for _ in range(3):
        watched.after(lambda: watched.source.step(1))
    for _ in range(4):
        watched.after(lambda: watched.source.step(-1))
    assert watched.numbers == [0, 5, 6, 7, 8, 7, 6, 5, 4]


def test_stepping_follows_uneven_times(watched: Watched, tmp_path: Path) -> None:
    times_ms = [0, 40, 200, 210, 500, 533, 900]
    path = write_video(tmp_path / "uneven.mkv", frames=7, times_ms=times_ms)
    watched.after(lambda: watched.source.load(path))
    for _ in range(4):
        watched.after(lambda: watched.source.step(1))
    assert watched.numbers == [0, 1, 2, 3, 4]
    assert [frame.start_s for frame in watched.frames] == pytest.approx(
        [time / 1000 for time in times_ms[:5]], abs=2e-3
    )


def test_a_frame_rate_that_is_no_whole_milliseconds_is_met_exactly(
    watched: Watched, tmp_path: Path
) -> None:
    path = write_video(tmp_path / "ntsc.mp4", frames=40, rate=Fraction(30000, 1001))
    watched.after(lambda: watched.source.load(path))
    with open_video(path) as video:
        for number in (1, 11, 12, 31):
            engine = video.frame_at(number * 1001 / 30000)
            assert number_of(engine.image) == number
            shown = watched.after(lambda time_s=engine.time_s: watched.source.seek(time_s))
            assert number_of(pixels(shown.image)) == number
            assert shown.start_s == pytest.approx(engine.time_s, abs=1e-3)
            assert shown.start_s <= engine.time_s + 1e-5 < shown.end_s


def test_pictures_stand_upright_as_the_engine_sees_them(watched: Watched, tmp_path: Path) -> None:
    path = write_video(tmp_path / "turned.mp4", frames=3, rotation=-90)
    frame = watched.after(lambda: watched.source.load(path))
    with open_video(path) as video:
        engine = video.frame_at(0.0).image
    shown = pixels(frame.image)
    assert shown.shape == engine.shape
    assert np.abs(shown.astype(int) - engine.astype(int)).mean() < 6


def test_it_plays_to_the_end_and_stops(watched: Watched, clip: Path) -> None:
    watched.after(lambda: watched.source.load(clip))
    playing: list[bool] = []
    watched.source.playingChanged.connect(playing.append)
    watched.source.seek(30 / RATE)
    with watched.qtbot.waitSignal(watched.source.ended, timeout=10_000):
        watched.source.play()
    watched.qtbot.waitUntil(lambda: watched.numbers[-1] == 39, timeout=5_000)
    assert watched.numbers == sorted(watched.numbers)
    assert playing[0] is True
    assert playing[-1] is False


def test_a_pause_holds_the_picture(watched: Watched, clip: Path) -> None:
    watched.after(lambda: watched.source.load(clip))
    watched.source.set_rate(0.5)
    watched.source.play()
    watched.qtbot.waitUntil(lambda: len(watched.frames) > 3, timeout=10_000)
    watched.source.pause()
    watched.qtbot.wait(150)
    count = len(watched.frames)
    watched.qtbot.wait(250)
    assert len(watched.frames) == count


def test_a_seek_while_pausing_does_not_swallow_the_pause(watched: Watched, clip: Path) -> None:
    watched.after(lambda: watched.source.load(clip))
    watched.source.play()
    watched.qtbot.waitUntil(lambda: len(watched.frames) > 3, timeout=10_000)
    watched.source.pause()
    watched.source.seek(2 / RATE)
    watched.qtbot.waitUntil(lambda: watched.numbers[-1] == 2, timeout=5_000)
    watched.qtbot.wait(250)
    assert watched.numbers[-1] == 2


def test_what_is_no_video_fails_once_in_words(watched: Watched, tmp_path: Path) -> None:
    path = tmp_path / "letter.mp4"
    path.write_text("Dear Sir or Madam,\n" * 50)
    with watched.qtbot.waitSignal(watched.source.failed, timeout=10_000):
        watched.source.load(path)
    watched.qtbot.wait(100)
    assert len(watched.failures) == 1
    assert watched.failures[0]


def test_another_file_leaves_nothing_of_the_first(
    watched: Watched, clip: Path, tmp_path: Path
) -> None:
    other = write_video(tmp_path / "other.mp4", frames=10, first=500)
    watched.after(lambda: watched.source.load(clip))
    watched.source.play()
    watched.qtbot.waitUntil(lambda: len(watched.frames) > 2, timeout=10_000)
    watched.source.pause()
    watched.source.load(other)
    watched.qtbot.waitUntil(lambda: watched.numbers[-1] >= 500, timeout=10_000)
    first = next(i for i, number in enumerate(watched.numbers) if number >= 500)
    assert all(number >= 500 for number in watched.numbers[first:])


def test_sound_that_begins_first_does_not_shift_the_pictures(
    watched: Watched, shared_data: Path
) -> None:
    clips = sorted((shared_data / "video" / "cremad").glob("*.flv"))
    if not clips:
        pytest.skip("the CREMA-D clips are not here")
    frame = watched.after(lambda: watched.source.load(clips[0]))
    assert frame.start_s == 0.0
    shown = watched.after(lambda: watched.source.seek(0.5))
    with open_video(clips[0]) as video:
        engine = video.frame_at(0.5)
    assert shown.start_s == pytest.approx(engine.time_s, abs=2e-3)
    difference = pixels(shown.image).astype(int) - engine.image.astype(int)
    assert np.abs(difference).mean() < 3


def test_a_picture_becomes_an_image_of_its_own() -> None:
    source = np.zeros((4, 6, 3), np.uint8)
    source[1, 2] = (10, 20, 30)
    image = to_qimage(source)
    source[...] = 255
    assert (image.width(), image.height()) == (6, 4)
    assert image.pixelColor(2, 1).getRgb()[:3] == (10, 20, 30)


@pytest.mark.parametrize("aspect", [Fraction(4, 3), Fraction(3, 4)])
def test_stretched_pixels_become_square_ones(
    watched: Watched, tmp_path: Path, aspect: Fraction
) -> None:
    path = write_video(tmp_path / "stretched.mp4", frames=3, aspect=aspect)
    shown = pixels(watched.after(lambda: watched.source.load(path)).image)
    with open_video(path) as video:
        engine = video.frame_at(0.0).image
    assert shown.shape[1] == pytest.approx(engine.shape[1], abs=1)
    assert shown.shape[0] == pytest.approx(engine.shape[0], abs=1)
    assert number_of(shown) == 0
