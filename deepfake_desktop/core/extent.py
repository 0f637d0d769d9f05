"""Where a video ends, and whether all of it is there."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from deepfake_desktop.core.container import (
    frame_rate_hz,
    has_presentation_times,
    has_whole_index,
    open_container,
)
from deepfake_desktop.core.sampling import FALLBACK_RATE_HZ
from deepfake_desktop.core.types import CancelToken

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.stream import VideoStream

_CUT_SHORT_S = 1.0
"""A video that ends this much before its header says was cut off."""

_TAIL_S = 4.0
"""How much of the end is read to learn where the last frame lies."""


@dataclass(frozen=True, slots=True)
class Extent:
    """``promised_s`` is set where the header promises more than the file holds."""

    duration_s: float | None
    frames: int | None
    promised_s: float | None = None


def measure(
    path: Path,
    container: InputContainer,
    stream: VideoStream,
    *,
    size_bytes: int,
    origin: int,
    cancel: CancelToken,
) -> Extent:
    """Duration of the picture stream in seconds, and its number of frames where it is known.

    An MP4's index tells both, and whether the file holds what it lists. Elsewhere the packets at
    the end are read (all of them, undecoded, where the file cannot be sought).

    Raises:
        Cancelled: if ``cancel`` was called; checked once per packet.
    """
    base = stream.time_base or 1
    rate_hz = frame_rate_hz(stream) or FALLBACK_RATE_HZ
    counted = not has_presentation_times(container, stream)
    declared_s = None
    if stream.duration:
        declared_s = float(stream.duration * base)
    elif container.duration:
        declared_s = container.duration / 1_000_000
    if has_whole_index(container, stream):
        intact = intact_entries(stream, size_bytes)
        if intact == len(stream.index_entries):
            return Extent(declared_s, stream.frames)
        first, last = stream.index_entries[0], stream.index_entries[max(0, intact - 1)]
        held_s = float((last.timestamp - first.timestamp) * base) + 1 / rate_hz
        return Extent(held_s, intact, declared_s)
    end = measure_end(
        path, declared_s=None if counted else declared_s, origin=origin, cancel=cancel
    )
    if counted and end.packets:
        return Extent(end.packets / rate_hz, end.packets)
    if end.picture_s is None or end.any_s is None:
        return Extent(declared_s, stream.frames or None)
    if stream.frames and container.format.name == "avi":  # FFmpeg corrects the duration, not this
        declared_s = max(declared_s or 0.0, stream.frames / rate_hz)
    cut = declared_s is not None and end.any_s < declared_s - _CUT_SHORT_S
    return Extent(end.picture_s, end.packets or stream.frames or None, declared_s if cut else None)


def intact_entries(stream: VideoStream, size_bytes: int) -> int:
    """How many leading entries of the index lie wholly within the file."""
    entries = stream.index_entries
    count = len(entries)
    while count:
        entry = entries[count - 1]
        if entry.pos + entry.size <= size_bytes:
            return count
        count -= 1
    return 0


@dataclass(frozen=True, slots=True)
class MeasuredEnd:
    """``picture_s``: end of the last picture packet. ``any_s``: of any stream's. ``packets``:
    number of picture packets, where all were read."""

    picture_s: float | None
    any_s: float | None
    packets: int | None


def measure_end(
    path: Path, *, declared_s: float | None, origin: int, cancel: CancelToken
) -> MeasuredEnd:
    """Read packets, undecoded, to learn where the video ends.

    Only the last ``_TAIL_S`` where the container can be sought and says how long it is; everything
    where it cannot.
    """
    import av

    file = open_container(path, only_main=False)
    container, stream = file.container, file.stream
    try:
        if declared_s is not None and declared_s > 2 * _TAIL_S:
            start = origin
            target = start + round((declared_s - _TAIL_S) / (stream.time_base or 1))
            try:
                container.seek(target, stream=stream, backward=True)
            except (av.FFmpegError, OSError):
                container.seek(0)
            else:
                end = _read_to_end(container, stream, origin, cancel)
                if end.picture_s is not None:
                    return MeasuredEnd(end.picture_s, end.any_s, None)
                file.close()
                file = open_container(path, only_main=False)
                container, stream = file.container, file.stream
        return _read_to_end(container, stream, origin, cancel)
    finally:
        file.close()


def _read_to_end(
    container: InputContainer, stream: VideoStream, origin: int, cancel: CancelToken
) -> MeasuredEnd:
    import av

    picture_s: float | None = None
    any_s: float | None = None
    packets = 0
    start_s = float(origin * (stream.time_base or 1))
    step_s = 1 / (frame_rate_hz(stream) or FALLBACK_RATE_HZ)
    try:
        for packet in container.demux():
            cancel.raise_if_cancelled()
            if packet.stream_index == stream.index and packet.size:
                packets += 1
            stamp = packet.pts if packet.pts is not None else packet.dts
            if stamp is None or not packet.size:
                continue
            end_s = float(stamp * packet.time_base) - start_s
            if packet.duration:
                end_s += float(packet.duration * packet.time_base)
            elif packet.stream_index == stream.index:
                end_s += step_s
            any_s = end_s if any_s is None else max(any_s, end_s)
            if packet.stream_index == stream.index:
                picture_s = end_s if picture_s is None else max(picture_s, end_s)
    except (av.FFmpegError, OSError):
        pass
    return MeasuredEnd(picture_s, any_s, packets)
