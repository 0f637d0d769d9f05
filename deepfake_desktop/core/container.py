"""Opening a video file safely, and finding out what it is.

The content decides, never the name: FFmpeg gets a nameless byte source. Only demuxers that read
nothing but that source are allowed, every protocol is forbidden, and a nested open is refused, so
that a playlist, a concat script or an SDP file can reach neither the network nor another file.
"""

from __future__ import annotations

import io
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from deepfake_desktop.core.errors import (
    DamagedVideoError,
    EmptyFileError,
    FileUnreadableError,
    MediaError,
    NotAVideoError,
    NoVideoStreamError,
)
from deepfake_desktop.core.types import AudioStream

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.stream import VideoStream

READ_BYTES = 1 << 18
"""Size of one read from the file; FFmpeg's own 32 KiB would come back to Python eight times."""

SUPPORTED = "mp4, mov, m4v, mkv, webm, avi, 3gp, wmv, flv, mpg, ts and gif, among others"

# Demuxers that live on one byte source. Left out on purpose: hls, dash, concat, image2, sdp, rtsp,
# imf, everything ``*_pipe`` (still pictures), tty and other text, devices.
_VIDEO_DEMUXERS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,asf,flv,live_flv,kux,mpeg,mpegts,mpegvideo,m4v,"
    "h261,h263,h264,hevc,vvc,av1,obu,ivf,vc1,dirac,dnxhd,mjpeg,mpjpeg,gif,apng,jpegxl_anim,"
    "ogg,mxf,rm,dv,nut,nuv,wtv,gxf,lxf,pva,ty,nsv,roq,smk,bink,swf,yuv4mpegpipe,film_cpk,amv,"
    "dxa,flic,mtv,psxstr,thp,vivo,xmv"
)
_AUDIO_DEMUXERS = "wav,w64,mp3,aac,flac,aiff,amr,amrnb,amrwb,ac3,eac3,dts,ape,caf,au,tta,wv"

_STILL_DEMUXERS = frozenset({"gif", "apng", "jpegxl_anim"})
"""Hold moving pictures or a single still one."""

_STILL_BRANDS = frozenset({"avif", "heic", "heix", "mif1"})
"""ISO media files (``mov`` demuxer) that hold a still picture."""

_RAW_DEMUXERS = frozenset(
    {"h261", "h263", "h264", "hevc", "vvc", "av1", "obu", "vc1", "m4v", "mpegvideo", "dirac",
     "dnxhd", "mjpeg", "mpjpeg"}
)  # fmt: skip
"""Bare codec streams: no timestamps, no index, a duration guessed from the bit rate."""

_SIGNATURES: tuple[tuple[int, bytes], ...] = (
    (4, b"ftyp"),
    (4, b"moov"),
    (4, b"mdat"),
    (0, b"\x1aE\xdf\xa3"),  # Matroska, WebM
    (8, b"AVI "),
    (0, bytes.fromhex("3026b2758e66cf11")),  # ASF
    (0, b"FLV\x01"),
    (0, b"\x00\x00\x01\xba"),  # MPEG program stream
    (0, b"GIF8"),
)


class ByteSource:
    """A file without a name: what FFmpeg cannot see it cannot judge by."""

    def __init__(self, path: Path) -> None:
        self._file = io.FileIO(path, "rb")

    def read(self, count: int) -> bytes:
        return self._file.read(count) or b""

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def close(self) -> None:
        self._file.close()


def _refuse(url: str, flags: int, options: Mapping[str, str]) -> NoReturn:
    raise PermissionError(f"a video file may not open {url!r}")


def check_readable(path: Path) -> int:
    """Size in bytes of the regular, readable, non-empty file ``path``.

    Raises:
        FileUnreadableError: missing, a directory or device, or no permission.
        EmptyFileError: zero bytes.
    """
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            raise FileUnreadableError(
                "this is a folder, not a video.", path=path, remedy="Name a file inside it."
            )
        if not stat.S_ISREG(status.st_mode):
            raise FileUnreadableError(
                "this is a device or pipe, not a file.", path=path, remedy="Save the video first."
            )
        if status.st_size == 0:
            raise EmptyFileError(
                "the file is empty.", path=path, remedy="Copy or download it again."
            )
        with path.open("rb"):
            return status.st_size
    except FileNotFoundError as error:
        raise FileUnreadableError(
            "there is no such file.", path=path, remedy="Check the name and the folder."
        ) from error
    except PermissionError as error:
        raise FileUnreadableError(
            "no permission to read the file.",
            path=path,
            remedy="Change its permissions or copy it.",
        ) from error
    except OSError as error:
        raise FileUnreadableError(
            f"the file cannot be read: {error.strerror or error}.", path=path
        ) from error


@dataclass(slots=True)
class OpenFile:
    """A demuxer, its main picture stream, and the file beneath. ``close`` it."""

    container: InputContainer
    stream: VideoStream
    source: ByteSource

    def close(self) -> None:
        self.container.close()
        self.source.close()


def open_container(path: Path, *, only_main: bool = True) -> OpenFile:
    """The demuxer of ``path``; with ``only_main``, it does not even read the other streams.

    Raises:
        FileUnreadableError, EmptyFileError: see ``check_readable``.
        NotAVideoError: no known container, or a still picture.
        DamagedVideoError: a known container whose header or index is gone.
        NoVideoStreamError: sound or subtitles only.
    """
    import av

    check_readable(path)
    source = ByteSource(path)
    try:
        container = av.open(
            source,
            mode="r",
            buffer_size=READ_BYTES,
            metadata_errors="replace",
            io_open=_refuse,
            options={
                "format_whitelist": f"{_VIDEO_DEMUXERS},{_AUDIO_DEMUXERS}",
                "protocol_whitelist": "none",
                "fflags": "+genpts",
            },
        )
    except (av.FFmpegError, OSError, ValueError) as error:
        source.close()
        raise _why_not(path) from error
    try:
        stream = _main_stream(container, path)
        _reject_stills(container, stream, path)
        for other in container.streams:
            if only_main and other.index != stream.index:
                _discard(other)
    except BaseException:
        container.close()
        source.close()
        raise
    return OpenFile(container, stream, source)


def has_presentation_times(container: InputContainer, stream: VideoStream) -> bool:
    """False for bare codec streams, and for AVI where frames are reordered: it cannot say how."""
    name = container.format.name
    return name not in _RAW_DEMUXERS and not (name == "avi" and stream.codec_context.reorder_depth)


def has_whole_index(container: InputContainer, stream: VideoStream) -> bool:
    """Whether every packet was listed in the header (MP4 and its kin, unless fragmented)."""
    return (
        container.format.name.startswith("mov")
        and stream.frames > 0
        and len(stream.index_entries) >= stream.frames
    )


def frame_rate_hz(stream: VideoStream) -> float | None:
    """Average frames per second, None where the container gives no sane one."""
    for rate in (stream.average_rate, stream.guessed_rate, stream.base_rate):
        if rate is not None and 0 < rate <= 1000:
            return float(rate)
    return None


def pixel_aspect(stream: VideoStream) -> Fraction:
    """Width of a pixel over its height; 1 where unknown or beyond reason."""
    ratio = stream.sample_aspect_ratio
    if ratio is None or not Fraction(1, 8) <= Fraction(ratio) <= 8:
        return Fraction(1)
    return Fraction(ratio)


def audio_streams(container: InputContainer) -> tuple[AudioStream, ...]:
    return tuple(
        AudioStream(
            codec=stream.codec_context.name,
            channels=stream.codec_context.channels,
            sample_rate_hz=stream.codec_context.sample_rate or 0,
            language=stream.language,
        )
        for stream in container.streams.audio
        if stream.codec_context is not None
    )


def metadata(container: InputContainer, stream: VideoStream) -> tuple[tuple[str, str], ...]:
    """Tags of the container, then those of the picture stream under ``video:``, sorted."""
    tags = {str(key): str(value) for key, value in container.metadata.items()}
    tags |= {f"video:{key}": str(value) for key, value in stream.metadata.items()}
    return tuple(sorted(tags.items()))


def _discard(stream: object) -> None:
    import av

    discard = getattr(getattr(av, "stream", None), "Discard", None)
    if discard is not None:  # PyAV 17 and later: the demuxer does not even read these packets
        stream.discard = discard.all  # type: ignore[attr-defined]


def _main_stream(container: InputContainer, path: Path) -> VideoStream:
    from av.stream import Disposition

    not_video = Disposition.attached_pic | Disposition.timed_thumbnails | Disposition.still_image
    candidates = [
        stream
        for stream in container.streams.video
        if stream.codec_context is not None and not stream.disposition & not_video
    ]
    if not candidates:
        raise NoVideoStreamError(
            "there is no picture in this file, only "
            f"{'sound' if container.streams.audio else 'other data'}.",
            path=path,
            remedy="Choose a video with a picture.",
        )
    return max(
        candidates,
        key=lambda stream: (
            bool(stream.disposition & Disposition.default),
            stream.codec_context.width * stream.codec_context.height,
            -stream.index,
        ),
    )


def _reject_stills(container: InputContainer, stream: VideoStream, path: Path) -> None:
    still = container.metadata.get("major_brand", "").strip() in _STILL_BRANDS
    if container.format.name in _STILL_DEMUXERS:
        still = True
        for count, packet in enumerate(container.demux(stream)):
            if packet.size and count:
                still = False
                break
        container.seek(0)
    if still:
        raise NotAVideoError("this is a still picture.", path=path, remedy="Choose a video file.")


def _why_not(path: Path) -> MediaError:
    """What kept FFmpeg from opening the file, told by its first bytes."""
    with path.open("rb") as file:
        head = file.read(16)
    if any(head[at : at + len(mark)] == mark for at, mark in _SIGNATURES):
        return DamagedVideoError(
            "the video's header or index is missing or damaged.",
            path=path,
            remedy="The copy or recording is probably incomplete: copy or download it again.",
        )
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return NotAVideoError(
            "WebP pictures, moving ones too, cannot be read.",
            path=path,
            remedy="Convert it to mp4 or gif.",
        )
    return NotAVideoError("this is not a video file.", path=path, remedy=f"Supported: {SUPPORTED}.")
