"""Writes small videos whose frames carry their own number, as eleven black or white blocks."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
from av.stream import Disposition

BITS = 11
WIDTH, HEIGHT = 176, 144


def picture(number: int, width: int = WIDTH, height: int = HEIGHT) -> npt.NDArray[np.uint8]:
    """RGB: number in blocks along the top, a left-right gradient below, red mark bottom left."""
    image = np.zeros((height, width, 3), np.uint8)
    image[..., 1] = np.linspace(40, 200, width).astype(np.uint8)
    image[height // 2 :, : width // 4] = (220, 30, 30)
    image[: height // 4] = 16
    for bit in range(BITS):
        if number >> bit & 1:
            left, right = bit * width // BITS, (bit + 1) * width // BITS
            image[: height // 4, left:right] = 235
    # something moves, so that frames refer to each other
    at = number * 3 % (width - 20)
    image[height // 3 : height // 3 + 12, at : at + 20] = (250, 250, 60)
    return image


def number_of(image: npt.NDArray[np.uint8]) -> int:
    """The number burnt into ``image``."""
    height, width = image.shape[:2]
    band = image[height // 16 : height * 3 // 16].mean(axis=(0, 2))
    return sum(1 << bit for bit in range(BITS) if band[(2 * bit + 1) * width // (2 * BITS)] > 128)


def write_video(
    path: Path,
    *,
    frames: int = 50,
    width: int = WIDTH,
    height: int = HEIGHT,
    rate: int | Fraction = 25,
    codec: str = "libx264",
    pixel_format: str = "yuv420p",
    container: str | None = None,
    options: dict[str, str] | None = None,
    gop: int | None = None,
    b_frames: int | None = None,
    times_ms: Sequence[int] | None = None,
    rotation: float | None = None,
    aspect: Fraction | None = None,
    sound: bool = False,
    cover: bool = False,
    metadata: dict[str, str] | None = None,
    container_options: dict[str, str] | None = None,
    interlaced: bool = False,
    first: int = 0,
) -> Path:
    """Frame k shows ``picture(first + k)``; ``times_ms`` sets presentation times instead of
    ``rate``. Returns ``path``."""
    with av.open(str(path), "w", format=container, options=container_options or {}) as out:
        for key, value in (metadata or {}).items():
            out.metadata[key] = value
        stream = out.add_stream(codec, rate=rate, options=options or {})
        stream.width, stream.height, stream.pix_fmt = width, height, pixel_format
        stream.codec_context.thread_count = 1
        base = Fraction(1, 1000) if times_ms is not None else 1 / Fraction(rate)
        stream.codec_context.time_base = base
        if gop is not None:
            stream.codec_context.gop_size = gop
        if b_frames is not None:
            stream.codec_context.max_b_frames = b_frames
        if aspect is not None:
            stream.codec_context.sample_aspect_ratio = aspect
        if interlaced:
            stream.codec_context.flags |= 0x20040000  # interlaced DCT and motion estimation
        if rotation is not None:
            stream.set_display_rotation(rotation)
        audio = None
        if sound:
            audio = out.add_stream("aac", rate=44100, layout="mono")
        cover_stream = _add_cover(out) if cover else None
        for index in range(frames):
            frame = av.VideoFrame.from_ndarray(picture(first + index, width, height), "rgb24")
            frame.pts = times_ms[index] if times_ms is not None else index
            frame.time_base = base
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
        if audio is not None:
            _write_tone(out, audio, seconds=frames / float(rate))
        if cover_stream is not None:
            _write_cover(out, cover_stream)
    return path


def write_sound(
    path: Path,
    *,
    codec: str = "aac",
    seconds: float = 1.0,
    sample_format: str = "fltp",
    cover: bool = False,
) -> Path:
    with av.open(str(path), "w") as out:
        stream = out.add_stream(codec, rate=44100, layout="mono", format=sample_format)
        cover_stream = _add_cover(out) if cover else None
        _write_tone(out, stream, seconds=seconds)
        if cover_stream is not None:
            _write_cover(out, cover_stream)
    return path


def _add_cover(out: av.container.OutputContainer) -> av.video.stream.VideoStream:
    stream = out.add_stream("mjpeg", rate=1)
    stream.width, stream.height, stream.pix_fmt = 320, 320, "yuvj420p"
    stream.disposition = Disposition.attached_pic
    return stream


def _write_cover(out: av.container.OutputContainer, stream: av.video.stream.VideoStream) -> None:
    frame = av.VideoFrame.from_ndarray(picture(3, 320, 320), "rgb24")
    frame.pts = 0
    out.mux(stream.encode(frame))
    out.mux(stream.encode(None))


def _write_tone(
    out: av.container.OutputContainer, stream: av.audio.stream.AudioStream, *, seconds: float
) -> None:
    samples = np.arange(int(44100 * seconds))
    tone = (0.1 * np.sin(samples * 2 * np.pi * 440 / 44100)).astype(np.float32)
    for at in range(0, len(tone), 1024):
        frame = av.AudioFrame.from_ndarray(
            tone[None, at : at + 1024], stream.codec_context.format.name, "mono"
        )
        frame.sample_rate = 44100
        frame.pts = at
        frame.time_base = Fraction(1, 44100)
        out.mux(stream.encode(frame))
    out.mux(stream.encode(None))
