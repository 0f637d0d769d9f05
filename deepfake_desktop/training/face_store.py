"""A store of real faces on disk: wide crops with landmarks, read by memory map without decoding.

Two files in a folder: ``pixels.bin``, the crops' bytes one after another, and ``index.npz`` with
shape, place, landmarks, identity, source, clip and time of each. Every crop is the face box with
``STORE_MARGIN`` on each side, at most ``STORE_SIDE_PX`` high or wide.
"""

from __future__ import annotations

import csv
import logging
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from deepfake_desktop.core.types import FaceBox, Image
from deepfake_desktop.training.splits import held_out_names

logger = logging.getLogger(__name__)

STORE_MARGIN = 0.6
STORE_SIDE_PX = 448
SAMPLE_INTERVAL_S = 0.08

Landmarks = npt.NDArray[np.float32]
"""(68, 2): dlib's landmarks, x and y in pixels of the crop they come with."""


@dataclass(frozen=True, slots=True, eq=False)
class StoredFace:
    """One crop. ``clip`` is empty for a still; ``time_s`` is from the start of the clip; ``fake``
    is true only for clips that came labelled so."""

    image: Image
    landmarks: Landmarks
    identity: str
    source: str
    clip: str
    time_s: float
    fake: bool = False


def box_from_landmarks(landmarks: npt.NDArray[np.floating[Any]]) -> FaceBox:
    """The box that dlib's HOG detector draws around a face with these landmarks, on average.

    Its side is 1.03 times the larger extent S of the landmarks, its centre 0.108 S above the
    middle of their bounding box: medians over 150 portraits (spread 0.08 and 0.04 of S).
    """
    low, high = landmarks.min(axis=0), landmarks.max(axis=0)
    extent = float((high - low).max())
    centre_x, centre_y = (low + high) / 2
    centre_y -= 0.108 * extent
    half = 0.515 * extent
    return FaceBox(
        float(centre_x - half),
        float(centre_y - half),
        float(centre_x + half),
        float(centre_y + half),
    )


def eyes_and_nose_of(landmarks: Landmarks) -> Landmarks:
    """The five of the 68 landmarks that dlib's small model has, in its order: (5, 2)."""
    return landmarks[[45, 42, 36, 39, 33]]


class StoreWriter:
    """Appends faces; ``close`` writes the index. A context manager."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self._pixels = (folder / "pixels.bin").open("wb")
        self._rows: list[tuple[int, int, int, str, str, str, float, bool]] = []
        self._landmarks: list[Landmarks] = []
        self._offset = 0

    def __enter__(self) -> StoreWriter:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def append(self, face: StoredFace) -> None:
        height, width = face.image.shape[:2]
        self._pixels.write(np.ascontiguousarray(face.image).tobytes())
        self._rows.append(
            (
                self._offset,
                height,
                width,
                face.identity,
                face.source,
                face.clip,
                face.time_s,
                face.fake,
            )
        )
        self._landmarks.append(face.landmarks.astype(np.float32))
        self._offset += face.image.nbytes

    def close(self) -> None:
        self._pixels.close()
        columns = list(zip(*self._rows, strict=True)) if self._rows else [()] * 8
        np.savez(
            self.folder / "index.npz",
            offset=np.asarray(columns[0], dtype=np.int64),
            height=np.asarray(columns[1], dtype=np.int32),
            width=np.asarray(columns[2], dtype=np.int32),
            identity=np.asarray(columns[3], dtype=np.str_),
            source=np.asarray(columns[4], dtype=np.str_),
            clip=np.asarray(columns[5], dtype=np.str_),
            time_s=np.asarray(columns[6], dtype=np.float64),
            fake=np.asarray(columns[7], dtype=np.bool_),
            landmarks=np.asarray(self._landmarks, dtype=np.float32).reshape(-1, 68, 2),
        )


class FaceStore:
    """Read side. ``store[i]`` gives a face whose image is a view into the mapped file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with np.load(folder / "index.npz") as index:
            self.offset = index["offset"]
            self.height = index["height"]
            self.width = index["width"]
            self.identity: npt.NDArray[np.str_] = index["identity"]
            self.source: npt.NDArray[np.str_] = index["source"]
            self.clip: npt.NDArray[np.str_] = index["clip"]
            self.time_s = index["time_s"]
            self.landmarks: npt.NDArray[np.float32] = index["landmarks"]
            self.fake: npt.NDArray[np.bool_] = (
                index["fake"] if "fake" in index else np.zeros(len(self.offset), dtype=np.bool_)
            )
        self._held = held_out_names(str(name) for name in self.identity)
        path = folder / "pixels.bin"
        self._pixels: npt.NDArray[np.uint8] = (
            np.memmap(path, dtype=np.uint8, mode="r")
            if path.stat().st_size
            else np.zeros(0, dtype=np.uint8)
        )

    def __reduce__(self) -> tuple[type[FaceStore], tuple[Path]]:
        """Workers get the folder and map it themselves."""
        return FaceStore, (self.folder,)

    def __len__(self) -> int:
        return len(self.offset)

    def image(self, index: int) -> Image:
        height, width = int(self.height[index]), int(self.width[index])
        start = int(self.offset[index])
        return self._pixels[start : start + height * width * 3].reshape(height, width, 3)

    def __getitem__(self, index: int) -> StoredFace:
        return StoredFace(
            image=self.image(index),
            landmarks=self.landmarks[index],
            identity=str(self.identity[index]),
            source=str(self.source[index]),
            clip=str(self.clip[index]),
            time_s=float(self.time_s[index]),
            fake=bool(self.fake[index]),
        )

    def split(self, *, held_out: bool) -> npt.NDArray[np.int64]:
        """Indices of the faces whose identity is (not) held out for measuring."""
        flags = np.asarray([str(name) in self._held for name in self.identity], dtype=np.bool_)
        return np.flatnonzero(flags == held_out)

    def clips(self, indices: npt.NDArray[np.int64]) -> dict[str, list[int]]:
        """Clip name to its indices in time order; stills are left out."""
        found: dict[str, list[int]] = defaultdict(list)
        for index in indices:
            if self.clip[index]:
                found[str(self.clip[index])].append(int(index))
        return {k: sorted(v, key=lambda i: float(self.time_s[i])) for k, v in found.items()}


def cut_for_store(
    image: Image, landmarks: npt.NDArray[np.floating[Any]]
) -> tuple[Image, Landmarks] | None:
    """The face of ``image`` as the store keeps it, inside the picture only; None if too small."""
    box = box_from_landmarks(landmarks)
    margin = STORE_MARGIN * box.width_px
    height, width = image.shape[:2]
    x0, y0 = max(0, int(box.left_px - margin)), max(0, int(box.top_px - margin))
    x1, y1 = min(width, int(box.right_px + margin)), min(height, int(box.bottom_px + margin))
    if x1 - x0 < 48 or y1 - y0 < 48:
        return None
    patch = image[y0:y1, x0:x1]
    points = landmarks.astype(np.float32) - np.array([x0, y0], np.float32)
    scale = STORE_SIDE_PX / max(patch.shape[:2])
    if scale < 1:
        size = (round(patch.shape[1] * scale), round(patch.shape[0] * scale))
        patch = np.asarray(cv2.resize(patch, size, interpolation=cv2.INTER_AREA), np.uint8)
        points = points * np.array([size[0] / (x1 - x0), size[1] / (y1 - y0)], np.float32)
    return np.ascontiguousarray(patch), points


class LandmarkFinder:
    """dlib's frontal detector on a reduced picture and its 68-point predictor."""

    def __init__(self) -> None:
        import dlib
        import face_recognition_models

        self._rectangle = dlib.rectangle
        self._detect = dlib.get_frontal_face_detector()
        self._predict = dlib.shape_predictor(
            face_recognition_models.pose_predictor_model_location()
        )

    def detect(self, image: Image) -> FaceBox | None:
        """The largest face, or None. Tries a coarse picture first, then a finer one."""
        for side in (480, 960):
            scale = side / max(image.shape[:2])
            if side == 960 and scale > 2:
                scale = 2.0
            small = cv2.resize(
                image,
                None,
                fx=scale,
                fy=scale,
                interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR,
            )
            found = self._detect(small, 0)
            if found:
                best = max(found, key=lambda r: r.width())
                return FaceBox(
                    best.left() / scale,
                    best.top() / scale,
                    best.right() / scale,
                    best.bottom() / scale,
                )
        return None

    def landmarks(self, image: Image, box: FaceBox) -> Landmarks:
        rectangle = self._rectangle(
            round(box.left_px), round(box.top_px), round(box.right_px), round(box.bottom_px)
        )
        shape = self._predict(image, rectangle)
        return np.asarray([(p.x, p.y) for p in shape.parts()], dtype=np.float32)


def add_portraits(writer: StoreWriter, folder: Path) -> int:
    """A folder of stills. With ``index.csv`` (file, identity, source) and ``landmarks.npy`` as in
    the shared data set, those are used; otherwise every picture is its own identity, by its stem.

    Returns how many faces were added.
    """
    count = 0
    if (folder / "index.csv").exists() and (folder / "landmarks.npy").exists():
        with (folder / "index.csv").open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        points = np.load(folder / "landmarks.npy")
        for row, landmarks in zip(rows, points, strict=True):
            image = _read_rgb(folder / row["file"])
            if image is None:
                continue
            count += _append(writer, image, landmarks, row["identity"], row["source"], "", 0.0)
        return count
    finder = LandmarkFinder()
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() not in {".jpg", ".jpeg", ".png", ".webp", ".bmp"}:
            continue
        image = _read_rgb(path)
        box = finder.detect(image) if image is not None else None
        if image is None or box is None:
            logger.warning("no face in %s: left out", path.name)
            continue
        landmarks = finder.landmarks(image, box)
        count += _append(writer, image, landmarks, path.stem, folder.name, "", 0.0)
    return count


def add_video(
    writer: StoreWriter,
    path: Path,
    *,
    identity: str,
    source: str,
    clip: str,
    finder: LandmarkFinder,
    windows: int = 2,
    frames: int = 20,
    fake: bool = False,
) -> int:
    """``windows`` runs of ``frames`` frames, about 80 ms apart, spread over the video."""
    count = 0
    box: FaceBox | None = None
    for step, (time_s, image) in enumerate(sampled_frames(path, windows=windows, frames=frames)):
        if step % 5 == 0 or box is None:
            box = finder.detect(image) or box
        if box is None:
            continue
        landmarks = finder.landmarks(image, box)
        box = box_from_landmarks(landmarks)
        if box.width_px < 30:
            box = None
            continue
        count += _append(writer, image, landmarks, identity, source, clip, time_s, fake)
    return count


def sampled_frames(path: Path, *, windows: int, frames: int) -> Iterator[tuple[float, Image]]:
    """(time, RGB frame) of ``windows`` runs of ``frames`` frames each, every 80 ms or so."""
    import av

    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        rate = float(stream.average_rate or 25)
        stride = max(1, round(rate * SAMPLE_INTERVAL_S))
        total = stream.frames or count_frames(path)
        span = frames * stride
        windows = max(1, min(windows, total // span))
        free = max(0, total - windows * span)
        starts = [round(free * (k + 0.5) / windows) + k * span for k in range(windows)]
        wanted = {s + k * stride for s in starts for k in range(frames)}
        last = max(wanted)
        for number, frame in enumerate(container.decode(stream)):
            if number in wanted:
                yield number / rate, np.asarray(frame.to_ndarray(format="rgb24"), np.uint8)
            if number >= last:
                return


def count_frames(path: Path) -> int:
    """By decoding, for containers that do not say."""
    import av

    with av.open(str(path)) as container:
        return sum(1 for _ in container.decode(video=0))


def _append(
    writer: StoreWriter,
    image: Image,
    landmarks: npt.NDArray[np.floating[Any]],
    identity: str,
    source: str,
    clip: str,
    time_s: float,
    fake: bool = False,
) -> int:
    cut = cut_for_store(image, landmarks)
    if cut is None:
        return 0
    crop, points = cut
    writer.append(StoredFace(crop, points, identity, source, clip, time_s, fake))
    return 1


def _read_rgb(path: Path) -> Image | None:
    image = cv2.imread(str(path), cv2.IMREAD_COLOR_RGB)
    if image is None:
        logger.warning("%s cannot be read as a picture: left out", path)
        return None
    return np.asarray(image, dtype=np.uint8)
