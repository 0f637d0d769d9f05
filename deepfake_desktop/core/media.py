"""Reading a video: what it is, and the frames a plan asks for, upright and exactly timed.

Times. A frame's ``time_s`` is its presentation timestamp minus the start time of the picture
stream, so a video begins at 0 whatever its container counts from. Variable frame rates keep their
exact times. A bare codec stream carries no timestamps; its frames are counted at its frame rate.

Which frames. The packets ahead of the decoder tell the presentation times, so the choice is made
before anything is decoded: the decoder skips what nothing refers to (``skip_frame``), stretches
without a chosen frame are passed by seeking, and only chosen frames become pictures. Seeking lands
on a keyframe before the frame wanted; the same frames come out with and without it.

Damage. Packets that do not decode, and frames the decoder marks as damaged, are left out and
counted in ``Video.warnings``: a concealed error is not evidence about a face.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from deepfake_desktop.core import container as containers
from deepfake_desktop.core import extent, sampling
from deepfake_desktop.core.errors import DamagedVideoError
from deepfake_desktop.core.hashing import FileHasher
from deepfake_desktop.core.pictures import PictureMaker, quarter_turns, square_size
from deepfake_desktop.core.reader import Damage, StreamReader
from deepfake_desktop.core.sampling import FrameChooser, SamplingPlan
from deepfake_desktop.core.types import CancelToken, Frame, Reason, Sampling, VideoInfo

__all__ = ["FileHasher", "SampledFrame", "Video", "open_video"]

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class SampledFrame:
    """``window``: index in ``SamplingPlan.windows``, or the running number of open-ended plans."""

    window: int
    frame: Frame


def open_video(path: Path, cancel: CancelToken | None = None) -> Video:
    """Open ``path``, whatever its name ends in. Use as a context manager.

    Takes milliseconds, but for files that tell neither their length nor where anything is: those
    are read through once, undecoded.

    Raises:
        FileUnreadableError: missing, a directory or device, no permission.
        EmptyFileError: zero bytes.
        NotAVideoError: no container FFmpeg knows, or a still picture.
        NoVideoStreamError: sound only.
        DamagedVideoError: the container is broken, or not one of its frames decodes.
        Cancelled: if ``cancel`` was called meanwhile.
    """
    return Video(Path(path), cancel or CancelToken())


class Video:
    """A video file, opened. ``info`` is complete but for ``sha256``, see ``FileHasher``.

    Every ``read`` has a demuxer and decoder of its own; ``frame_at`` shares one between calls.
    An object belongs to one thread at a time.
    """

    def __init__(self, path: Path, cancel: CancelToken) -> None:
        self._path = path
        self._size_bytes = containers.check_readable(path)
        self._notes: list[Reason] = []
        self._damage = Damage()
        self._scrubber: StreamReader | None = None
        reader = StreamReader(path)
        try:
            first = next(reader.decoded(cancel), None)
            if first is None:
                raise DamagedVideoError(
                    "not one frame of the video can be decoded.",
                    path=path,
                    remedy="Copy or download it again, or play it to see whether it is intact.",
                )
            self._origin = reader.origin or 0
            self.info = self._describe(reader, quarter_turns(first[1].rotation), cancel)
            self._keyframes_s = reader.keyframes_s()
        finally:
            reader.close()

    def __enter__(self) -> Video:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        if self._scrubber is not None:
            self._scrubber.close()
            self._scrubber = None

    @property
    def warnings(self) -> tuple[Reason, ...]:
        """What is wrong with the file, as far as it has been read."""
        notes = list(self._notes)
        if self._damage.packets:
            notes.append(
                Reason(
                    "damaged_packets",
                    f"{self._damage.packets} damaged piece(s) of the video were skipped.",
                    (("packets", self._damage.packets),),
                )
            )
        if self._damage.frames:
            notes.append(
                Reason(
                    "damaged_frames",
                    f"{self._damage.frames} damaged frame(s) were left out.",
                    (("frames", self._damage.frames),),
                )
            )
        return tuple(notes)

    def plan(self, *, mode: Sampling, frames: int, budget_frames: int) -> SamplingPlan:
        """``sampling.plan`` for this video, with the keyframes that its index tells.

        Raises:
            ValueError: if ``frames`` or ``budget_frames`` is below 1.
        """
        return sampling.plan(
            self.info,
            mode=mode,
            frames=frames,
            budget_frames=budget_frames,
            keyframes_s=self._keyframes_s,
        )

    def read(self, plan: SamplingPlan, cancel: CancelToken) -> Iterator[SampledFrame]:
        """The frames of ``plan`` in increasing time, each in at most one window.

        A plan none of whose slots meets a frame (a slide show, say) yields the frame shown at the
        start of its first window, so a video that opens never reads as empty.

        Raises:
            Cancelled: if ``cancel`` was called.
            DamagedVideoError: if no frame of the plan can be decoded.
            FileUnreadableError: if the file has vanished meanwhile.
        """
        reader = StreamReader(self._path, origin=self._origin)
        self._damage = reader.damage
        maker = PictureMaker(
            containers.pixel_aspect(reader.stream), published=plan.mode == "opening"
        )
        found = False
        try:
            for window, time_s, frame in reader.chosen(FrameChooser(plan), cancel):
                found = True
                yield SampledFrame(window, Frame(time_s, maker.picture(frame)))
        finally:
            reader.close()
        if not found:
            start_s = plan.windows[0].start_s if plan.windows else 0.0
            yield SampledFrame(0, self.frame_at(start_s))

    def frame_at(self, time_s: float) -> Frame:
        """The frame on the screen at ``time_s``: the last one not later, or else the first.

        Raises:
            DamagedVideoError: if nothing decodes there.
        """
        if self._scrubber is None:
            self._scrubber = StreamReader(self._path, origin=self._origin)
        shown = self._scrubber.shown_at(time_s)
        if shown is None:
            raise DamagedVideoError("the frame cannot be decoded.", path=self._path)
        maker = PictureMaker(containers.pixel_aspect(self._scrubber.stream))
        return Frame(shown[0], maker.picture(shown[1]))

    def _describe(self, reader: StreamReader, turns: int, cancel: CancelToken) -> VideoInfo:
        stream, container = reader.stream, reader.container
        context = stream.codec_context
        width, height = square_size(context.width, context.height, containers.pixel_aspect(stream))
        if turns % 2:
            width, height = height, width
        held = extent.measure(
            self._path,
            container,
            stream,
            size_bytes=self._size_bytes,
            origin=self._origin,
            cancel=cancel,
        )
        if held.promised_s is not None:
            self._note_cut(held.duration_s or 0.0, held.promised_s)
        rate_hz = containers.frame_rate_hz(stream)
        if rate_hz is None and held.duration_s and held.frames:
            rate_hz = held.frames / held.duration_s
        return VideoInfo(
            path=self._path,
            container=container.format.name,
            codec=context.name,
            pixel_format=context.pix_fmt or "unknown",
            width_px=width,
            height_px=height,
            rotation_deg=90 * turns,
            duration_s=held.duration_s,
            frame_rate_hz=rate_hz,
            frame_count=held.frames,
            audio=containers.audio_streams(container),
            metadata=containers.metadata(container, stream),
            file_size_bytes=self._size_bytes,
        )

    def _note_cut(self, held_s: float, declared_s: float) -> None:
        self._notes.append(
            Reason(
                "truncated",
                f"The file is cut off: it holds {held_s:.1f} s of {declared_s:.1f} s.",
                (("held_s", held_s), ("declared_s", declared_s)),
            )
        )
