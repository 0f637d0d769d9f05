"""Stored faces sent through the fitted networks, once, and kept beside them.

The folder holds one file a network, ``key.json`` (which store the pictures belong to) and the
pictures as ``SyntheticCache`` reads them: by the face's index in the store and the network's name.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from deepfake_desktop.core.errors import UsageError
from deepfake_desktop.core.types import Image
from deepfake_desktop.training.decoders.fit import draw_face_px, fit_all
from deepfake_desktop.training.decoders.networks import Batch, DecoderNetwork
from deepfake_desktop.training.decoders.samples import Clips, Work, prepare, resized, to_batch
from deepfake_desktop.training.decoders.settings import DecoderSettings
from deepfake_desktop.training.face_store import FaceStore, box_from_landmarks
from deepfake_desktop.training.synthetic_cache import FITTED, SyntheticCache, SyntheticWriter

logger = logging.getLogger(__name__)

_WINDOW = 20
_RESTORED_SHARE = 0.35
_MOUTH_PX = (80.0, 130.0)


@dataclass(frozen=True, slots=True)
class _Errand:
    """Faces that go through the network ``name`` as one clip; a single face is a clip of one."""

    name: str
    faces: tuple[int, ...]
    number: int


def prepare_decoders(
    store: FaceStore,
    settings: DecoderSettings,
    folder: Path,
    *,
    seed: int,
    report: Callable[[str, int, int], None],
) -> SyntheticCache:
    """Fit what is missing, reconstruct what is missing.

    Raises:
        UsageError: if ``folder`` belongs to another store, or a network's name is unknown.
    """
    check_key(store, folder)
    networks = fit_all(
        store, settings, folder, seed=seed, report=lambda name, k, n: report(f"fit {name}", k, n)
    )
    for done, total in reconstruct(store, networks, settings, folder, seed=seed):
        report("decoders", done, total)
    return SyntheticCache(folder)


def check_key(store: FaceStore, folder: Path) -> None:
    """Tie ``folder`` to ``store``, or see that it is tied to it."""
    key = store_key(store)
    path = folder / "key.json"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({"store": key}), encoding="utf-8")
    elif json.loads(path.read_text(encoding="utf-8")).get("store") != key:
        raise UsageError(
            "holds decoders and reconstructions of other faces",
            path=folder,
            remedy="Give another folder, or the sources that it was made from.",
        )


def store_key(store: FaceStore) -> str:
    """The same for the same faces in the same order, wherever the store lies."""
    digest = hashlib.sha256()
    for column in (store.identity, store.clip):
        digest.update("\n".join(column.tolist()).encode())
    for numbers in (store.height, store.width, store.landmarks):
        digest.update(np.ascontiguousarray(numbers).tobytes())
    return digest.hexdigest()


def reconstruct(
    store: FaceStore,
    networks: Mapping[str, DecoderNetwork],
    settings: DecoderSettings,
    folder: Path,
    *,
    seed: int,
) -> Iterator[tuple[int, int]]:
    """Yields (pictures made, pictures to make) as they reach the disk.

    Stops where the folder holds as many as are asked for, whichever networks made them.
    """
    if not networks:
        return
    errands = plan_errands(store, sorted(networks), settings, seed=seed)
    there = SyntheticCache(folder)
    have = {(face, name) for face, rows in there.rows.items() for name, *_ in rows}
    missing = [e for e in errands if any((f, FITTED + e.name) not in have for f in e.faces)]
    missing.sort(key=lambda e: e.faces[0] in there.rows)  # faces without any first
    total, done = sum(len(e.faces) for e in errands) - len(there), 0
    clips = store.clips(np.flatnonzero(~store.fake))
    writer = SyntheticWriter(folder)
    try:
        for errand in missing:
            if done >= total:
                break
            rng = np.random.default_rng((seed, errand.number))
            for face, picture in _render(store, errand, networks, settings, clips, rng):
                writer.append(face, FITTED + errand.name, picture)
                done += 1
                yield done, total
    finally:
        writer.close()


def plan_errands(
    store: FaceStore, names: list[str], settings: DecoderSettings, *, seed: int
) -> list[_Errand]:
    """Which face goes through which network: half stills, half frames of clips, and whole windows
    between them. More faces or windows asked for later leave the first ones as they are."""
    rng = np.random.default_rng(seed)
    real = np.flatnonzero(~store.fake)
    is_clip = np.asarray([bool(store.clip[i]) for i in real])
    groups = [rng.permutation(real[~is_clip]).tolist(), rng.permutation(real[is_clip]).tolist()]
    mixed = [face for pair in zip(*groups, strict=False) for face in pair]
    short = min(map(len, groups))
    mixed += groups[0][short:] + groups[1][short:]
    singles = []
    for face in mixed:
        order = rng.permutation(names)[: settings.per_face]
        singles += [(str(name), (face,)) for name in order]
    windows = []
    for members in store.clips(real).values():
        runs = [tuple(members[k : k + _WINDOW]) for k in range(0, len(members), _WINDOW)]
        windows += [run for run in runs if len(run) == _WINDOW]
    runs = [windows[int(k)] for k in rng.permutation(len(windows))]
    whole = [(str(rng.choice(names)), run) for run in runs][: settings.clips]
    singles = singles[: settings.faces * settings.per_face]
    errands = [_Errand(name, faces, k) for k, (name, faces) in enumerate(singles)]
    for k, (name, faces) in enumerate(whole):
        place = (k + 1) * len(errands) // (len(whole) + 1)
        errands.insert(place, _Errand(name, faces, 10**7 + k))
    return errands


@torch.inference_mode()
def _render(
    store: FaceStore,
    errand: _Errand,
    networks: Mapping[str, DecoderNetwork],
    settings: DecoderSettings,
    clips: Clips,
    rng: np.random.Generator,
) -> Iterator[tuple[int, Image]]:
    """The crops with the reconstruction in them; the disturbance of the latents drifts."""
    network = networks[errand.name]
    task = network.plan.task
    face_px = float(rng.uniform(*_MOUTH_PX)) if task == "mouth" else draw_face_px(rng, settings)
    restorer = next((n for n in networks.values() if n.plan.task == "restore"), None)
    polished = task != "restore" and rng.random() < _RESTORED_SHARE
    amount = float(rng.choice([0.0, 0.05, 0.1, 0.2]))
    cells = int(rng.choice([6, 12, 24]))
    members = clips.get(str(store.clip[errand.faces[0]]), [])
    others = [i for i in members if i not in errand.faces] or members
    other = int(rng.choice(others)) if others else None
    scale = face_px / box_from_landmarks(store.landmarks[errand.faces[0]]).width_px
    noise = rng.standard_normal((1, 1, cells, cells))
    for face in errand.faces:
        width_px = box_from_landmarks(store.landmarks[face]).width_px
        work = prepare(store, face, task, rng, face_px=scale * width_px, clips=clips, other=other)
        noise = 0.9 * noise + np.sqrt(1 - 0.9**2) * rng.standard_normal(noise.shape)
        batch, _ = to_batch([work])
        disturb = torch.from_numpy(amount * noise).float() if amount else None
        made = network(batch, disturb).clamp(0, 1)
        if polished and restorer is not None:
            made = restorer(Batch(made)).clamp(0, 1)
        decoded = made[0].permute(1, 2, 0).mul(255).round().byte().numpy()
        yield face, _in_crop(store.image(face), work, decoded)


def _in_crop(crop: Image, work: Work, decoded: Image) -> Image:
    """The stored crop at the network's scale, with what it made in its window."""
    left, top, right, bottom = work.window
    height, width = decoded.shape[:2]
    ratio = width / (right - left), height / (bottom - top)
    x, y = round(left * ratio[0]), round(top * ratio[1])
    size = (
        max(x + width, round(crop.shape[1] * ratio[0])),
        max(y + height, round(crop.shape[0] * ratio[1])),
    )
    whole = resized(crop, size).copy()
    whole[y : y + height, x : x + width] = decoded
    return whole
