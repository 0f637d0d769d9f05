"""One pass through one picture stream: demux, choose, skip, seek, decode."""

from __future__ import annotations

import heapq
import logging
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from deepfake_desktop.core import container as containers
from deepfake_desktop.core import threads
from deepfake_desktop.core.sampling import FALLBACK_RATE_HZ, FrameChooser
from deepfake_desktop.core.types import CancelToken

if TYPE_CHECKING:
    from av.packet import Packet
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

log = logging.getLogger(__name__)

_BLIND_SEEK_S = 4.0
"""Without an index of keyframes, a gap this long is passed by seeking, a shorter by decoding."""

_SCRUB_AHEAD_S = 1.0
"""``shown_at`` decodes on this far before it seeks."""

_MAX_ERRORS = 64
"""Demuxing errors after which the rest of the file counts as lost."""

_HEALS_S = 2.0
"""After damage, frames may show its traces until a keyframe, or as good as gone by this time."""

_TICK_S = 1e-6

_MOST_KEYFRAMES = 1 << 14
"""A file that lists more is treated as if it listed none: they are hours of film, or dense."""

_LOOKED_AT = 4


@dataclass(slots=True)
class Damage:
    """What did not decode."""

    packets: int = 0
    frames: int = 0


class StreamReader:
    """Owns a demuxer and a decoder. Not for several threads at once; ``close`` it.

    Args:
        path: the video.
        origin: presentation timestamp that counts as time 0; None takes the stream's start.

    Raises:
        MediaError: as ``container.open_container``.
    """

    def __init__(self, path: Path, *, origin: int | None = None) -> None:
        import av

        self._file = containers.open_container(path)
        self._ffmpeg_error = av.FFmpegError
        self.container, self.stream = self._file.container, self._file.stream
        self.damage = Damage()
        self.time_base = Fraction(self.stream.time_base or Fraction(1, 1000))
        self.rate_hz = containers.frame_rate_hz(self.stream) or FALLBACK_RATE_HZ
        self.origin = self.stream.start_time if origin is None else origin
        self.has_times = containers.has_presentation_times(self.container, self.stream)
        self._context = self.stream.codec_context
        self._context.thread_type = "AUTO"
        self._context.thread_count = threads.plan().decode
        # Opened now, with nothing skipped: some decoders read ``skip_frame`` only at this moment.
        self._context.open(strict=False)
        self._packets: Iterator[Packet[VideoStream]] = self.container.demux(self.stream)
        self._position: int | None = None
        self._counted = 0
        self._tainted = False
        self._taint_ends_s: float | None = None
        self._shown: tuple[float, VideoFrame] | None = None
        self._ahead: tuple[float, VideoFrame] | None = None
        self._decoded: Iterator[tuple[float, VideoFrame]] | None = None

    def close(self) -> None:
        self._shown = self._ahead = self._decoded = None
        self._packets = iter(())
        self._file.close()

    # --- all frames, in order -------------------------------------------------------------------

    def decoded(self, cancel: CancelToken) -> Iterator[tuple[float, VideoFrame]]:
        """Every intact frame from here on, in increasing time: (seconds, frame).

        Raises:
            Cancelled: if ``cancel`` was called; checked once per packet.
        """
        while (packet := self._next_packet()) is not None:
            cancel.raise_if_cancelled()
            for frame in self._decode(packet):
                if (timed := self._timed(frame)) is not None:
                    yield timed
        for frame in self._decode(None):
            if (timed := self._timed(frame)) is not None:
                yield timed

    def shown_at(self, time_s: float) -> tuple[float, VideoFrame] | None:
        """The frame on the screen at ``time_s``: the last one not later, or else the first."""
        shown = self._shown
        if (
            self._decoded is None
            or shown is None
            or not shown[0] <= time_s + _TICK_S <= shown[0] + _SCRUB_AHEAD_S
        ):
            self._rewind(time_s)
            self._decoded = self.decoded(CancelToken())
            self._shown = self._ahead = None
        assert self._decoded is not None
        while self._ahead is None or self._ahead[0] <= time_s + _TICK_S:
            if self._ahead is not None:
                self._shown = self._ahead
            self._ahead = next(self._decoded, None)
            if self._ahead is None:
                break
        return self._shown or self._ahead

    def _rewind(self, time_s: float) -> None:
        if not self.has_times or not self._seek(time_s):
            self._seek_start()

    # --- chosen frames --------------------------------------------------------------------------

    def chosen(
        self, chooser: FrameChooser, cancel: CancelToken
    ) -> Iterator[tuple[int, float, VideoFrame]]:
        """(window, seconds, frame) for every frame that ``chooser`` takes, in increasing time.

        Raises:
            Cancelled: if ``cancel`` was called; checked once per packet.
        """
        if not self.has_times:
            for time_s, frame in self.decoded(cancel):
                window = chooser.choose(time_s)
                if window is not None:
                    yield window, time_s, frame
                if chooser.is_done:
                    return
            return
        waiting: deque[Packet[VideoStream]] = deque()
        undecided: list[int] = []
        wanted: dict[int, int] = {}
        considered: object = None
        decided: int | None = None
        at_end = False
        while not at_end:
            cancel.raise_if_cancelled()
            window_plan = chooser.current
            if window_plan is not None and window_plan is not considered:
                considered = window_plan
                if self._pays_to_seek(window_plan.opens_s):
                    yield from self._finish(waiting, wanted)
                    undecided.clear()
                    self._seek(window_plan.opens_s)
            packet = self._next_packet()
            at_end = packet is None
            if packet is not None:
                waiting.append(packet)
                if packet.pts is not None and not packet.is_discard:
                    heapq.heappush(undecided, packet.pts)
            # A packet's decoding time never exceeds a later packet's presentation time: everything
            # up to it is known by now.
            while undecided and (
                packet is None or (packet.dts is not None and undecided[0] <= packet.dts)
            ):
                pts = heapq.heappop(undecided)
                if pts != decided:  # some muxers give two frames one timestamp: one is shown
                    decided = pts
                    window = chooser.choose(self._seconds(pts))
                    if window is not None:
                        wanted[pts] = window
            if chooser.is_done:
                break
            while waiting and (
                not undecided or waiting[0].pts is None or waiting[0].pts < undecided[0]
            ):
                yield from self._feed(waiting.popleft(), wanted)
        yield from self._finish(waiting, wanted)

    def _feed(
        self, packet: Packet[VideoStream] | None, wanted: dict[int, int]
    ) -> Iterator[tuple[int, float, VideoFrame]]:
        """Decode one packet, fully only if its frame is wanted; yield the wanted that come out."""
        if packet is not None:
            self._context.skip_frame = "NONREF" if self._may_skip(packet, wanted) else "DEFAULT"
        for frame in self._decode(packet):
            window = wanted.pop(frame.pts, None) if frame.pts is not None else None
            if window is not None:
                if (timed := self._timed(frame)) is not None:
                    yield window, *timed
            elif frame.pts is not None:
                self._is_intact(frame, self._seconds(frame.pts))

    def _may_skip(self, packet: Packet[VideoStream], wanted: dict[int, int]) -> bool:
        """Whether the decoder may leave the frame out if no other refers to it."""
        return packet.pts is not None and packet.pts not in wanted

    def _finish(
        self, waiting: deque[Packet[VideoStream]], wanted: dict[int, int]
    ) -> Iterator[tuple[int, float, VideoFrame]]:
        """Get every wanted frame out of the decoder, which must be sought or dropped afterwards."""
        while waiting and any(packet.pts in wanted for packet in waiting):
            yield from self._feed(waiting.popleft(), wanted)
        waiting.clear()
        if wanted:
            yield from self._feed(None, wanted)
            wanted.clear()

    # --- keyframes ------------------------------------------------------------------------------

    def keyframes_s(self) -> tuple[float, ...]:
        """When keyframes are shown, in increasing time; empty where the file has no index of them.

        Only an index that stands in the file counts, not one that grows as packets are read. That
        of MP4 and its kin holds decoding times: how much later pictures are shown is looked up at
        a few of them, and the most is taken for all. Moves the reader.
        """
        if containers.has_whole_index(self.container, self.stream):
            stamps = _keyframe_stamps(self.stream)
            delay = self._most_delay(stamps) if self._context.reorder_depth else 0
        elif self.container.format.name.startswith("matroska"):
            self._seek_start()  # reads the index where it stands at the end
            stamps, delay = _keyframe_stamps(self.stream), 0
        else:
            return ()
        return tuple(self._seconds(stamp + delay) for stamp in stamps)

    def _most_delay(self, stamps: list[int]) -> int:
        """The longest time from decoding to showing, at about ``_LOOKED_AT`` of these keyframes."""
        most = 0
        ends = [*(stamp - 1 for stamp in stamps[1:]), self.stream.index_entries[-1].timestamp]
        groups = list(zip(stamps, ends, strict=True))
        for stamp, end in groups[:: max(1, len(groups) // _LOOKED_AT)]:
            try:  # by the end of its group: by its beginning, an open one is not found
                self.container.seek(end, stream=self.stream, backward=True)
            except (self._ffmpeg_error, OSError):
                continue
            self._packets = self.container.demux(self.stream)
            packet = self._next_packet()
            if packet is not None and packet.pts is not None and packet.dts == stamp:
                most = max(most, packet.pts - packet.dts)
        return most

    # --- moving ---------------------------------------------------------------------------------

    def _pays_to_seek(self, time_s: float) -> bool:
        target = self._timestamp(time_s)
        position = self._position
        if position is None:
            position = self.origin or 0
        entries = self.stream.index_entries
        at = entries.search_timestamp(target) if len(entries) else -1
        if at >= 0 and entries[at].timestamp > position:
            return True
        if containers.has_whole_index(self.container, self.stream):
            return False
        return (target - position) * self.time_base > _BLIND_SEEK_S

    def _seek(self, time_s: float) -> bool:
        """Stand before a keyframe shown at ``time_s`` or earlier; False where that fails."""
        target = self._timestamp(time_s)
        back_s = 0.0
        while back_s < 64 and time_s - back_s > 0:
            try:
                self.container.seek(
                    self._timestamp(time_s - back_s), stream=self.stream, backward=True
                )
            except (self._ffmpeg_error, OSError):
                log.debug("seeking to %.3f s failed", time_s - back_s)
                break
            self._packets = self.container.demux(self.stream)
            self._tainted = False
            while (packet := self._next_packet()) is not None and not packet.is_keyframe:
                pass
            if packet is not None and packet.pts is not None and packet.pts <= target:
                self._packets = chain((packet,), self._packets)
                return True
            back_s = max(1.0, 2 * back_s)
        self._seek_start()
        return False

    def _seek_start(self) -> None:
        # A second early: program streams seek by decoding times, and the second frame's may equal
        # the first one's.
        start = min(0, self.origin or 0) - round(1 / self.time_base)
        try:
            self.container.seek(start, stream=self.stream, backward=True)
        except (self._ffmpeg_error, OSError):
            self.container.seek(0, unsupported_byte_offset=True)
        self._packets = self.container.demux(self.stream)
        self._position = None
        self._counted = 0
        self._tainted = False

    # --- packets and frames ---------------------------------------------------------------------

    def _next_packet(self) -> Packet[VideoStream] | None:
        """The next packet with content, past demuxing errors; None at the end of the file."""
        for _ in range(_MAX_ERRORS):
            try:
                for packet in self._packets:
                    if packet.size:
                        if packet.dts is not None:
                            self._position = packet.dts
                        return packet
                return None
            except (self._ffmpeg_error, OSError):
                self.damage.packets += 1
                self._packets = self.container.demux(self.stream)
        return None

    def _decode(self, packet: Packet[VideoStream] | None) -> list[VideoFrame]:
        try:
            return self._context.decode(packet)
        except EOFError:  # drained before
            return []
        except (self._ffmpeg_error, OSError):
            self.damage.packets += 1
            self._tainted, self._taint_ends_s = True, None
            return []

    def _timed(self, frame: VideoFrame) -> tuple[float, VideoFrame] | None:
        """The frame with its time; None if it is not intact or lies before the start."""
        if not self.has_times:
            time_s = self._counted / self.rate_hz
            self._counted += 1
        else:
            stamp = frame.pts if frame.pts is not None else frame.dts
            if stamp is None:
                return None
            time_s = self._seconds(stamp)
        if not self._is_intact(frame, time_s):
            self.damage.frames += 1
            return None
        return (time_s, frame) if time_s >= 0 else None

    def _is_intact(self, frame: VideoFrame, time_s: float) -> bool:
        """False for a damaged frame, and for those that may refer to one."""
        if frame.is_corrupt:
            self._tainted, self._taint_ends_s = True, time_s + _HEALS_S
            return False
        if not self._tainted:
            return True
        if self._taint_ends_s is None:
            self._taint_ends_s = time_s + _HEALS_S
        self._tainted = not frame.key_frame and time_s < self._taint_ends_s
        return not self._tainted

    def _seconds(self, stamp: int) -> float:
        if self.origin is None:
            self.origin = stamp
        return (stamp - self.origin) * self.time_base.numerator / self.time_base.denominator

    def _timestamp(self, time_s: float) -> int:
        return (self.origin or 0) + round(max(0.0, time_s) / self.time_base)


def _keyframe_stamps(stream: VideoStream) -> list[int]:
    """Timestamps of the index's keyframes, increasing; none where it is out of order."""
    entries = stream.index_entries
    stamps: list[int] = []
    at = entries.search_timestamp(entries[0].timestamp, backward=False) if len(entries) else -1
    while at >= 0:
        stamp = entries[at].timestamp
        if len(stamps) == _MOST_KEYFRAMES or (stamps and stamp <= stamps[-1]):
            return []
        stamps.append(stamp)
        at = entries.search_timestamp(stamp + 1, backward=False)
    return stamps
