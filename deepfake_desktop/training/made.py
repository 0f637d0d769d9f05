"""Made fakes of people never trained on: how a checkpoint does on what it was taught, unseen.

The pairs are those of the sequence stage (``clips.make_clip_pair``), of held-out identities, the
same ones for every checkpoint. They are made once per crop geometry and kept.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np

from deepfake_desktop.core.cards import Card, calibrated
from deepfake_desktop.core.checkpoints import CheckpointFile, load_checkpoint
from deepfake_desktop.core.inference import Scorer
from deepfake_desktop.core.types import CancelToken
from deepfake_desktop.training import metrics
from deepfake_desktop.training.clips import ClipPair, Native, make_clip_pair
from deepfake_desktop.training.code_version import code_version
from deepfake_desktop.training.dataset import PairMaker
from deepfake_desktop.training.face_store import FaceStore
from deepfake_desktop.training.fakes import KINDS
from deepfake_desktop.training.recipe import load_recipe
from deepfake_desktop.training.synthetic_cache import SyntheticCache

RECIPE = Path(__file__).parent / "recipes" / "lite0.toml"
SEED = 2029
MAKERS = (
    "training.chain", "training.clips", "training.dataset", "training.motion",
    "training.fakes.base", "training.fakes.geometry", "core.traces", "core.patches",
)  # fmt: skip
_SIDES = ("real", "fake")


def measure_made(
    run: Path,
    file: CheckpointFile,
    card: Card,
    *,
    folder: Path,
    pairs: int,
    draws: int,
    cancel: CancelToken,
    advance: Callable[[str], None],
) -> dict[str, Any]:
    """AUC with its interval over people, accuracy, and AUC per kind, ready for JSON.

    ``run``: a training's folder, whose held-out faces are used. ``folder``: where pairs are kept.

    Raises:
        OSError: if ``run`` holds no store of faces.
        CheckpointError: if the checkpoint cannot be used.
        Cancelled: between two pairs.
    """
    frames = card.frames or 20
    make = _Maker(run, card, frames, folder)
    scorer = Scorer.open(load_checkpoint(file), "cpu")
    logits, kinds, people = [], [], []
    for number in range(pairs):
        cancel.raise_if_cancelled()
        pair = make(number)
        for clip, native in ((pair.real, pair.real_native), (pair.fake, pair.fake_native)):
            assert native is not None
            logits.append(
                scorer.logit(
                    list(clip), traces=native.traces, patches=list(native.patches), cancel=cancel
                )
            )
        kinds.append(pair.kind)
        people += [pair.identity] * 2
        advance(f"made fakes: pair {number + 1}")
    fake = np.tile([False, True], pairs)
    scores = np.asarray(logits)
    p = np.asarray([calibrated(logit, card.calibration) for logit in logits])

    def interval(statistic: metrics.Statistic, values: metrics.Floats) -> dict[str, float | None]:
        return metrics.bootstrap(statistic, fake, values, people, draws=draws).to_json()

    kind_of = np.repeat(kinds, 2)
    return {
        "pairs": pairs,
        "people": len(set(people)),
        "frames": frames,
        "auc": interval(metrics.auc, scores),
        "eer": interval(metrics.eer, scores),
        "accuracy": interval(metrics.accuracy, p),
        "accuracy_at_logit_0": interval(lambda f, x: metrics.accuracy(f, x, threshold=0.0), scores),
        "pairs_in_order": round(float(np.mean(scores[fake] > scores[~fake])), 4),
        "kinds": {
            kind: {
                "fakes": int(np.sum(fake & (kind_of == kind))),
                "auc": metrics.finite_or_none(metrics.auc(fake[chosen], scores[chosen])),
            }
            for kind in sorted(set(kinds))
            for chosen in [~fake | (kind_of == kind)]
        },
    }


class _Maker:
    """Makes the pair of a number, or takes it from where it was kept."""

    def __init__(self, run: Path, card: Card, frames: int, folder: Path) -> None:
        self._frames = frames
        self._settings = replace(
            load_recipe(RECIPE).pairs,
            image_size=card.image_size,
            crop_margin=card.crop_margin,
        )
        self._run = run
        index = (run / "store" / "index.npz").read_bytes()
        modules = [f"deepfake_desktop.{name}" for name in MAKERS]
        modules += sorted({make.__module__ for make in KINDS.values()})
        facts = [
            asdict(self._settings), SEED, frames, hashlib.sha256(index).hexdigest(),
            code_version(modules, ["opencv-python-headless", "numpy"]),
        ]  # fmt: skip
        name = hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:16]
        self._folder = folder / f"made_{name}"
        self._maker: PairMaker | None = None

    def __call__(self, number: int) -> ClipPair:
        path = self._folder / f"{number}.npz"
        if path.exists():
            with np.load(path) as kept:
                return ClipPair(
                    kept["real"], kept["fake"], str(kept["kind"]), str(kept["identity"]),
                    *(Native(kept[f"{side}_traces"], kept[f"{side}_patches"]) for side in _SIDES),
                )  # fmt: skip
        if self._maker is None:
            store = FaceStore(self._run / "store")
            synthetic = SyntheticCache(self._run / "synthetic")
            held_out = store.split(held_out=True)
            self._maker = PairMaker(store, held_out, self._settings, synthetic)
        rng = np.random.default_rng((SEED, number))
        pair = make_clip_pair(self._maker, rng, frames=self._frames, native=True)
        assert pair.real_native is not None
        assert pair.fake_native is not None
        self._folder.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part")
        with part.open("wb") as file:
            np.savez(
                file, real=pair.real, fake=pair.fake, kind=np.asarray(pair.kind),
                identity=np.asarray(pair.identity), real_traces=pair.real_native.traces,
                fake_traces=pair.fake_native.traces, real_patches=pair.real_native.patches,
                fake_patches=pair.fake_native.patches,
            )  # fmt: skip
        part.replace(path)
        return pair
