from __future__ import annotations

import os
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QUrl

from deepfake_desktop.core.errors import Cancelled
from deepfake_desktop.core.types import CancelToken
from deepfake_desktop.ui.intake import Refused, glance, sources, take_in


def _touch(path: Path, data: bytes = b"\x00\x00\x00\x20ftypisom") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def test_urls_become_paths_and_addresses_stay() -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile("/a/b c.mp4"), QUrl("https://example.org/x.mp4")])
    assert sources(data) == ["/a/b c.mp4", "https://example.org/x.mp4"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("/a/b.mp4", ["/a/b.mp4"]),
        ('"/a/b c.mp4"\n/d.mov\n', ["/a/b c.mp4", "/d.mov"]),
        ("file:///a/b%20c.mp4", ["/a/b c.mp4"]),
        ("   \n", []),
    ],
)
def test_pasted_text_becomes_paths(text: str, found: list[str]) -> None:
    data = QMimeData()
    data.setText(text)
    assert sources(data) == found


def test_a_tilde_is_the_home() -> None:
    data = QMimeData()
    data.setText("~/clip.mp4")
    assert sources(data) == [str(Path.home() / "clip.mp4")]


def test_a_glance_counts_by_name() -> None:
    seen = glance(["/v/a.MP4", "/v/folder", "/v/m.pt", "/v/notes.txt", "https://x.org/a.mp4"])
    assert (seen.promising, seen.folders, seen.models) == (1, 1, 1)
    assert seen.refused == (
        Refused("notes.txt", "not a video"),
        Refused("https://x.org/a.mp4", "remote"),
    )
    assert seen.welcome
    assert not glance(["/v/notes.txt"]).welcome


def test_a_folder_with_a_dot_in_its_name_is_a_folder(tmp_path: Path) -> None:
    (tmp_path / "my.holiday").mkdir()
    assert glance([str(tmp_path / "my.holiday")]).folders == 1


def test_folders_are_walked_in_order_without_hidden_files(tmp_path: Path) -> None:
    for name in ("b.mp4", "A.mov", "sub/c.webm", ".hidden/x.mp4", ".y.mp4", "notes.txt"):
        _touch(tmp_path / name)
    taken = take_in([str(tmp_path)], CancelToken())
    assert [p.name for p in taken.videos] == ["A.mov", "b.mp4", "c.webm"]
    assert taken.refused == ()


def test_each_refusal_has_its_reason(tmp_path: Path) -> None:
    empty = _touch(tmp_path / "empty.mp4", b"")
    text = _touch(tmp_path / "notes.txt", b"words")
    barren = tmp_path / "barren"
    barren.mkdir()
    found = [str(tmp_path / "gone.mp4"), str(empty), str(text), str(barren), "https://x.org/a"]
    taken = take_in(found, CancelToken())
    assert taken.videos == ()
    assert taken.refused == (
        Refused("gone.mp4", "missing"),
        Refused("empty.mp4", "empty"),
        Refused("notes.txt", "not a video"),
        Refused("barren", "no video inside"),
        Refused("https://x.org/a", "remote"),
    )


def test_a_file_twice_is_one(tmp_path: Path) -> None:
    clip = _touch(tmp_path / "clip.mp4")
    taken = take_in([str(clip), str(tmp_path), str(clip)], CancelToken())
    assert taken.videos == (clip,)


def test_models_are_told_apart(tmp_path: Path) -> None:
    model = _touch(tmp_path / "model_90_acc_20_frames_x.pt")
    assert take_in([str(model)], CancelToken()).models == (model,)


def test_typescript_is_no_transport_stream(tmp_path: Path) -> None:
    _touch(tmp_path / "code.ts", b"export const x = 1")
    stream = _touch(tmp_path / "stream.ts", b"\x47" + b"\x00" * 187)
    assert take_in([str(tmp_path)], CancelToken()).videos == (stream,)


def test_a_video_under_a_wrong_name_is_known_by_its_content(tmp_path: Path) -> None:
    clip = _touch(tmp_path / "clip", b"\x1aE\xdf\xa3\x93B\x82\x88matroska" + b"\x00" * 64)
    assert take_in([str(clip)], CancelToken()).videos == (clip,)


def test_cancelling_stops_the_walk(tmp_path: Path) -> None:
    _touch(tmp_path / "a.mp4")
    cancel = CancelToken()
    cancel.cancel()
    with pytest.raises(Cancelled):
        take_in([str(tmp_path)], cancel)


def test_a_folder_that_may_not_be_read_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clip = _touch(tmp_path / "open" / "a.mp4")
    (tmp_path / "open" / "secret").mkdir()
    real = os.scandir

    def scandir(path: str) -> object:  # as root, no folder is ever refused
        if Path(path).name == "secret":
            raise PermissionError(13, "Permission denied", str(path))
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    taken = take_in([str(tmp_path / "open")], CancelToken())
    assert taken.videos == (clip,)
    assert taken.refused == (Refused("secret", "unreadable"),)
    taken = take_in([str(tmp_path / "open" / "secret")], CancelToken())
    assert taken.refused == (Refused("secret", "unreadable"),)


def test_a_video_called_otherwise_is_known_by_its_content(tmp_path: Path) -> None:
    mp4 = b"\x00\x00\x00\x20ftypisom\x00\x00\x02\x00isomiso2avc1mp41" + bytes(64)
    clip = _touch(tmp_path / "clip.txt", mp4)
    words = _touch(tmp_path / "notes.txt", b"nothing but words\n")
    taken = take_in([str(clip), str(words)], CancelToken())
    assert taken.videos == (clip,)
    assert taken.refused == (Refused("notes.txt", "not a video"),)
