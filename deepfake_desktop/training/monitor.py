"""The few figures that a run watches while it goes: AUC on made fakes and on measuring clips."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from deepfake_desktop.core.crops import crop_face
from deepfake_desktop.core.network import normalise
from deepfake_desktop.core.types import Image
from deepfake_desktop.training.dataset import PairMaker, PairSettings
from deepfake_desktop.training.face_store import FaceStore, box_from_landmarks
from deepfake_desktop.training.synthetic_cache import SyntheticCache

Scorer = Callable[[Tensor], Tensor]
"""(B, 3, H, W) normalised to (B,) logits of fake."""


def auc(real: Sequence[float], fake: Sequence[float]) -> float:
    """The share of (real, fake) pairs in the right order, ties half; NaN without both."""
    if not len(real) or not len(fake):
        return float("nan")
    a, b = np.asarray(real)[:, None], np.asarray(fake)[None]
    return float((a < b).mean() + 0.5 * (a == b).mean())


def made_set(
    store: FaceStore,
    settings: PairSettings,
    synthetic: SyntheticCache | None,
    *,
    pairs: int,
    seed: int,
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8], list[str]]:
    """Fixed pairs of held-out identities: reals, fakes (P, S, S, 3), kinds."""
    maker = PairMaker(store, store.split(held_out=True), settings, synthetic)
    rng = np.random.default_rng(seed)
    made = [maker.unit(rng, views=1)[0] for _ in range(pairs)]
    return (
        np.stack([p.real for p in made]),
        np.stack([p.fake for p in made]),
        [p.kind for p in made],
    )


@torch.inference_mode()
def score_images(scorer: Scorer, images: npt.NDArray[np.uint8], *, batch: int = 24) -> list[float]:
    scores: list[float] = []
    for start in range(0, len(images), batch):
        part = normalise(torch.from_numpy(images[start : start + batch]))
        scores += scorer(part).tolist()
    return scores


def made_auc(
    scorer: Scorer,
    made: tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8], list[str]],
) -> dict[str, float]:
    """AUC over all pairs and per kind of fake (against all reals)."""
    reals, fakes, kinds = made
    low, high = score_images(scorer, reals), score_images(scorer, fakes)
    result = {"made": auc(low, high)}
    by_kind: dict[str, list[float]] = defaultdict(list)
    for kind, value in zip(kinds, high, strict=True):
        by_kind[kind].append(value)
    for kind, values in sorted(by_kind.items()):
        result[f"made_{kind}"] = auc(low, values)
    result["made_pairs"] = float(np.mean(np.asarray(low) < np.asarray(high)))
    return result


def family_of(label: str, method: str) -> str:
    """real, swap, lip or head, from the measuring set's ``label`` and ``method``."""
    if label == "real":
        return "real"
    name = method.lower()
    if "lip" in name:
        return "lip"
    if any(word in name for word in ("talk", "portrait")):
        return "head"
    return "swap"


def clip_crops(
    store: FaceStore, *, size: int, margin: float, frames: int
) -> dict[str, tuple[str, npt.NDArray[np.uint8]]]:
    """Clip name to (family, crops (N, S, S, 3)). The store's identity reads label|method|group."""
    found: dict[str, tuple[str, npt.NDArray[np.uint8]]] = {}
    for clip, indices in store.clips(np.arange(len(store))).items():
        label, method, _ = str(store.identity[indices[0]]).split("|")
        chosen = [
            indices[int(k)] for k in np.linspace(0, len(indices) - 1, min(frames, len(indices)))
        ]
        crops = [
            crop_face(
                store.image(i), box_from_landmarks(store.landmarks[i]), margin=margin, size=size
            )
            for i in chosen
        ]
        found[clip] = (family_of(label, method), np.stack(crops))
    return found


def clip_aucs(scores: Mapping[str, tuple[str, float]]) -> dict[str, float]:
    """Per family against the real clips, and all together."""
    by: dict[str, list[float]] = defaultdict(list)
    for family, value in scores.values():
        by[family].append(value)
    fakes = [v for f, values in by.items() if f != "real" for v in values]
    result = {name: auc(by["real"], by[name]) for name in ("swap", "lip", "head")}
    result["all"] = auc(by["real"], fakes)
    return result


def write_sheet(path: Path, rows: Sequence[Sequence[Image]]) -> None:
    """Pictures of one size side by side, PNG."""
    picture = np.vstack([np.hstack(list(row)) for row in rows])
    if not cv2.imwrite(str(path), picture[..., ::-1]):
        raise OSError(f"{path} cannot be written")
