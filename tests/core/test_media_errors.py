"""Files that are no video, or only part of one."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from pathlib import Path

import cv2
import numpy as np
import pytest

from deepfake_desktop.core.errors import (
    DamagedVideoError,
    EmptyFileError,
    FileUnreadableError,
    MediaError,
    NotAVideoError,
    NoVideoStreamError,
)
from deepfake_desktop.core.media import open_video
from deepfake_desktop.core.sampling import plan
from deepfake_desktop.core.types import CancelToken
from tests.core.videos import number_of, picture, write_sound, write_video


def refused(path: Path) -> MediaError:
    with pytest.raises(MediaError) as caught:
        open_video(path).close()
    error = caught.value
    assert error.path == path
    assert error.reason.endswith(".")
    assert "\n" not in str(error)
    return error


def test_missing_file(tmp_path: Path) -> None:
    assert type(refused(tmp_path / "none.mp4")) is FileUnreadableError


def test_folder(tmp_path: Path) -> None:
    error = refused(tmp_path)
    assert type(error) is FileUnreadableError
    assert "folder" in error.reason


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="the superuser may read everything"
)
def test_no_permission(tmp_path: Path) -> None:
    path = write_video(tmp_path / "v.mp4", frames=2)
    path.chmod(0)
    assert "permission" in refused(path).reason


def test_no_permission_whoever_asks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_video(tmp_path / "v.mp4", frames=2)

    def deny(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", deny)
    error = refused(path)
    assert type(error) is FileUnreadableError
    assert "permission" in error.reason


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_pipe_is_refused_and_does_not_block(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "v.mp4")
    assert "pipe" in refused(tmp_path / "v.mp4").reason


def test_empty_file(tmp_path: Path) -> None:
    path = tmp_path / "v.mp4"
    path.touch()
    assert type(refused(path)) is EmptyFileError


@pytest.mark.parametrize(
    "content",
    [
        b"Dear all, please find the video attached.\n" * 50,
        np.random.default_rng(7).bytes(200_000),
        bytes(5000),
        b"%PDF-1.7\n" + bytes(4000),
        b"PK\x03\x04" + bytes(4000),
        b"\x89",
    ],
    ids=["text", "noise", "zeros", "pdf", "zip", "one byte"],
)
def test_not_a_video(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "v.mp4"
    path.write_bytes(content)
    assert type(refused(path)) is NotAVideoError


@pytest.mark.parametrize("kind", [".jpg", ".png", ".bmp", ".tiff", ".webp"])
def test_still_picture_under_a_false_name(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "v.mp4"
    path.write_bytes(cv2.imencode(kind, picture(5))[1].tobytes())
    assert type(refused(path)) is NotAVideoError


def test_still_gif(tmp_path: Path) -> None:
    path = write_video(tmp_path / "v.gif", frames=1, codec="gif", pixel_format="rgb8")
    assert "still picture" in refused(path).reason


def test_moving_webp_says_what_to_do(tmp_path: Path) -> None:
    path = write_video(tmp_path / "v.webp", frames=5, codec="libwebp_anim", pixel_format="yuva420p")
    error = refused(path)
    assert type(error) is NotAVideoError
    assert "WebP" in error.reason
    assert "gif" in error.remedy


@pytest.mark.parametrize("name", ["a.m4a", "a.mp3", "a.wav", "a.mka"])
def test_sound_only(tmp_path: Path, name: str) -> None:
    codec = {"a.mp3": "libmp3lame", "a.wav": "pcm_f32le"}.get(name, "aac")
    if codec == "libmp3lame":
        path = write_sound(tmp_path / name, codec=codec, sample_format="fltp")
    elif codec == "pcm_f32le":
        path = write_sound(tmp_path / name, codec=codec, sample_format="flt")
    else:
        path = write_sound(tmp_path / name, codec=codec)
    error = refused(path)
    assert type(error) is NoVideoStreamError
    assert "sound" in error.reason


def test_cover_picture_is_no_video(tmp_path: Path) -> None:
    path = write_sound(tmp_path / "a.mp4", cover=True)
    assert type(refused(path)) is NoVideoStreamError


def test_video_is_taken_and_its_cover_is_not(tmp_path: Path) -> None:
    path = write_video(tmp_path / "v.mp4", frames=10, cover=True)
    with open_video(path) as video:
        assert (video.info.width_px, video.info.codec) == (176, "h264")


def test_mp4_without_its_index(tmp_path: Path) -> None:
    whole = write_video(tmp_path / "whole.mp4", frames=100).read_bytes()
    path = tmp_path / "cut.mp4"
    path.write_bytes(whole[: len(whole) // 2])
    error = refused(path)
    assert type(error) is DamagedVideoError
    assert "index" in error.reason


def test_mp4_whose_pictures_are_all_gone(tmp_path: Path) -> None:
    whole = write_video(
        tmp_path / "whole.mp4", frames=100, container_options={"movflags": "faststart"}
    ).read_bytes()
    path = tmp_path / "cut.mp4"
    path.write_bytes(whole[: whole.index(b"mdat") + 40])
    assert type(refused(path)) is DamagedVideoError


@pytest.mark.parametrize("name", ["v.mp4", "v.mkv", "v.ts", "v.avi", "v.flv", "v.webm", "v.wmv"])
def test_cut_file_gives_the_frames_it_holds(tmp_path: Path, name: str) -> None:
    codec = {"v.avi": "mpeg4", "v.webm": "libvpx", "v.wmv": "wmv2"}.get(name, "libx264")
    whole = write_video(
        tmp_path / name,
        frames=300,
        gop=25,
        codec=codec,
        container="asf" if name == "v.wmv" else None,
        container_options={"movflags": "faststart"} if name == "v.mp4" else None,
    ).read_bytes()
    path = tmp_path / "cut.bin"
    path.write_bytes(whole[: len(whole) * 6 // 10])
    with open_video(path) as video:
        info = video.info
        assert info.duration_s is not None
        assert 4 < info.duration_s < 10
        numbers = [
            number_of(sampled.frame.image)
            for sampled in video.read(
                plan(info, mode="spread", frames=10, budget_frames=60), CancelToken()
            )
        ]
        assert len(numbers) >= 20
        assert numbers == sorted(set(numbers))
        if name not in ("v.ts", "v.flv", "v.wmv"):  # these promise no length
            assert [note.code for note in video.warnings if note.code == "truncated"]


def test_damage_in_the_middle_is_skipped_and_counted(tmp_path: Path) -> None:
    whole = bytearray(
        write_video(
            tmp_path / "whole.mp4",
            frames=200,
            gop=25,
            container_options={"movflags": "faststart"},
        ).read_bytes()
    )
    start = whole.index(b"mdat") + 4
    at = start + (len(whole) - start) // 2
    whole[at : at + 1500] = np.random.default_rng(3).bytes(1500)
    path = tmp_path / "damaged.mp4"
    path.write_bytes(whole)
    with open_video(path) as video:
        assert not video.warnings
        everything = plan(video.info, mode="every", frames=10, budget_frames=1)
        frames = list(video.read(everything, CancelToken()))
        codes = {note.code for note in video.warnings}
        assert codes & {"damaged_packets", "damaged_frames"}
        assert 100 < len(frames) < 200
        # the others are whole: what is shown is what was burnt in
        assert all(
            number_of(sampled.frame.image) == round(sampled.frame.time_s * 25) for sampled in frames
        )


NESTING = {
    "playlist": "#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\nhttp://127.0.0.1:{port}/a.ts\n"
    "#EXT-X-ENDLIST\n",
    "playlist of a file": "#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\n{video}\n#EXT-X-ENDLIST\n",
    "concat": "ffconcat version 1.0\nfile '{video}'\n",
    "concat of an address": "ffconcat version 1.0\nfile 'http://127.0.0.1:{port}/a.mp4'\n",
    "session description": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\n"
    "m=video {port} RTP/AVP 96\na=rtpmap:96 H264/90000\n",
    "dash": '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" '
    'mediaPresentationDuration="PT5S" profiles="urn:mpeg:dash:profile:isoff-on-demand:2011">'
    '<Period><AdaptationSet mimeType="video/mp4"><Representation id="1" bandwidth="1">'
    "<BaseURL>http://127.0.0.1:{port}/a.mp4</BaseURL></Representation></AdaptationSet></Period>"
    "</MPD>",
    "address as text": "http://127.0.0.1:{port}/a.mp4",
}


@pytest.mark.parametrize("kind", NESTING)
@pytest.mark.parametrize("name", ["v.mp4", "v.m3u8", "v.ffconcat", "v.sdp", "v.mpd"])
def test_a_file_opens_no_address_and_no_other_file(tmp_path: Path, kind: str, name: str) -> None:
    inner = write_video(tmp_path / "inner.ts", frames=5)
    called = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.3)

        def listen() -> None:
            try:
                server.accept()[0].close()
                called.set()
            except TimeoutError:
                pass

        thread = threading.Thread(target=listen)
        thread.start()
        path = tmp_path / name
        path.write_text(NESTING[kind].format(port=server.getsockname()[1], video=inner))
        error = refused(path)
        thread.join()
    assert type(error) is NotAVideoError
    assert not called.is_set()


def test_a_name_that_looks_like_an_address_is_a_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_video(tmp_path / "v.mp4", frames=5)
    monkeypatch.chdir(tmp_path)
    for name in ("concat:a|b.mp4", "picture%03d.jpg", "-", "pipe:0", "ünï cödé 视频.mp4"):
        try:
            Path("v.mp4").rename(name)
        except OSError:  # Windows forbids some of them
            continue
        with open_video(Path(name)) as video:
            assert video.info.frame_count == 5
        Path(name).rename("v.mp4")


def test_ffmpeg_writes_nothing_to_the_terminal(tmp_path: Path) -> None:
    whole = bytearray(write_video(tmp_path / "whole.mkv", frames=100).read_bytes())
    whole[3000:3600] = bytes(600)
    path = tmp_path / "damaged.mkv"
    path.write_bytes(whole)
    code = (
        "import sys; from pathlib import Path\n"
        "from deepfake_desktop.core.media import open_video\n"
        "from deepfake_desktop.core.sampling import plan\n"
        "from deepfake_desktop.core.types import CancelToken\n"
        "with open_video(Path(sys.argv[1])) as video:\n"
        "    every = plan(video.info, mode='every', frames=9, budget_frames=9)\n"
        "    print(len(list(video.read(every, CancelToken()))), len(video.warnings))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True
    )
    frames, warnings = map(int, done.stdout.split())
    assert 0 < frames < 100
    assert warnings
    assert done.stderr == ""
