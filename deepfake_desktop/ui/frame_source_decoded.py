"""The second source of pictures: the engine's own decoder on a thread. Exact, but without sound.

It plays where QtMultimedia is missing or cannot read the file, so that whatever the engine can
examine can also be looked at.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtGui import QImage

from deepfake_desktop.core.errors import Cancelled, DeepfakeDesktopError
from deepfake_desktop.core.types import CancelToken, Frame
from deepfake_desktop.ui.frame_source import DEFAULT_FRAME_S, FrameSource, ShownFrame

if TYPE_CHECKING:
    from deepfake_desktop.core.media import Video

log = logging.getLogger(__name__)

_INSTANT_S = 1e-4
"""Less than any frame lasts: just before or just after a frame's own time."""

_IN_FLIGHT = 2
"""Pictures that may wait for the window; further ones are dropped, as a player does."""


class DecodedSource(FrameSource):
    """Plays through ``core.media``; every decoding happens on one thread per file."""

    _opened = Signal(float)
    _arrived = Signal(object)
    _stopped = Signal(bool)
    _broke = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._reader: _Reader | None = None
        self._rate = 1.0
        self._opened.connect(self._on_opened)
        self._arrived.connect(self._on_arrived)
        self._stopped.connect(self._on_stopped)
        self._broke.connect(self._on_broke)

    def load(self, path: Path) -> None:
        self.close()
        self._reader = _Reader(path, self)
        self._reader.set_rate(self._rate)
        self._reader.start()

    def close(self) -> None:
        """Stops the thread; it ends by itself after the frame it is decoding."""
        if self._reader is not None:
            self._reader.stop()
            self._reader = None

    def play(self) -> None:
        if self._reader is not None:
            self._reader.ask("play")
            self.playingChanged.emit(True)

    def pause(self) -> None:
        if self._reader is not None:
            self._reader.ask("pause")
            self.playingChanged.emit(False)

    def seek(self, time_s: float) -> None:
        if self._reader is not None:
            self._reader.ask("seek", max(0.0, time_s))

    def step(self, direction: int) -> None:
        if self._reader is not None:
            self._reader.ask("next" if direction > 0 else "previous")
            self.playingChanged.emit(False)

    def set_rate(self, rate: float) -> None:
        self._rate = rate
        if self._reader is not None:
            self._reader.set_rate(rate)

    @Slot(float)
    def _on_opened(self, duration_s: float) -> None:
        if self._reader is not None and duration_s > 0:
            self.durationChanged.emit(duration_s)

    @Slot(object)
    def _on_arrived(self, message: tuple[_Reader, ShownFrame]) -> None:
        reader, frame = message
        reader.shown()
        if reader is self._reader:
            self.frameReady.emit(frame)

    @Slot(bool)
    def _on_stopped(self, at_end: bool) -> None:
        if self._reader is not None and at_end:
            self.playingChanged.emit(False)
            self.ended.emit()

    @Slot(str)
    def _on_broke(self, message: str) -> None:
        if self._reader is not None:
            self.failed.emit(message)


class _Reader(threading.Thread):
    """Opens one file and obeys the latest wish. Signals carry everything to the window's thread."""

    def __init__(self, path: Path, source: DecodedSource) -> None:
        super().__init__(name=f"player decoder {path.name}", daemon=True)
        self._path = path
        self._source: DecodedSource | None = source
        self._wish_changed = threading.Condition()
        self._move: tuple[str, float] | None = ("seek", 0.0)
        self._asked = True
        self._cancel = CancelToken()
        self._stopping = False
        self._playing = False
        self._rate = 1.0
        self._in_flight = 0
        self._time_s = 0.0
        self._frame_s = DEFAULT_FRAME_S

    # --- from the window's thread -------------------------------------------------------------

    def ask(self, wish: str, time_s: float = 0.0) -> None:
        """``play``, ``pause``, ``seek``, ``next``, ``previous``. A later move replaces an earlier
        one; whether it plays is kept apart, so that a seek never swallows a pause."""
        with self._wish_changed:
            if wish == "play":
                self._playing = True
            elif wish == "pause":
                self._playing = False
            else:
                self._move = (wish, time_s)
                self._playing = self._playing and wish == "seek"
            self._asked = True
            self._cancel.cancel()
            self._wish_changed.notify_all()

    def set_rate(self, rate: float) -> None:
        self._rate = rate

    def shown(self) -> None:
        with self._wish_changed:
            self._in_flight -= 1

    def stop(self) -> None:
        with self._wish_changed:
            self._stopping = True
            self._source = None
            self._cancel.cancel()
            self._wish_changed.notify_all()

    # --- on this thread -----------------------------------------------------------------------

    def run(self) -> None:
        from deepfake_desktop.core.media import open_video

        try:
            with open_video(self._path) as video:
                rate_hz = video.info.frame_rate_hz
                self._frame_s = 1.0 / rate_hz if rate_hz else DEFAULT_FRAME_S
                self._tell(lambda source: source._opened.emit(video.info.duration_s or 0.0))
                self._obey(video)
        except Cancelled:
            log.debug("playing %s was stopped", self._path)
        except DeepfakeDesktopError as error:
            message = error.reason
            self._tell(lambda source: source._broke.emit(message))
        except Exception as error:
            log.exception("the fallback player failed on %s", self._path)
            message = str(error) or type(error).__name__
            self._tell(lambda source: source._broke.emit(message))

    def _tell(self, what: Callable[[DecodedSource], None]) -> None:
        with self._wish_changed:
            source = self._source
        if source is None:
            return
        try:
            what(source)
        except RuntimeError:  # the window is already gone
            self._stopping = True

    def _next_move(self) -> tuple[str, float] | None:
        """Waits while nothing plays and nothing is asked. None: play on."""
        with self._wish_changed:
            while not (self._asked or self._playing or self._stopping):
                self._wish_changed.wait()
            move, self._move = self._move, None
            self._asked = False
            self._cancel = CancelToken()
            return move

    def _obey(self, video: Video) -> None:
        while not self._stopping:
            kind, time_s = self._next_move() or ("", 0.0)
            if self._stopping:
                return
            if kind == "seek":
                self._show(video.frame_at(time_s))
            elif kind == "next":
                for frame in self._following(video, frames=1):
                    self._show(frame)
            elif kind == "previous" and self._time_s > 0:
                self._show(video.frame_at(max(0.0, self._time_s - _INSTANT_S)))
            if self._playing and not self._asked:
                self._play(video)

    def _following(self, video: Video, *, frames: int) -> Iterator[Frame]:
        """The next frames after the one that is shown."""
        from deepfake_desktop.core.sampling import SamplingPlan, WindowPlan

        after = WindowPlan(start_s=self._time_s + _INSTANT_S, frames=frames, interval_s=0.0)
        plan = SamplingPlan(
            mode="opening",
            frames=frames,
            windows=(after,),
            open_ended=False,
            expected_frames=None,
        )
        try:
            for sampled in video.read(plan, self._cancel):
                yield sampled.frame
        except Cancelled:
            return

    def _play(self, video: Video) -> None:
        clock_s, video_s = time.monotonic(), self._time_s
        rate = self._rate
        for frame in self._following(video, frames=2**31):
            if self._rate != rate:
                clock_s, video_s, rate = time.monotonic(), self._time_s, self._rate
            late_s = time.monotonic() - (clock_s + (frame.time_s - video_s) / rate)
            if late_s < 0:
                with self._wish_changed:
                    if not (self._asked or self._stopping):
                        self._wish_changed.wait(-late_s)
            if self._asked or self._stopping:
                return
            if late_s > 1.0:  # too slow for this machine: go on from here instead of rushing
                clock_s, video_s = time.monotonic(), frame.time_s
            self._show(frame)
        with self._wish_changed:
            ended = not (self._asked or self._stopping)
            if ended:
                self._playing = False
        if ended:
            self._tell(lambda source: source._stopped.emit(True))

    def _show(self, frame: Frame) -> None:
        self._time_s = frame.time_s
        with self._wish_changed:
            if self._in_flight >= _IN_FLIGHT and self._playing:
                return
            self._in_flight += 1
        shown = ShownFrame(frame.time_s, frame.time_s + self._frame_s, to_qimage(frame.image))
        self._tell(lambda source: source._arrived.emit((self, shown)))


def to_qimage(image: object) -> QImage:
    """RGB uint8 HxWx3 as a QImage that owns its pixels, in the format that paints fastest."""
    import numpy as np

    pixels = np.ascontiguousarray(image, dtype=np.uint8)
    height, width = pixels.shape[:2]
    view = QImage(pixels.data, width, height, width * 3, QImage.Format.Format_RGB888)
    return view.convertToFormat(QImage.Format.Format_RGB32)
