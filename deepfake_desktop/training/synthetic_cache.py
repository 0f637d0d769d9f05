"""Reconstructions of stored faces by neural decoders, made once and kept on disk.

``pixels.bin`` and ``rows.csv`` grow together, so making them can be broken off and gone on with,
and a training that is already running can be started again with more of them.
"""

from __future__ import annotations

import csv
import logging
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from deepfake_desktop.core.types import Image
from deepfake_desktop.training.face_store import FaceStore, box_from_landmarks

logger = logging.getLogger(__name__)

FITTED = "fitted_"
"""What the names of networks that training itself fitted begin with (``decoders``)."""

_FIELDS = ("face", "name", "height", "width", "offset")


class SyntheticCache:
    """Read side of one or more folders: what there is for a face, at the decoder's size."""

    def __init__(self, *folders: Path) -> None:
        self.folders = folders
        self.rows: dict[int, list[tuple[str, int, int, int, int]]] = defaultdict(list)
        self._pixels: list[npt.NDArray[np.uint8]] = []
        for folder in folders:
            path = folder / "rows.csv"
            if not path.exists() or not (folder / "pixels.bin").stat().st_size:
                continue
            pixels = np.memmap(folder / "pixels.bin", dtype=np.uint8, mode="r")
            with path.open(newline="", encoding="utf-8") as file:
                for row in csv.DictReader(file):
                    size = int(row["height"]), int(row["width"]), int(row["offset"])
                    if size[2] + size[0] * size[1] * 3 <= len(pixels):
                        place = (row["name"], *size, len(self._pixels))
                        self.rows[int(row["face"])].append(place)
            self._pixels.append(pixels)

    def __reduce__(self) -> tuple[type[SyntheticCache], tuple[Path, ...]]:
        return SyntheticCache, self.folders

    def __len__(self) -> int:
        return sum(len(rows) for rows in self.rows.values())

    def faces(self) -> list[int]:
        return sorted(self.rows)

    def images(self, face: int) -> dict[str, Image]:
        """Name to picture, RGB uint8, smaller or larger than the stored crop."""
        found = {}
        for name, height, width, offset, file in self.rows.get(face, ()):
            flat = self._pixels[file][offset : offset + height * width * 3]
            found[name] = flat.reshape(height, width, 3)
        return found


class SyntheticWriter:
    """Appends; safe to break off between two calls."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        rows = folder / "rows.csv"
        fresh = not rows.exists()
        self._pixels = (folder / "pixels.bin").open("ab")
        self._file = rows.open("a", newline="", encoding="utf-8")
        self._rows = csv.writer(self._file)
        if fresh:
            self._rows.writerow(_FIELDS)

    def append(self, face: int, name: str, image: Image) -> None:
        offset = self._pixels.seek(0, 2)
        self._pixels.write(np.ascontiguousarray(image).tobytes())
        self._pixels.flush()
        self._rows.writerow([face, name, image.shape[0], image.shape[1], offset])
        self._file.flush()

    def close(self) -> None:
        self._pixels.close()
        self._file.close()


def sized_for_decoder(
    store: FaceStore, face: int, rng: np.random.Generator, *, largest_px: int = 320
) -> Image:
    """The crop scaled so that the face is 90 to 200 px wide; sides divisible by 8."""
    image = store.image(face)
    box_px = box_from_landmarks(store.landmarks[face]).width_px
    wanted = float(np.exp(rng.uniform(np.log(90), np.log(200))))
    scale = min(1.0, wanted / box_px, largest_px / max(image.shape[:2]))
    sides = [max(64, int(s * scale) // 8 * 8) for s in image.shape[:2]]
    return np.asarray(
        cv2.resize(image, (sides[1], sides[0]), interpolation=cv2.INTER_AREA), dtype=np.uint8
    )


def reconstruct(
    store: FaceStore, faces: Iterator[int], weights: Path, folder: Path, *, seed: int
) -> Iterator[int]:
    """Encode, disturb the latent a little, decode; yields each face's index once it is on disk."""
    import torch

    from deepfake_desktop.training.autoencoder import AutoEncoder

    network = AutoEncoder(weights)
    writer = SyntheticWriter(folder)
    rng = np.random.default_rng(seed)
    try:
        for face in faces:
            image = sized_for_decoder(store, face, rng)
            x = torch.from_numpy(image).permute(2, 0, 1)[None].float().div(255)
            latent = network.encode(x.contiguous(memory_format=torch.channels_last))
            amount = float(rng.choice([0.0, 0.1, 0.2, 0.35]))
            grain = int(rng.choice([1, 2, 4]))
            coarse = torch.from_numpy(
                rng.standard_normal(
                    (1, latent.shape[1], -(-latent.shape[2] // grain), -(-latent.shape[3] // grain))
                ).astype(np.float32)
            )
            noise = torch.nn.functional.interpolate(
                coarse, size=latent.shape[2:], mode="bilinear", align_corners=False
            )
            latent = latent + noise * amount * latent.std()
            if rng.random() < 0.3:  # a smaller latent, as stronger compression leaves
                small = torch.nn.functional.avg_pool2d(latent, 2, ceil_mode=True)
                soft = torch.nn.functional.interpolate(
                    small, size=latent.shape[2:], mode="bilinear", align_corners=False
                )
                latent = latent + (soft - latent) * float(rng.uniform(0.1, 0.4))
            decoded = network.decode(latent)[0].permute(1, 2, 0).mul(255).round().byte().numpy()
            writer.append(face, "taef2", decoded)
            yield face
    finally:
        writer.close()
