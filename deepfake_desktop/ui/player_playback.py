"""Plays one file: chooses who decodes it, keeps seeks in order, loops. No widgets here."""

from __future__ import annotations

import logging
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from deepfake_desktop.ui.frame_source import FrameSource, MediaSource, ShownFrame
from deepfake_desktop.ui.frame_source_decoded import DecodedSource

log = logging.getLogger(__name__)

SEEK_PATIENCE_MS = 300
"""A seek that brings no picture for so long no longer holds back the next one."""


class Playback(QObject):
    """QtMultimedia first; where it is missing or cannot play the file, the engine."""

    frameShown = Signal(object)
    """The ``ShownFrame`` that is on screen now."""
    durationChanged = Signal(float)
    playingChanged = Signal(bool)
    sourceChanged = Signal()
    """Another decoder plays, or none: ask ``is_open`` and ``has_sound`` again."""
    failed = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.path: Path | None = None
        self.frame: ShownFrame | None = None
        self.duration_s = 0.0
        self.playing = False
        self.looping = False
        self.loop: tuple[float, float] | None = None
        self.rate = 1.0
        self.volume = 0.8
        self.muted = False
        self.source: FrameSource | None = None
        self._waiting_s: float | None = None
        self._patience = QTimer(self)
        self._patience.setSingleShot(True)
        self._patience.setInterval(SEEK_PATIENCE_MS)
        self._patience.timeout.connect(self._seek_answered)
        ending = self._ending = _Ending()
        self.destroyed.connect(ending.close)

    # --- the file -----------------------------------------------------------------------------

    def load(self, path: Path) -> None:
        """Opens the file in the background and shows its first frame."""
        self.clear()
        self.path = path
        try:
            source: FrameSource = MediaSource()
        except ImportError as error:
            log.info("playing without QtMultimedia: %s", error)
            source = DecodedSource()
        self._use(source)

    def clear(self) -> None:
        """No file: stops everything, leaves no thread."""
        self.path = None
        self._close_source()
        self.frame = None
        self.duration_s = 0.0
        self._waiting_s = None
        self._patience.stop()
        self.sourceChanged.emit()

    @property
    def is_open(self) -> bool:
        return self.source is not None

    @property
    def has_sound(self) -> bool:
        """False while the engine's decoder plays."""
        return self.source is not None and self.source.has_sound

    @property
    def position_s(self) -> float:
        """Where the picture is, or will be when the last seek is answered."""
        if self._waiting_s is not None:
            return self._waiting_s
        return self.frame.start_s if self.frame is not None else 0.0

    def _use(self, source: FrameSource) -> None:
        assert self.path is not None
        self.source = self._ending.source = source
        source.frameReady.connect(self._on_frame)
        source.durationChanged.connect(self._on_duration)
        source.playingChanged.connect(self._on_playing)
        source.ended.connect(self._on_ended)
        source.failed.connect(self._on_failed)
        source.set_rate(self.rate)
        source.set_volume(self.volume)
        source.set_muted(self.muted)
        source.load(self.path)
        self.sourceChanged.emit()

    def _close_source(self) -> None:
        if self.source is not None:
            self.source.disconnect(self)
            self.source.close()
            self.source.deleteLater()
            self.source = self._ending.source = None
        self._on_playing(False)

    @Slot(str)
    def _on_failed(self, message: str) -> None:
        was_qt = isinstance(self.source, MediaSource)
        self._close_source()
        if was_qt:
            self._use(DecodedSource())
            return
        self.sourceChanged.emit()
        self.failed.emit(message)

    # --- moving -------------------------------------------------------------------------------

    @Slot()
    def toggle(self) -> None:
        """Plays or pauses; from the end, or from outside the loop, it begins again."""
        if self.source is None:
            return
        if self.playing:
            self.source.pause()
            return
        loop = self._loop_range()
        if loop is not None and self.frame is not None:
            start_s, end_s = loop
            if not start_s - 1e-3 <= self.frame.start_s < end_s - 1e-3:
                self.seek(start_s)
        elif self._at_end():
            self.seek(0.0)
        self.source.play()

    @Slot(float)
    def seek(self, time_s: float) -> None:
        """Shows the frame at ``time_s``. While one seek is answered, only the latest one waits."""
        if self.source is None:
            return
        if self.duration_s > 0:
            time_s = min(time_s, self.duration_s)
        time_s = max(0.0, time_s)
        if self._patience.isActive():
            self._waiting_s = time_s
            return
        self._patience.start()
        self.source.seek(time_s)

    @Slot(int)
    def step(self, direction: int) -> None:
        """One frame on (1) or back (-1)."""
        if self.source is not None:
            self.source.step(direction)

    def set_rate(self, rate: float) -> None:
        self.rate = rate
        if self.source is not None:
            self.source.set_rate(rate)

    def set_volume(self, volume: float) -> None:
        self.volume = min(1.0, max(0.0, volume))
        if self.source is not None:
            self.source.set_volume(self.volume)

    def set_muted(self, muted: bool) -> None:
        self.muted = muted
        if self.source is not None:
            self.source.set_muted(muted)

    def _at_end(self) -> bool:
        return (
            self.frame is not None
            and self.duration_s > 0
            and self.frame.end_s >= self.duration_s - 0.02
        )

    def _loop_range(self) -> tuple[float, float] | None:
        if not self.looping:
            return None
        return self.loop or ((0.0, self.duration_s) if self.duration_s > 0 else None)

    # --- what the source says -----------------------------------------------------------------

    @Slot(object)
    def _on_frame(self, frame: ShownFrame) -> None:
        loop = self._loop_range() if self.playing else None
        if loop is not None and frame.start_s >= loop[1] - 1e-3:
            # Frames were left out, or this one was on its way before the seek back was heard.
            if not self._patience.isActive():
                self.seek(loop[0])
            return
        self.frame = frame
        self._seek_answered()
        self.frameShown.emit(frame)
        if loop is not None and frame.end_s >= loop[1] - 1e-3:
            self.seek(loop[0])

    @Slot()
    def _seek_answered(self) -> None:
        self._patience.stop()
        if self._waiting_s is not None:
            waiting, self._waiting_s = self._waiting_s, None
            self.seek(waiting)

    @Slot(float)
    def _on_duration(self, duration_s: float) -> None:
        self.duration_s = duration_s
        self.durationChanged.emit(duration_s)

    @Slot(bool)
    def _on_playing(self, playing: bool) -> None:
        if playing != self.playing:
            self.playing = playing
            self.playingChanged.emit(playing)

    @Slot()
    def _on_ended(self) -> None:
        loop = self._loop_range()
        if loop is not None and self.source is not None:
            self.seek(loop[0])
            self.source.play()


class _Ending:
    """Closes the source even when nobody called ``clear``; outlives the playback's C++ half."""

    def __init__(self) -> None:
        self.source: FrameSource | None = None

    def close(self, *_: object) -> None:
        if self.source is not None:
            self.source.close()
            self.source = None
