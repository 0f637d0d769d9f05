"""Frames with the right content at the right time, out of every container."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from deepfake_desktop.core.errors import Cancelled
from deepfake_desktop.core.media import Video, open_video
from deepfake_desktop.core.reader import StreamReader
from deepfake_desktop.core.sampling import SamplingPlan, WindowPlan, plan
from deepfake_desktop.core.types import CancelToken
from tests.core.videos import number_of, write_video

# name, arguments: what FFmpeg can write here, read back
CONTAINERS: dict[str, dict[str, object]] = {
    "h264.mp4": {},
    "hevc.mp4": {"codec": "libx265", "options": {"x265-params": "log-level=none"}},
    "h264.mov": {},
    "h264.m4v": {"container": "mp4"},
    "h264.mkv": {},
    "vp9.webm": {"codec": "libvpx-vp9", "options": {"deadline": "realtime", "cpu-used": "8"}},
    "vp8.webm": {"codec": "libvpx", "options": {"deadline": "realtime", "cpu-used": "8"}},
    "mpeg4.avi": {"codec": "mpeg4"},
    "reordered.avi": {"b_frames": 2},
    "mjpeg.avi": {"codec": "mjpeg", "pixel_format": "yuvj420p"},
    "mpeg4.3gp": {"codec": "mpeg4"},
    "wmv2.wmv": {"codec": "wmv2", "container": "asf"},
    "flv1.flv": {"codec": "flv"},
    "h264.flv": {},
    "mpeg1.mpg": {"codec": "mpeg1video"},
    "h264.ts": {},
    "mpeg2.ts": {"codec": "mpeg2video"},
    "moving.gif": {"codec": "gif", "pixel_format": "rgb8"},
    "moving.apng": {"codec": "apng", "pixel_format": "rgba"},
    "fragmented.mp4": {"container_options": {"movflags": "frag_keyframe+empty_moov"}},
    "bare.h264": {"container": "h264"},
    "ten_bit.mp4": {"pixel_format": "yuv420p10le"},
    "odd.mkv": {"codec": "ffv1", "pixel_format": "yuv444p", "width": 177, "height": 145},
    "alpha.mkv": {"codec": "ffv1", "pixel_format": "yuva420p"},
    "gray.mkv": {"codec": "ffv1", "pixel_format": "gray"},
}
FRAMES = 60


def read(video: Video, sampling: SamplingPlan) -> list[tuple[int, float, int]]:
    """(window, seconds, burnt-in number) of every frame."""
    return [
        (sampled.window, sampled.frame.time_s, number_of(sampled.frame.image))
        for sampled in video.read(sampling, CancelToken())
    ]


def every(video: Video) -> SamplingPlan:
    return plan(video.info, mode="every", frames=20, budget_frames=1)


@pytest.mark.parametrize("name", CONTAINERS)
def test_every_container_gives_all_frames_at_their_times(tmp_path: Path, name: str) -> None:
    path = write_video(tmp_path / name, frames=FRAMES, **{"gop": 12} | CONTAINERS[name])
    disguised = path.rename(tmp_path / "video.txt")
    with open_video(disguised) as video:
        info = video.info
        assert (info.width_px, info.height_px) == (
            CONTAINERS[name].get("width", 176),
            CONTAINERS[name].get("height", 144),
        )
        assert info.duration_s == pytest.approx(FRAMES / 25, abs=0.05)
        assert info.frame_rate_hz == pytest.approx(25, abs=0.1)
        assert info.file_size_bytes == disguised.stat().st_size
        frames = read(video, every(video))
        assert [number for _, _, number in frames] == list(range(FRAMES))
        assert [time_s for _, time_s, _ in frames] == pytest.approx(
            [index / 25 for index in range(FRAMES)], abs=0.0051
        )
        spread = video.plan(mode="spread", frames=5, budget_frames=240)
        chosen = read(video, spread)
        assert len(chosen) == spread.expected_frames
        assert [number for _, _, number in chosen] == [
            round((window.start_s + slot * window.interval_s) * 25)
            for window in spread.windows
            for slot in range(window.frames)
        ]
        assert not video.warnings


def test_program_stream_with_doubled_timestamps_keeps_its_order(tmp_path: Path) -> None:
    path = write_video(tmp_path / "v.mpg", codec="mpeg2video", frames=FRAMES, gop=12)
    with open_video(path) as video:
        frames = read(video, every(video))
    times = [time_s for _, time_s, _ in frames]
    assert times == sorted(set(times))
    assert len(frames) >= FRAMES - 2


# Long groups of pictures with B-frames and, in the last, groups that lean on their neighbours.
SEEKABLE: dict[str, dict[str, object]] = {
    "long.mp4": {"gop": 250, "b_frames": 3},
    "short.mp4": {"gop": 30, "b_frames": 3, "options": {"x264-params": "b-pyramid=normal"}},
    "open.mp4": {"gop": 30, "b_frames": 3, "options": {"x264-params": "open-gop=1"}},
    "open.mkv": {"gop": 30, "b_frames": 3, "options": {"x264-params": "open-gop=1"}},
    "hevc.mp4": {
        "codec": "libx265",
        "gop": 30,
        "options": {"x265-params": "log-level=none:open-gop=1:bframes=4", "preset": "ultrafast"},
    },
    "vp9.webm": {
        "codec": "libvpx-vp9",
        "gop": 30,
        "options": {"deadline": "realtime", "cpu-used": "8"},
    },
    "mpeg2.ts": {"codec": "mpeg2video", "gop": 12, "b_frames": 2},
    "h264.ts": {"gop": 30, "b_frames": 3},
    "mpeg4.avi": {"codec": "mpeg4", "gop": 12},
    "wmv2.wmv": {"codec": "wmv2", "container": "asf", "gop": 12},
    "h264.flv": {"gop": 30},
}


@pytest.mark.parametrize("name", SEEKABLE)
def test_seeking_and_skipping_give_the_very_same_pictures(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_video(tmp_path / name, frames=400, **SEEKABLE[name])
    windows = tuple(
        WindowPlan(start_s=start / 25, frames=4, interval_s=3 / 25, tolerance_s=0.02)
        for start in (7, 100, 131, 260, 288, 380)
    )
    sampling = SamplingPlan("spread", 4, windows, open_ended=False, expected_frames=24)
    with open_video(path) as video:
        quick = list(video.read(sampling, CancelToken()))
        with monkeypatch.context() as patch:
            patch.setattr(StreamReader, "_pays_to_seek", lambda *_: False)
            patch.setattr(StreamReader, "_may_skip", lambda *_: False)
            plain = list(video.read(sampling, CancelToken()))
        with monkeypatch.context() as patch:
            patch.setattr(StreamReader, "_pays_to_seek", lambda *_: True)
            eager = list(video.read(sampling, CancelToken()))
    expected = [start + 3 * slot for start in (7, 100, 131, 260, 288, 380) for slot in range(4)]
    for frames in (quick, plain, eager):
        assert [number_of(sampled.frame.image) for sampled in frames] == expected
        assert [sampled.frame.time_s for sampled in frames] == [
            sampled.frame.time_s for sampled in plain
        ]
        assert all(
            (one.frame.image == other.frame.image).all()
            for one, other in zip(frames, plain, strict=True)
        )


def test_only_stretches_with_chosen_frames_are_decoded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_video(tmp_path / "v.mp4", frames=1000, gop=25)
    decoded = []
    original = StreamReader._decode
    monkeypatch.setattr(
        StreamReader, "_decode", lambda self, packet: decoded.append(1) or original(self, packet)
    )
    with open_video(path) as video:
        decoded.clear()
        read(video, plan(video.info, mode="spread", frames=5, budget_frames=10))
    # two windows of ten frames, each with at most a group before and the decoder's delay behind
    assert len(decoded) < 2 * (25 + 10 + 20)


# Containers that tell where their keyframes are.
INDEXED = [name for name in SEEKABLE if name.endswith((".mp4", ".mkv", ".webm"))] + [
    "h264.mov",
    "ten_bit.mp4",
]


@pytest.mark.parametrize("name", INDEXED)
def test_the_index_tells_when_keyframes_are_shown(tmp_path: Path, name: str) -> None:
    path = write_video(tmp_path / name, frames=200, **{"gop": 30} | (SEEKABLE | CONTAINERS)[name])
    reader = StreamReader(path)
    shown = [time_s for time_s, frame in reader.decoded(CancelToken()) if frame.key_frame]
    reader.close()
    reader = StreamReader(path)
    next(reader.decoded(CancelToken()))
    told = reader.keyframes_s()
    reader.close()
    if name.startswith(("open", "hevc")) and name.endswith(".mp4"):
        # the longest delay is taken for all: never before a picture that leans on those behind it
        assert all(-1e-9 <= late <= 4.01 / 25 for late in np.subtract(told, shown))
    else:
        assert told == tuple(shown)


@pytest.mark.parametrize(
    "name", ["fragmented.mp4", "h264.ts", "mpeg4.avi", "mpeg1.mpg", "h264.flv", "moving.gif"]
)
def test_without_a_whole_index_windows_stay_in_the_middle(tmp_path: Path, name: str) -> None:
    path = write_video(tmp_path / name, frames=200, **{"gop": 12} | CONTAINERS[name])
    with open_video(path) as video:
        choice = {"mode": "spread", "frames": 10, "budget_frames": 240}
        assert video.plan(**choice) == plan(video.info, **choice)


@pytest.mark.parametrize("name", ["short.mp4", "open.mp4", "open.mkv", "hevc.mp4", "vp9.webm"])
def test_windows_at_keyframes_are_read_alike_by_seeking_and_decoding(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_video(tmp_path / name, frames=500, **SEEKABLE[name])
    with open_video(path) as video:
        sampling = video.plan(mode="spread", frames=10, budget_frames=240)
        assert sum(window.at_keyframe for window in sampling.windows) > 4
        quick = list(video.read(sampling, CancelToken()))
        monkeypatch.setattr(StreamReader, "_pays_to_seek", lambda *_: False)
        monkeypatch.setattr(StreamReader, "_may_skip", lambda *_: False)
        plain = list(video.read(sampling, CancelToken()))
    assert len(quick) == len(plain) == sampling.expected_frames
    for one, other in zip(quick, plain, strict=True):
        assert (one.window, one.frame.time_s) == (other.window, other.frame.time_s)
        assert (one.frame.image == other.frame.image).all()


def test_at_keyframes_hardly_more_is_decoded_than_wanted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_video(tmp_path / "v.mp4", frames=500, gop=50, b_frames=0)
    decoded = []
    original = StreamReader._decode
    monkeypatch.setattr(
        StreamReader, "_decode", lambda self, packet: decoded.append(1) or original(self, packet)
    )
    counts = []
    with open_video(path) as video:
        choice = {"mode": "spread", "frames": 10, "budget_frames": 80}
        for sampling in (plan(video.info, **choice), video.plan(**choice)):
            decoded.clear()
            assert len(read(video, sampling)) == 80
            counts.append(len(decoded))
    # eight windows of twenty frames, and what the decoder's threads hold back
    assert 8 * 19 <= counts[1] <= 8 * 24 < 0.8 * counts[0]


def test_variable_rate_keeps_exact_times(tmp_path: Path) -> None:
    times_ms = [0, 40, 90, 100, 350, 1000, 1010, 1020, 2500, 2540]
    path = write_video(tmp_path / "v.mkv", frames=len(times_ms), times_ms=times_ms)
    with open_video(path) as video:
        frames = read(video, every(video))
        assert [round(time_s * 1000) for _, time_s, _ in frames] == times_ms
        assert [number for _, _, number in frames] == list(range(len(times_ms)))
        spread = plan(video.info, mode="spread", frames=20, budget_frames=240)
        times = [time_s for _, time_s, _ in read(video, spread)]
        assert times == sorted(set(times))
        assert times


def test_time_zero_is_the_first_picture(tmp_path: Path) -> None:
    """MPEG-TS starts its clock at 1.4 s."""
    path = write_video(tmp_path / "v.ts", frames=30)
    with open_video(path) as video:
        assert read(video, every(video))[0][1] == 0.0
        assert video.info.duration_s == pytest.approx(1.2, abs=0.05)


def test_slide_show_whose_windows_meet_no_frame_still_gives_one(tmp_path: Path) -> None:
    path = write_video(tmp_path / "v.mkv", frames=4, times_ms=[0, 10, 20, 30_000])
    window = WindowPlan(start_s=12.0, frames=10, interval_s=0.08, tolerance_s=0.02)
    sampling = SamplingPlan("spread", 10, (window,), open_ended=False, expected_frames=10)
    with open_video(path) as video:
        assert [number for _, _, number in read(video, sampling)] == [2]


@pytest.mark.parametrize(
    "name", ["h264.mp4", "h264.mkv", "h264.ts", "reordered.avi", "moving.gif", "mpeg1.mpg"]
)
def test_scrubbing_shows_what_is_on_the_screen(tmp_path: Path, name: str) -> None:
    path = write_video(tmp_path / name, frames=120, **{"gop": 30} | CONTAINERS[name])
    with open_video(path) as video:
        for time_s in (2.0, 2.03, 2.04, 2.5, 0.0, 4.0, 1.0, 4.76, 99.0, -1.0):
            frame = video.frame_at(time_s)
            expected = min(max(int(time_s * 25 + 0.01), 0), 119)
            assert number_of(frame.image) == expected
            assert frame.time_s == pytest.approx(expected / 25, abs=0.0051)


def test_scrubbing_back_to_the_start_of_a_camera_s_program_stream(shared_data: Path) -> None:
    """Its first two frames share a decoding time: seeking to it lands behind the first."""
    with open_video(shared_data / "video" / "grid" / "grid_s1_bbal6n.mpg") as video:
        for time_s in (0.0, 2.48, 0.2, 0.44, 1.0, 0.0):
            assert video.frame_at(time_s).time_s == pytest.approx(time_s, abs=1e-6)


def test_scrubbing_does_not_disturb_reading(tmp_path: Path) -> None:
    path = write_video(tmp_path / "v.mp4", frames=60, gop=12)
    with open_video(path) as video:
        numbers = []
        for sampled in video.read(every(video), CancelToken()):
            numbers.append(number_of(sampled.frame.image))
            assert number_of(video.frame_at(0.4).image) == 10
    assert numbers == list(range(60))


def test_cancelling_stops_between_packets(tmp_path: Path) -> None:
    path = write_video(tmp_path / "v.mp4", frames=60)
    cancel = CancelToken()
    with open_video(path) as video:
        frames = video.read(every(video), cancel)
        next(frames)
        cancel.cancel()
        with pytest.raises(Cancelled):
            list(frames)


@pytest.mark.parametrize("name", ["v.h264", "v.flv", "v.mkv"])
def test_opening_can_be_cancelled(tmp_path: Path, name: str) -> None:
    path = write_video(tmp_path / name, frames=30)
    cancel = CancelToken()
    cancel.cancel()
    with pytest.raises(Cancelled):
        open_video(path, cancel)


def test_two_readings_agree_to_the_byte(tmp_path: Path) -> None:
    path = write_video(tmp_path / "v.mp4", frames=100, gop=30)
    with open_video(path) as video:
        sampling = plan(video.info, mode="spread", frames=10, budget_frames=40)
        one, other = (list(video.read(sampling, CancelToken())) for _ in range(2))
    for first, second in zip(one, other, strict=True):
        assert first.frame.time_s == second.frame.time_s
        assert (first.frame.image == second.frame.image).all()


def test_info_tells_streams_and_tags(tmp_path: Path) -> None:
    path = write_video(
        tmp_path / "v.mp4",
        frames=50,
        rate=Fraction(30000, 1001),
        sound=True,
        metadata={"title": "A title", "creation_time": "2026-01-02T03:04:05.000000Z"},
    )
    with open_video(path) as video:
        info = video.info
    assert info.codec == "h264"
    assert info.pixel_format == "yuv420p"
    assert info.frame_count == 50
    assert info.frame_rate_hz == pytest.approx(29.97, abs=0.001)
    assert [(audio.codec, audio.channels, audio.sample_rate_hz) for audio in info.audio] == [
        ("aac", 1, 44100)
    ]
    tags = dict(info.metadata)
    assert tags["title"] == "A title"
    assert tags["creation_time"] == "2026-01-02T03:04:05.000000Z"
    assert info.sha256 is None


def test_real_clips_read_twice_alike(shared_data: Path) -> None:
    for path in sorted((shared_data / "fixtures").glob("*.mp4")):
        with open_video(path) as video:
            sampling = plan(video.info, mode="spread", frames=20, budget_frames=60)
            one, other = (list(video.read(sampling, CancelToken())) for _ in range(2))
        assert len(one) == sampling.expected_frames
        assert all(
            (first.frame.image == second.frame.image).all()
            for first, second in zip(one, other, strict=True)
        )
