"""Folders of labelled videos, in the layouts that the field's data sets come in.

``read_folder`` recognises, in this order: an ``index.csv`` (file, label, method, group,
train_allowed), FaceForensics++, Celeb-DF, DFDC (metadata.json), and plain ``real/`` and ``fake/``
folders. Where the names tell who is seen, ``identities`` says so, and ``split_by_identity`` keeps
each person on one side.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from deepfake_desktop.core.errors import UsageError
from deepfake_desktop.training.splits import is_held_out

Family = Literal["real", "face swap", "lip sync", "talking head", "reenactment", "other"]
Side = Literal["train", "val", "test"]

VIDEO_SUFFIXES = frozenset(
    f".{ending}"
    for ending in (
        *("mp4", "mov", "m4v", "mkv", "webm", "avi", "3gp", "wmv", "flv", "mpg", "mpeg", "ts"),
        *("gif", "webp"),
    )
)

FAMILY_WORDS: tuple[tuple[str, Family], ...] = (
    ("wav2lip", "lip sync"),
    ("hyperlips", "lip sync"),
    ("lip-sync", "lip sync"),
    ("lip sync", "lip sync"),
    ("video-retalking", "lip sync"),
    ("edtalk", "talking head"),
    ("anitalker", "talking head"),
    ("sadtalker", "talking head"),
    ("talking head", "talking head"),
    ("face2face", "reenactment"),
    ("neuraltextures", "reenactment"),
    ("roop", "face swap"),
    ("inswapper", "face swap"),
    ("faceswap", "face swap"),
    ("face swap", "face swap"),
    ("faceshifter", "face swap"),
    ("deepfake", "face swap"),  # web and film deepfakes, FF++ Deepfakes, DeepFakeDetection
    ("celeb-synthesis", "face swap"),
    ("dfdc", "face swap"),  # DFDC does not tell its methods apart; most are swaps
)
"""The first word found in a fake's method (lower case) decides its family."""


@dataclass(frozen=True, slots=True)
class LabelledClip:
    """One video and what its publisher says of it.

    ``name`` is the path below the folder, with forward slashes. Clips of one ``group`` belong to
    one recording or one target person. ``train_allowed`` is None where the layout says nothing.
    ``side`` is the data set's own split, None where it has none.
    """

    path: Path
    name: str
    fake: bool
    method: str
    family: Family
    group: str
    identities: tuple[str, ...] = ()
    train_allowed: bool | None = None
    side: Side | None = None


def family_of(method: str, *, fake: bool) -> Family:
    """The family a method belongs to, by ``FAMILY_WORDS``; "other" for a method not in it."""
    if not fake:
        return "real"
    lowered = method.lower()
    for word, family in FAMILY_WORDS:
        if word in lowered:
            return family
    return "other"


def read_folder(folder: Path) -> tuple[LabelledClip, ...]:
    """The clips of ``folder``, sorted by name.

    Raises:
        UsageError: if it is no folder, is in none of the layouts, or lists files it does not have.
    """
    if not folder.is_dir():
        raise UsageError(
            "is not a folder.", path=folder, remedy="Give a folder of labelled videos."
        )
    for is_layout, read in _LAYOUTS:
        if is_layout(folder):
            clips = tuple(sorted(read(folder), key=lambda clip: clip.name))
            if not clips:
                raise UsageError("holds no labelled video.", path=folder)
            return clips
    raise UsageError(
        "is in no layout this program knows.",
        path=folder,
        remedy="Put videos into real/ and fake/ inside it, or write an index.csv "
        "(file,label,method,group,train_allowed). FaceForensics++, Celeb-DF and DFDC are read too.",
    )


# --- index.csv -----------------------------------------------------------------------------------


def _is_indexed(folder: Path) -> bool:
    index = folder / "index.csv"
    if not index.is_file():
        return False
    with index.open(newline="", encoding="utf-8") as lines:
        header = next(csv.reader(lines), [])
    return {"file", "label"} <= set(header)


def _read_indexed(folder: Path) -> Iterator[LabelledClip]:
    with (folder / "index.csv").open(newline="", encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    for number, row in enumerate(rows, start=2):
        label = row["label"].strip().lower()
        if label not in ("real", "fake"):
            raise UsageError(
                f"line {number}: label {row['label']!r} is neither real nor fake.",
                path=folder / "index.csv",
            )
        path = folder / row["file"]
        if not path.is_file():
            raise UsageError(
                f"line {number} names a file that is not there: {row['file']}.",
                path=folder / "index.csv",
            )
        allowed = row.get("train_allowed")
        group = row.get("group") or row["file"]
        yield _clip(
            folder,
            path,
            fake=label == "fake",
            method=row.get("method") or label,
            group=group,
            identities=(group,),
            train_allowed=None if not allowed else allowed.lower().startswith("yes"),
        )


# --- FaceForensics++ -----------------------------------------------------------------------------


def _is_faceforensics(folder: Path) -> bool:
    return any((folder / name).is_dir() for name in ("original_sequences", "manipulated_sequences"))


def _read_faceforensics(folder: Path) -> Iterator[LabelledClip]:
    """original_sequences/youtube/c23/videos/033.mp4, manipulated_sequences/Deepfakes/c23/videos/
    033_097.mp4 (face of 097 on video 033). Official split lists (train.json, val.json, test.json:
    pairs of numbers) are used where they lie in the folder or in splits/."""
    sides = _faceforensics_sides(folder)
    for top, fake in (("original_sequences", False), ("manipulated_sequences", True)):
        for path in _videos(folder / top):
            parts = path.relative_to(folder / top).parts
            method, compression = parts[0], parts[1] if len(parts) > 2 else ""
            match = re.match(r"(\d+)(?:_(\d+))?", path.stem)
            people = [n for n in match.groups() if n] if match else [path.stem]
            if "DeepFakeDetection" in method or method == "actors":  # 01_02__talking__ABCD.mp4
                people = [f"actor{n}" for n in (people if fake else people[:1])]
            yield _clip(
                folder,
                path,
                fake=fake,
                method=f"FF++ {method} {compression}".strip(),
                group=people[0],
                identities=tuple(people),
                side=sides.get(people[0]),
            )


def _faceforensics_sides(folder: Path) -> dict[str, Side]:
    sides: dict[str, Side] = {}
    names: tuple[Side, ...] = ("train", "val", "test")
    for side in names:
        for place in (folder / f"{side}.json", folder / "splits" / f"{side}.json"):
            if place.is_file():
                for pair in json.loads(place.read_text(encoding="utf-8")):
                    sides.update({str(number): side for number in pair})
                break
    return sides


# --- Celeb-DF ------------------------------------------------------------------------------------


def _is_celeb_df(folder: Path) -> bool:
    return any((folder / name).is_dir() for name in ("Celeb-synthesis", "Celeb-real"))


def _read_celeb_df(folder: Path) -> Iterator[LabelledClip]:
    """Celeb-real/id0_0000.mp4, YouTube-real/00000.mp4, Celeb-synthesis/id0_id1_0000.mp4. The
    official List_of_testing_videos.txt marks the test side."""
    tested: set[str] = set()
    listing = folder / "List_of_testing_videos.txt"
    if listing.is_file():
        lines = listing.read_text(encoding="utf-8").splitlines()
        tested = {line.split(maxsplit=1)[1].strip() for line in lines if line.strip()}
    for top, fake in (("Celeb-real", False), ("YouTube-real", False), ("Celeb-synthesis", True)):
        for path in _videos(folder / top):
            people = re.findall(r"id\d+", path.stem) or [f"youtube{path.stem}"]
            name = path.relative_to(folder).as_posix()
            yield _clip(
                folder,
                path,
                fake=fake,
                method=f"Celeb-DF {top}",
                group=people[0],
                identities=tuple(people),
                side=("test" if name in tested else "train") if tested else None,
            )


# --- DFDC ----------------------------------------------------------------------------------------


def _metadata_files(folder: Path) -> list[Path]:
    own = folder / "metadata.json"
    return [own] if own.is_file() else sorted(folder.glob("*/metadata.json"))


def _is_dfdc(folder: Path) -> bool:
    return bool(_metadata_files(folder))


def _read_dfdc(folder: Path) -> Iterator[LabelledClip]:
    """metadata.json: {"a.mp4": {"label": "FAKE", "split": "train", "original": "b.mp4"}}. A fake
    and its original form a group; who is seen is not published. Missing videos are passed over,
    since the set is spread over many archives."""
    for metadata in _metadata_files(folder):
        try:
            entries = json.loads(metadata.read_text(encoding="utf-8"))
            rows = [(name, str(entry["label"]).upper(), entry) for name, entry in entries.items()]
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise UsageError("is no DFDC metadata file.", path=metadata) from error
        for name, label, entry in rows:
            path = metadata.parent / name
            if label not in ("REAL", "FAKE") or not path.is_file():
                continue
            source = Path(entry.get("original") or name).stem
            sides: dict[str, Side] = {"train": "train", "validate": "val", "test": "test"}
            yield _clip(
                folder,
                path,
                fake=label == "FAKE",
                method="DFDC",
                group=source,
                identities=(source,),
                side=sides.get(str(entry.get("split", ""))),
            )


# --- plain ---------------------------------------------------------------------------------------


def _is_plain(folder: Path) -> bool:
    return any((folder / name).is_dir() for name in ("real", "fake"))


def _read_plain(folder: Path) -> Iterator[LabelledClip]:
    """real/*.mp4, fake/*.mp4; real/PERSON/*.mp4 and fake/PERSON/*.mp4 where people are known."""
    for label in ("real", "fake"):
        for path in _videos(folder / label):
            parts = path.relative_to(folder / label).parts
            person = parts[0] if len(parts) > 1 else ""
            yield _clip(
                folder,
                path,
                fake=label == "fake",
                method=label,
                group=person or f"{label}/{path.name}",
                identities=(person,) if person else (),
            )


# --- shared --------------------------------------------------------------------------------------

_LAYOUTS: tuple[tuple[Callable[[Path], bool], Callable[[Path], Iterator[LabelledClip]]], ...] = (
    (_is_indexed, _read_indexed),
    (_is_faceforensics, _read_faceforensics),
    (_is_celeb_df, _read_celeb_df),
    (_is_dfdc, _read_dfdc),
    (_is_plain, _read_plain),
)


def _videos(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return sorted(
        p for p in folder.rglob("*") if p.suffix.lower() in VIDEO_SUFFIXES and p.is_file()
    )


def _clip(
    folder: Path,
    path: Path,
    *,
    fake: bool,
    method: str,
    group: str,
    identities: tuple[str, ...],
    train_allowed: bool | None = None,
    side: Side | None = None,
) -> LabelledClip:
    return LabelledClip(
        path=path,
        name=path.relative_to(folder).as_posix(),
        fake=fake,
        method=method,
        family=family_of(method, fake=fake),
        group=group,
        identities=identities,
        train_allowed=train_allowed,
        side=side,
    )


@dataclass(frozen=True, slots=True)
class Split:
    """``dropped`` show people of both sides together (a face of one on a video of the other)."""

    train: tuple[LabelledClip, ...]
    held_out: tuple[LabelledClip, ...]
    dropped: tuple[LabelledClip, ...]


def split_by_identity(clips: Iterable[LabelledClip]) -> Split:
    """Clips whose people are all held out, all not, or mixed.

    A data set's own split comes first (val and test are held out). Otherwise each name falls on
    its side by hash (``training.splits``), so it stays there when the folder grows. Clips without
    identities are split by group.
    """
    train: list[LabelledClip] = []
    held: list[LabelledClip] = []
    dropped: list[LabelledClip] = []
    for clip in clips:
        if clip.side is not None:
            (train if clip.side == "train" else held).append(clip)
            continue
        sides = {is_held_out(name) for name in clip.identities or (clip.group,)}
        if len(sides) == 2:
            dropped.append(clip)
        else:
            (held if sides.pop() else train).append(clip)
    return Split(tuple(train), tuple(held), tuple(dropped))
