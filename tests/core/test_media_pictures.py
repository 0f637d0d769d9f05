"""Pictures come out upright, with square pixels, deinterlaced, in the right colours."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from deepfake_desktop.core.media import open_video
from deepfake_desktop.core.pictures import quarter_turns, square_size
from deepfake_desktop.core.types import CancelToken, Image, Sampling
from tests.core.videos import number_of, picture, write_video


def first_picture(path: Path) -> Image:
    with open_video(path) as video:
        image = video.frame_at(0.0).image
        assert image.shape == (video.info.height_px, video.info.width_px, 3)
        assert image.dtype == np.uint8
        assert image.flags.c_contiguous
        return image


def difference(one: Image, other: Image) -> float:
    return float(np.abs(one.astype(int) - other.astype(int)).mean())


@pytest.mark.parametrize("name", ["v.mp4", "v.mov", "v.mkv"])
@pytest.mark.parametrize("clockwise", [0, 90, 180, 270])
def test_rotated_recordings_stand_upright(tmp_path: Path, name: str, clockwise: int) -> None:
    """The sensor's picture lies on its side and a matrix tells players to turn it."""
    path = write_video(tmp_path / name, frames=3, rotation=-clockwise or None)
    image = first_picture(path)
    expected = np.rot90(picture(0), -clockwise // 90)
    assert image.shape == expected.shape
    assert difference(image, expected) < 6
    with open_video(path) as video:
        assert video.info.rotation_deg == clockwise


@pytest.mark.parametrize(
    ("degrees", "turns"), [(0, 0), (-90, 1), (90, 3), (180, 2), (-180, 2), (-88.7, 1), (3, 0)]
)
def test_quarter_turns(degrees: float, turns: int) -> None:
    assert quarter_turns(degrees) == turns


@pytest.mark.parametrize(
    ("aspect", "size"),
    [(Fraction(4, 3), (235, 144)), (Fraction(12, 11), (192, 144)), (Fraction(8, 9), (176, 162))],
)
def test_pixels_become_square(tmp_path: Path, aspect: Fraction, size: tuple[int, int]) -> None:
    path = write_video(tmp_path / "v.mp4", frames=3, aspect=aspect, first=5)
    with open_video(path) as video:
        assert (video.info.width_px, video.info.height_px) == size
    assert square_size(176, 144, aspect) == size
    assert number_of(first_picture(path)) == 5


def test_several_pictures_streams_the_largest_counts(tmp_path: Path) -> None:
    path = tmp_path / "v.mkv"
    with av.open(str(path), "w") as out:
        streams = []
        for width in (64, 176, 96):
            stream = out.add_stream("libx264", rate=25)
            stream.width, stream.height, stream.pix_fmt = width, width, "yuv420p"
            stream.disposition = av.stream.Disposition(0)
            streams.append(stream)
        for stream in streams:
            for number in range(5):
                frame = av.VideoFrame.from_ndarray(picture(number, stream.width, stream.width))
                frame.pts = number
                out.mux(stream.encode(frame))
            out.mux(stream.encode(None))
    assert first_picture(path).shape == (176, 176, 3)


@pytest.mark.parametrize("colors", ["bt709", "smpte170m", "bt2020nc", "full", "none"])
@pytest.mark.parametrize("height", [144, 720])
def test_colours_follow_the_tags(tmp_path: Path, colors: str, height: int) -> None:
    """One flat colour, made with the matrix that the tag names, comes back as it was."""
    rgb = np.array([200.0, 60.0, 90.0])
    full = colors == "full"
    named = {"full": "bt709", "none": "bt709" if height >= 720 else "smpte170m"}.get(colors, colors)
    red, blue = {
        "bt709": (0.2126, 0.0722),
        "smpte170m": (0.299, 0.114),
        "bt2020nc": (0.2627, 0.0593),
    }[named]
    luma = red * rgb[0] + (1 - red - blue) * rgb[1] + blue * rgb[2]
    cb, cr = (rgb[2] - luma) / (2 * (1 - blue)), (rgb[0] - luma) / (2 * (1 - red))
    planes = (
        (luma, 128 + cb, 128 + cr)
        if full
        else (16 + luma * 219 / 255, 128 + cb * 224 / 255, 128 + cr * 224 / 255)
    )
    width = height * 16 // 9
    path = tmp_path / "v.mkv"
    with av.open(str(path), "w") as out:
        stream = out.add_stream("ffv1", rate=25)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv444p"
        context = stream.codec_context
        context.color_range = 2 if full else 1
        if colors != "none":
            context.colorspace = {"bt709": 1, "smpte170m": 6, "bt2020nc": 9}[named]
        yuv = np.stack([np.full((height, width), round(value), np.uint8) for value in planes])
        frame = av.VideoFrame.from_ndarray(yuv, "yuv444p")
        frame.pts = 0
        frame.color_range = context.color_range
        if colors != "none":
            frame.colorspace = context.colorspace
        out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    middle = first_picture(path)[height // 2, width // 2]
    assert np.abs(middle.astype(float) - rgb).max() <= 3


@pytest.mark.parametrize("tagged", [False, True])
def test_opening_sees_the_colours_that_opencv_sees(tmp_path: Path, tagged: bool) -> None:
    """Which guesses BT.601 for whatever is not tagged, and knows BT.709 where it is."""
    path = tmp_path / "v.mkv"
    with av.open(str(path), "w") as out:
        stream = out.add_stream("ffv1", rate=25)
        stream.width, stream.height, stream.pix_fmt = 1280, 720, "yuv420p"
        if tagged:
            stream.codec_context.colorspace = 1
        planes = np.concatenate([np.full(1280 * 720, 110), np.full(1280 * 180, 90)])
        planes = np.concatenate([planes, np.full(1280 * 180, 180)]).astype(np.uint8)
        frame = av.VideoFrame.from_ndarray(planes.reshape(1080, 1280), "yuv420p")
        frame.pts = 0
        out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    capture = cv2.VideoCapture(str(path))
    _, theirs = capture.read()
    capture.release()
    seen = {}
    modes: tuple[Sampling, ...] = ("opening", "spread")
    for mode in modes:
        with open_video(path) as video:
            plan = video.plan(mode=mode, frames=1, budget_frames=1)
            seen[mode] = next(iter(video.read(plan, CancelToken()))).frame.image
    assert difference(seen["opening"], theirs[..., ::-1]) <= 1
    assert (difference(seen["spread"], seen["opening"]) == 0) == tagged


def test_interlaced_frames_lose_their_combs(tmp_path: Path) -> None:
    """Two fields of a moving edge, woven: neighbouring lines disagree until deinterlaced."""
    width, height = 320, 240
    path = tmp_path / "v.mpg"

    def field(number: int) -> Image:
        image = np.full((height, width, 3), 30, np.uint8)
        image[:, 40 + 24 * number : 140 + 24 * number] = 220
        return image

    with av.open(str(path), "w") as out:
        stream = out.add_stream("mpeg2video", rate=25, options={"flags": "+ildct+ilme"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.bit_rate = 4_000_000
        for index in range(4):
            woven = field(2 * index)
            woven[1::2] = field(2 * index + 1)[1::2]
            frame = av.VideoFrame.from_ndarray(woven, "rgb24").reformat(
                format="yuv420p", src_colorspace="ITU601"
            )
            frame.pts = index
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    with av.open(str(path)) as check:
        raw = next(check.decode(video=0))
        assert raw.interlaced_frame
        combed = raw.to_ndarray(format="gray").astype(int)
    clean = first_picture(path).mean(axis=2)

    def combs(image: np.ndarray) -> float:
        return float(np.abs(image[2:-2:2] - (image[1:-3:2] + image[3:-1:2]) / 2).mean())

    assert combs(combed) > 10
    assert combs(clean) < combs(combed) / 10


def test_transparency_is_dropped(tmp_path: Path) -> None:
    path = write_video(tmp_path / "v.mkv", frames=2, codec="ffv1", pixel_format="yuva420p", first=9)
    assert number_of(first_picture(path)) == 9


def test_size_that_changes_on_the_way(tmp_path: Path) -> None:
    """Two H.264 streams of different sizes, one after the other."""
    parts = [
        write_video(tmp_path / f"{width}.h264", frames=10, width=width, height=width)
        for width in (176, 96)
    ]
    path = tmp_path / "v.h264"
    path.write_bytes(b"".join(part.read_bytes() for part in parts))
    with open_video(path) as video:
        assert video.frame_at(0.0).image.shape == (176, 176, 3)
        assert video.frame_at(0.7).image.shape == (96, 96, 3)
