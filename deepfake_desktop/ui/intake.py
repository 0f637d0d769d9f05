"""What a person drops, pastes or names, sorted into videos, models and the rest with reasons.

``glance`` is quick enough for the GUI thread while a drag hovers: it reads names.
``take_in`` looks at the disk and belongs on the chores' thread.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from PySide6.QtCore import QMimeData, QMimeDatabase, QUrl

from deepfake_desktop.core.types import CancelToken

#: Formats people meet, for the sentence in the drop area.
USUAL_SUFFIXES = ("mp4", "mov", "mkv", "webm", "avi", "gif")

_SUFFIXES = (
    "3g2 3gp asf avi divx dv f4v flv gif h264 h265 hevc ivf m1v m2ts m2v m4v mjpeg mjpg mkv mov"
    " mp2v mp4 mpe mpeg mpg mpv mts mxf nut ogm ogv qt rm rmvb ts vob webm wmv y4m"
)
VIDEO_SUFFIXES = frozenset(f".{suffix}" for suffix in _SUFFIXES.split())
#: Kinds that hold videos but are not called so.
_CONTAINERS = frozenset(("application/x-matroska", "application/mxf", "application/ogg"))
MODEL_SUFFIXES = frozenset((".pt", ".pth"))

Refusal = Literal["remote", "missing", "not a video", "empty", "no video inside", "unreadable"]


@dataclass(frozen=True, slots=True)
class Refused:
    name: str
    reason: Refusal


@dataclass(frozen=True, slots=True)
class Intake:
    videos: tuple[Path, ...] = ()
    models: tuple[Path, ...] = ()
    refused: tuple[Refused, ...] = ()


@dataclass(frozen=True, slots=True)
class Glance:
    """What a drag seems to carry, by its names: enough to light up or to refuse."""

    promising: int
    folders: int
    models: int
    refused: tuple[Refused, ...]

    @property
    def welcome(self) -> bool:
        return self.promising + self.folders + self.models > 0


def sources(data: QMimeData) -> list[str]:
    """Local paths and remote addresses in a drag or on the clipboard, as text, in order."""
    found: list[str] = []
    if data.hasUrls():
        found += [u.toLocalFile() if u.isLocalFile() else u.toString() for u in data.urls()]
    elif data.hasText():
        for line in data.text().splitlines():
            text = line.strip().strip("\"'")
            if text.startswith("file:"):
                text = QUrl(text).toLocalFile()
            if text:
                found.append(str(Path(text).expanduser()) if text.startswith("~") else text)
    return [item for item in found if item]


def _is_remote(source: str) -> bool:
    scheme, colon, _ = source.partition("://")
    return bool(colon) and scheme.isalnum() and len(scheme) > 1


def glance(found: Sequence[str]) -> Glance:
    """A first look; the disk is asked only whether a few odd names are folders."""
    promising = folders = models = 0
    refused: list[Refused] = []
    for source in found:
        suffix = Path(source).suffix.lower()
        if _is_remote(source):
            refused.append(Refused(source, "remote"))
        elif suffix in VIDEO_SUFFIXES:
            promising += 1
        elif suffix in MODEL_SUFFIXES:
            models += 1
        elif suffix == "" or (len(refused) < 8 and Path(source).is_dir()):
            folders += 1
        elif _mime_by_name(source).startswith(("video/", "application/octet-stream")):
            promising += 1
        else:
            refused.append(Refused(Path(source).name, "not a video"))
    return Glance(promising, folders, models, tuple(refused))


def _mime_by_name(source: str) -> str:
    mode = QMimeDatabase.MatchMode.MatchExtension
    return str(QMimeDatabase().mimeTypeForFile(source, mode).name())


def take_in(found: Iterable[str], cancel: CancelToken) -> Intake:
    """Looks at each; walks into folders. Order is kept, a folder's files sorted as people sort.

    Raises:
        Cancelled: between two files.
    """
    videos: dict[Path, None] = {}
    models: dict[Path, None] = {}
    refused: list[Refused] = []
    for source in found:
        cancel.raise_if_cancelled()
        if _is_remote(source):
            refused.append(Refused(source, "remote"))
            continue
        path = Path(source).absolute()
        try:
            if path.is_dir():
                closed: list[Path] = []
                inside = list(_walk(path, cancel, closed))
                videos |= dict.fromkeys(inside)
                refused += [Refused(folder.name, "unreadable") for folder in closed]
                if not inside and not closed:
                    refused.append(Refused(path.name, "no video inside"))
            elif not path.exists():
                refused.append(Refused(path.name, "missing"))
            elif path.suffix.lower() in MODEL_SUFFIXES:
                models[path] = None
            elif path.stat().st_size == 0 and path.is_file():
                refused.append(Refused(path.name, "empty"))
            elif _looks_like_video(path):
                videos[path] = None
            else:
                refused.append(Refused(path.name, "not a video"))
        except OSError:
            refused.append(Refused(path.name, "unreadable"))
    return Intake(tuple(videos), tuple(models), tuple(dict.fromkeys(refused)))


def _looks_like_video(path: Path) -> bool:
    if path.suffix.lower() in VIDEO_SUFFIXES:
        return True
    for mode in (QMimeDatabase.MatchMode.MatchDefault, QMimeDatabase.MatchMode.MatchContent):
        name = str(QMimeDatabase().mimeTypeForFile(str(path), mode).name())
        if name.startswith("video/") or name in _CONTAINERS:
            return True
    # Octets of no known kind: the engine reads contents better than names, so it decides.
    return name == "application/octet-stream" and not path.suffix


def _walk(folder: Path, cancel: CancelToken, closed: list[Path]) -> Iterable[Path]:
    """The videos in a folder; folders that may not be read are put into ``closed``."""

    def refuse(error: OSError) -> None:
        closed.append(Path(error.filename))

    for root, folders, files in os.walk(folder, onerror=refuse):
        cancel.raise_if_cancelled()
        folders[:] = sorted((f for f in folders if not f.startswith(".")), key=str.casefold)
        for name in sorted(files, key=str.casefold):
            cancel.raise_if_cancelled()
            path = Path(root, name)
            if name.startswith(".") or path.suffix.lower() not in VIDEO_SUFFIXES:
                continue
            if path.suffix.lower() != ".ts" or _is_transport_stream(path):
                yield path


def _is_transport_stream(path: Path) -> bool:
    """Tells MPEG transport streams from TypeScript: packets begin with the byte 0x47."""
    try:
        with path.open("rb") as file:
            return file.read(1) == b"\x47"
    except OSError:
        return False
