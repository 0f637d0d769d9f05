"""``train --preview``: a sheet to look at, two rows a kind, the original above its fake; below
that a real clip and its fake, every other frame."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from deepfake_desktop.core.types import Image
from deepfake_desktop.training.clips import make_clip_pair, resize_clip
from deepfake_desktop.training.dataset import PairMaker
from deepfake_desktop.training.fakes import KINDS, possible
from deepfake_desktop.training.monitor import write_sheet
from deepfake_desktop.training.on_device.fakes import BATCH_KINDS
from deepfake_desktop.training.sources import build_store
from deepfake_desktop.training.synthetic_cache import SyntheticCache
from deepfake_desktop.training.train import device_batches

if TYPE_CHECKING:
    from deepfake_desktop.training.train import Job, Report

COLUMNS = 8
FACES = 300


def draw_preview(job: Job, path: Path, report: Report) -> None:
    """Write the sheet. Cuts the faces first if that has not been done.

    Raises:
        OSError: if ``path`` cannot be written.
    """
    store = build_store(
        job.sources, job.run / "store", report=lambda name, k, n: report("faces", k, n, None)
    )
    synthetic = SyntheticCache(job.run / "synthetic", job.decoders or job.run / "decoders")
    rng = np.random.default_rng(job.recipe.seed)
    faces = store.split(held_out=False)
    if job.recipe.on_device:  # which prepares them all beforehand
        faces = np.sort(rng.choice(faces, min(len(faces), FACES), replace=False))
    maker = PairMaker(store, faces, job.recipe.pairs, synthetic)
    rows = device_rows(job, maker) if job.recipe.on_device else preview_rows(maker, rng)
    write_sheet(path, rows)


def device_rows(job: Job, maker: PairMaker) -> list[list[Image]]:
    """Two rows a kind of ``training.on_device``."""
    recipe = replace(job.recipe, frame=replace(job.recipe.frame, units=COLUMNS))
    units = device_batches(replace(job, recipe=recipe), maker)(0)
    rows: list[list[Image]] = []
    for number, kind in enumerate(BATCH_KINDS):
        pictures = units.step(number, kind=kind)[:, 0].cpu().numpy()
        rows += [list(pictures[:, 0]), list(pictures[:, 1])]
    return rows


def preview_rows(maker: PairMaker, rng: np.random.Generator) -> list[list[Image]]:
    """Rows of ``COLUMNS`` pictures of the recipe's image size."""
    rows: list[list[Image]] = []
    for kind in KINDS:
        originals: list[Image] = []
        fakes: list[Image] = []
        for _ in range(20 * COLUMNS):
            if len(originals) == COLUMNS:
                break
            subject = maker.subject(maker.draw_covered_face(rng), rng)
            if possible(kind, subject):
                pair = maker.pair(subject, rng, kind=kind)
                originals.append(pair.real)
                fakes.append(pair.fake)
        if len(originals) == COLUMNS:
            rows += [originals, fakes]
    clip = make_clip_pair(maker, rng, frames=2 * COLUMNS)
    size = maker.settings.image_size
    rows += [list(resize_clip(part[::2], size)) for part in (clip.real, clip.fake)]
    return rows
