"""From folders and lists of real (and labelled fake) material to one face store."""

from __future__ import annotations

import csv
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from deepfake_desktop.core.errors import UsageError
from deepfake_desktop.training.face_store import (
    FaceStore,
    LandmarkFinder,
    StoreWriter,
    add_portraits,
    add_video,
)
from deepfake_desktop.training.layouts import VIDEO_SUFFIXES, LabelledClip, read_folder

logger = logging.getLogger(__name__)

Report = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Sources:
    """``faces``: folders of real stills. ``video_lists``: CSV files naming real clips (columns
    file, and where present identity or group, label, train_allowed, licence). ``real``, ``fake``:
    folders of videos. ``labelled``: a folder in one of the field's layouts. ``exclude``: words;
    rows of a list that contain one (a file's name, a licence) are left out."""

    faces: tuple[Path, ...] = ()
    video_lists: tuple[Path, ...] = ()
    real: tuple[Path, ...] = ()
    fake: tuple[Path, ...] = ()
    labelled: tuple[Path, ...] = ()
    exclude: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Video:
    path: Path
    identity: str
    source: str
    fake: bool


def build_store(
    sources: Sources, folder: Path, *, windows: int = 2, report: Report | None = None
) -> FaceStore:
    """Cut every face once. A finished store in ``folder`` is used as it is.

    Raises:
        UsageError: if no face was found, or a source is not there.
    """
    done = folder / "complete"
    if done.exists():
        return FaceStore(folder)
    videos = _videos(sources)
    for still_folder in sources.faces:
        if not still_folder.is_dir():
            raise UsageError("is no folder of faces", path=still_folder)
    with StoreWriter(folder) as writer:
        count = 0
        for still_folder in sources.faces:
            count += add_portraits(writer, still_folder)
        finder = LandmarkFinder()
        for number, video in enumerate(videos, start=1):
            if report is not None:
                report(video.path.name, number, len(videos))
            try:
                found = add_video(
                    writer,
                    video.path,
                    identity=video.identity,
                    source=video.source,
                    clip=str(video.path),
                    finder=finder,
                    windows=windows,
                    fake=video.fake,
                )
            except (OSError, ValueError) as error:
                logger.warning("%s cannot be used: %s", video.path, error)
                continue
            if not found:
                logger.warning("no face in %s: left out", video.path)
            count += found
    if not count:
        raise UsageError("no face was found in anything given", remedy="Check the folders.")
    done.touch()
    return FaceStore(folder)


def build_watch_store(path: Path, folder: Path, *, report: Report | None = None) -> FaceStore:
    """One window of each clip of a labelled list that may *not* be trained on.

    The store's identity reads label|method|group (``monitor.clip_crops``).
    """
    done = folder / "complete"
    if done.exists():
        return FaceStore(folder)
    rows = [row for row in _rows(path) if not row.get("train_allowed", "no").startswith("yes")]
    with StoreWriter(folder) as writer:
        finder = LandmarkFinder()
        for number, row in enumerate(rows, start=1):
            if report is not None:
                report(row["file"], number, len(rows))
            group = row.get("group") or row["file"]
            add_video(
                writer,
                path.parent / row["file"],
                identity=f"{row['label']}|{row.get('method') or row['label']}|{group}",
                source=group,
                clip=row["file"],
                finder=finder,
                windows=1,
            )
    done.touch()
    return FaceStore(folder)


def _videos(sources: Sources) -> list[_Video]:
    found: list[_Video] = []
    for path in sources.video_lists:
        found += _from_list(path, exclude=sources.exclude)
    for folders, fake in ((sources.real, False), (sources.fake, True)):
        for folder in folders:
            found += _from_folder(folder, fake=fake)
    for folder in sources.labelled:
        found += [_from_clip(clip, folder) for clip in read_folder(folder) if _may_train(clip)]
    return found


def _from_list(path: Path, *, exclude: Sequence[str]) -> list[_Video]:
    rows = _rows(path)
    found = []
    for row in rows:
        if row.get("label", "real") != "real":
            continue
        if not row.get("train_allowed", "yes").startswith("yes"):
            continue
        if any(word in value for word in exclude for value in row.values() if value):
            continue
        identity = row.get("identity") or row.get("source_path") or row["file"]
        source = row.get("group") or Path(row["file"]).parent.name or path.parent.name
        found.append(_Video(path.parent / row["file"], identity, source, fake=False))
    return found


def _rows(path: Path) -> list[dict[str, str]]:
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
    except OSError as error:
        raise UsageError(f"the list cannot be read ({error.strerror})", path=path) from error
    if rows and "file" not in rows[0]:
        raise UsageError("the list has no column `file`", path=path)
    return rows


def _from_folder(folder: Path, *, fake: bool) -> list[_Video]:
    """Each subfolder is a person; a file directly in ``folder`` is a person by its stem."""
    if not folder.is_dir():
        raise UsageError("is no folder of videos", path=folder)
    found = []
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() in VIDEO_SUFFIXES and path.is_file():
            parts = path.relative_to(folder).parts
            identity = parts[0] if len(parts) > 1 else path.stem
            found.append(_Video(path, identity, folder.name, fake=fake))
    if not found:
        raise UsageError("holds no video", path=folder)
    return found


def _may_train(clip: LabelledClip) -> bool:
    return clip.train_allowed is not False


def _from_clip(clip: LabelledClip, folder: Path) -> _Video:
    identity = "+".join(clip.identities) or clip.group
    return _Video(clip.path, identity, f"{folder.name}/{clip.method}", fake=clip.fake)
