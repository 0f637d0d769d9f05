"""Where the player's pictures come from: QtMultimedia, or the engine's own decoder.

Both sources speak the same signals, so the player does not care which one plays. Neither decodes
or converts a picture on the window's thread: QtMultimedia decodes on its own threads and a
converter thread turns its frames into images; the engine's decoder runs on a worker thread.

Every picture arrives as a ``ShownFrame`` that carries its own presentation time, so what is
drawn over it (face boxes) belongs to exactly that picture and not to a playback clock.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import (
    Q_ARG,
    QMetaObject,
    QObject,
    Qt,
    QThread,
    QTimer,
    QUrl,
    Signal,
    Slot,
)
from PySide6.QtGui import QImage

if TYPE_CHECKING:
    from PySide6.QtMultimedia import QMediaPlayer, QVideoFrame

log = logging.getLogger(__name__)

DEFAULT_FRAME_S = 0.04
"""Used for stepping while a source has not told how long a frame lasts."""


@dataclass(frozen=True, slots=True, eq=False)
class ShownFrame:
    """One upright picture with its presentation time, in seconds from the start of the video."""

    start_s: float
    end_s: float
    image: QImage


class FrameSource(QObject):
    """What the player asks of a source. All methods return at once; pictures come by signal."""

    frameReady = Signal(object)
    """A ``ShownFrame``."""
    durationChanged = Signal(float)
    playingChanged = Signal(bool)
    ended = Signal()
    failed = Signal(str)

    has_sound = False

    def load(self, path: Path) -> None:
        raise NotImplementedError

    def close(self) -> None:
        """Stop, and leave no thread behind."""
        raise NotImplementedError

    def play(self) -> None:
        raise NotImplementedError

    def pause(self) -> None:
        raise NotImplementedError

    def seek(self, time_s: float) -> None:
        """Show the frame that is on screen at ``time_s``."""
        raise NotImplementedError

    def step(self, direction: int) -> None:
        """Pause, and show the next (1) or the previous (-1) frame."""
        raise NotImplementedError

    def set_rate(self, rate: float) -> None:
        raise NotImplementedError

    def set_volume(self, volume: float) -> None:
        """``volume`` from 0 to 1, as loudness is heard. Does nothing without sound."""

    def set_muted(self, muted: bool) -> None:
        """Does nothing without sound."""


def qt_multimedia() -> Any | None:
    """The module ``PySide6.QtMultimedia``, or None where it or its system library is missing."""
    try:
        from PySide6 import QtMultimedia
    except ImportError as error:
        log.warning("QtMultimedia is not available: %s", error)
        return None
    return QtMultimedia


class _Converter(QObject):
    """Lives on the converter thread: QVideoFrame in, QImage out (YUV to RGB costs milliseconds)."""

    converted = Signal(int, object)

    @Slot(int, object)
    def convert(self, generation: int, frame: QVideoFrame) -> None:
        start_s = frame.startTime() / 1e6
        end_s = frame.endTime() / 1e6
        if end_s <= start_s:
            end_s = start_s + DEFAULT_FRAME_S
        image = frame.toImage()
        if image.isNull():
            log.warning("a frame at %.3f s could not be converted", start_s)
            self.converted.emit(generation, None)
            return
        self.converted.emit(generation, ShownFrame(start_s, end_s, image))


class MediaSource(FrameSource):
    """QMediaPlayer into a QVideoSink: sound, all codecs Qt knows, exact frame times.

    Qt shows the frame with ``start < position <= end`` for a position in whole milliseconds, so a
    frame that starts at ``t`` is asked for one millisecond later, and the previous one at ``t``.

    Qt counts from the start of the container, the engine from the first picture; where sound comes
    first these differ by a frame or more. The first frame after loading tells the difference.
    """

    has_sound = True
    _convert = Signal(int, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        multimedia = qt_multimedia()
        if multimedia is None:
            raise ImportError("QtMultimedia is not available")
        self._multimedia = multimedia
        self._player: QMediaPlayer = multimedia.QMediaPlayer(self)
        if not self._player.isAvailable():
            raise ImportError("QtMultimedia has no backend here")
        self._sink = multimedia.QVideoSink(self)
        self._audio = multimedia.QAudioOutput(self)
        self._player.setVideoSink(self._sink)
        self._player.setAudioOutput(self._audio)

        self._generation = 0
        self._frame: ShownFrame | None = None
        self._converting = False
        self._waiting: QVideoFrame | None = None
        self._wanted_s: float | None = None
        self._offset_s: float | None = None
        self._duration_ms = 0
        self._failed = False

        self._thread = QThread()
        self._thread.setObjectName("frame converter")
        self._converter = _Converter()
        self._converter.moveToThread(self._thread)
        self._convert.connect(self._converter.convert)
        self._converter.converted.connect(self._on_converted)
        self._sink.videoFrameChanged.connect(self._on_frame)
        self._player.durationChanged.connect(self._on_duration)
        self._player.playbackStateChanged.connect(self._on_state)
        self._player.mediaStatusChanged.connect(self._on_status)
        self._player.errorOccurred.connect(self._on_error)

    # --- what the player asks -----------------------------------------------------------------

    def load(self, path: Path) -> None:
        self._generation += 1
        self._frame = None
        self._failed = False
        self._wanted_s = None
        self._offset_s = None
        self._duration_ms = 0
        if not self._thread.isRunning():
            self._thread.start()
        self._call("setSource", Q_ARG(QUrl, QUrl.fromLocalFile(str(path))))
        self._call("pause")  # shows the first frame

    def close(self) -> None:
        self._generation += 1
        self._waiting = None
        self._call("stop")
        self._call("setSource", Q_ARG(QUrl, QUrl()))
        self._thread.quit()
        self._thread.wait()

    def play(self) -> None:
        self._call("play")

    def pause(self) -> None:
        self._call("pause")

    def seek(self, time_s: float) -> None:
        if self._offset_s is None:
            self._wanted_s = time_s  # before the first frame a seek would be lost
            return
        self._set_position(max(0.0, time_s), after_ms=1)

    def step(self, direction: int) -> None:
        self._call("pause")
        if self._frame is None:
            return
        if direction > 0:
            self._set_position(self._frame.end_s, after_ms=1)
        else:
            self._set_position(self._frame.start_s, after_ms=0)

    def set_rate(self, rate: float) -> None:
        self._player.setPlaybackRate(rate)

    def set_volume(self, volume: float) -> None:
        # The ear hears loudness logarithmically: half the slider is half as loud.
        scale = self._multimedia.QAudio
        linear = scale.convertVolume(volume, scale.LogarithmicVolumeScale, scale.LinearVolumeScale)
        self._audio.setVolume(linear)

    def set_muted(self, muted: bool) -> None:
        self._audio.setMuted(muted)

    # --- what QtMultimedia says ---------------------------------------------------------------

    def _set_position(self, time_s: float, *, after_ms: int) -> None:
        position_ms = int((time_s + (self._offset_s or 0.0)) * 1000 + 1e-3) + after_ms
        duration_ms = self._player.duration()
        if duration_ms > 0:
            position_ms = min(position_ms, duration_ms)
        self._call("setPosition", Q_ARG("qlonglong", position_ms))

    def _call(self, slot: str, *arguments: Any) -> None:
        """Calls the backend without holding the interpreter's lock.

        Stopping waits for the backend's threads; they end by deleting objects that were connected
        to Python's, which needs the lock. Called the plain way, the two wait for each other.
        """
        direct = Qt.ConnectionType.DirectConnection
        if not QMetaObject.invokeMethod(self._player, slot, direct, *arguments):
            raise RuntimeError(f"QMediaPlayer has no slot {slot}")

    @Slot(object)
    def _on_frame(self, frame: QVideoFrame) -> None:
        if not frame.isValid():
            return
        if self._converting:
            self._waiting = frame  # only the newest matters; older ones are dropped
            return
        self._converting = True
        self._convert.emit(self._generation, frame)

    @Slot(int, object)
    def _on_converted(self, generation: int, frame: ShownFrame | None) -> None:
        self._converting = False
        if self._waiting is not None:
            waiting, self._waiting = self._waiting, None
            self._on_frame(waiting)
        if frame is None or generation != self._generation:
            return
        if self._offset_s is None:
            self._offset_s = frame.start_s
            if frame.start_s > 0:
                self._tell_duration()
            if self._wanted_s is not None:
                wanted, self._wanted_s = self._wanted_s, None
                self.seek(wanted)
        if self._offset_s:
            start_s = frame.start_s - self._offset_s
            frame = ShownFrame(start_s, frame.end_s - self._offset_s, frame.image)
        self._frame = frame
        self.frameReady.emit(frame)

    @Slot("qlonglong")
    def _on_duration(self, duration_ms: int) -> None:
        if duration_ms > 0:
            self._duration_ms = duration_ms
            self._tell_duration()

    def _tell_duration(self) -> None:
        duration_s = self._duration_ms / 1000 - (self._offset_s or 0.0)
        if duration_s > 0:
            self.durationChanged.emit(duration_s)

    @Slot(object)
    def _on_state(self, state: Any) -> None:
        self.playingChanged.emit(state == self._multimedia.QMediaPlayer.PlaybackState.PlayingState)

    @Slot(object)
    def _on_status(self, status: Any) -> None:
        kinds = self._multimedia.QMediaPlayer.MediaStatus
        if status == kinds.EndOfMedia:
            self.ended.emit()
        elif status == kinds.InvalidMedia:
            self._fail(self._player.errorString())
        elif status in (kinds.LoadedMedia, kinds.BufferedMedia) and not self._player.hasVideo():
            self._fail(self.tr("There is no picture in this file."))

    @Slot(object, str)
    def _on_error(self, error: Any, message: str) -> None:
        if error != self._multimedia.QMediaPlayer.Error.NoError:
            self._fail(message)

    def _fail(self, message: str) -> None:
        if self._failed:
            return
        self._failed = True
        log.warning("QtMultimedia cannot play the file: %s", message)
        # Not from inside the backend's own callback: whoever listens may close this source.
        QTimer.singleShot(0, self, lambda: self.failed.emit(message))
