"""That the fast way says the same: folded against eager, opening against published.

Both look at clips with people, ``../shared/data/clips`` beside the checkout, or a folder named
in ``DEEPFAKE_DESKTOP_CLIPS``.
"""

from __future__ import annotations

import json
import os
import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import clips, ours, published
from deepfake_desktop.core.cards import calibrated
from deepfake_desktop.core.checkpoints import file_for_path, load_checkpoint
from deepfake_desktop.core.inference import Scorer
from deepfake_desktop.core.types import Image

ROOT = Path(__file__).resolve().parent.parent
CROPS = 8


def shared_clips(*, every: int) -> list[Path]:
    """Every ``every``-th clip, in the order of their names; empty where there are none."""
    folder = Path(os.environ.get("DEEPFAKE_DESKTOP_CLIPS", ROOT.parent / "shared/data/clips"))
    return sorted(path for path in folder.glob("*/*") if path.suffix == ".mp4")[::every]


def folded(*, every: int) -> list[dict[str, Any]]:
    """Probability of fake of a face's first crops: folded and channels-last against eager."""
    checkpoints = {
        "the shipped network": clips.network_alone(),
        "ResNeXt50, seeded": clips.checkpoint(),
    }
    rows = []
    paths = shared_clips(every=every)
    for name, path in checkpoints.items():
        eager = load_checkpoint(file_for_path(path))
        fast = Scorer.open(load_checkpoint(file_for_path(path)), "cpu")
        differences, logits, probabilities = [], [], []
        for video in paths:
            crops = _crops(video, margin=eager.card.crop_margin, size=eager.card.image_size)
            if not crops:
                continue
            pair = _eager_logit(eager.network, crops, eager.card.fake_index), fast.logit(crops)
            p = [calibrated(logit, eager.card.calibration) for logit in pair]
            differences.append(abs(p[0] - p[1]))
            logits.append(abs(pair[0] - pair[1]))
            probabilities.append(p[0])
        if differences:
            rows.append(
                {
                    "engine": name,
                    "clips": len(differences),
                    "crops": CROPS,
                    "largest_dp": max(differences),
                    "largest_dlogit": max(logits),
                    "p_from": min(probabilities),
                    "p_to": max(probabilities),
                }
            )
            print(json.dumps(rows[-1]), flush=True)
    return rows


def agreement(*, every: int, frames: int = 20) -> list[dict[str, Any]]:
    """P(fake) of our opening against the published pipeline, one face. Of the shipped checkpoint
    only the network is read: the published pipeline knows no traces."""
    rows = []
    checkpoint = clips.network_alone()
    for path in shared_clips(every=every):
        mine = ours.run(path, checkpoint, frames=frames, mode="opening").analysis
        if len(mine.tracks) != 1 or mine.tracks[0].frames < frames:
            continue
        (theirs,) = published.run(path, checkpoint, lengths=(frames,), previews=False)
        if theirs.faces < frames:
            continue
        rows.append(
            {
                "clip": path.name,
                "ours_p": mine.tracks[0].p_fake,
                "published_p": theirs.p_fake,
                "dp": abs(mine.tracks[0].p_fake - theirs.p_fake),
                "frames": frames,
            }
        )
        print(json.dumps(rows[-1]), flush=True)
    if not rows:
        return []
    differences = [row["dp"] for row in rows]
    return [
        {
            "engine": f"{clips.shipped().name}, its network",
            "clips": len(rows),
            "frames": frames,
            "median_dp": statistics.median(differences),
            "largest_dp": max(differences),
            "within": sum(dp <= 0.02 for dp in differences),
            "p_from": min(row["published_p"] for row in rows),
            "p_to": max(row["published_p"] for row in rows),
        }
    ]


def _crops(path: Path, *, margin: float, size: int) -> list[Image]:
    """The first crops of the first face in a clip's opening, where one is found at once."""
    from deepfake_desktop.core.crops import crop_face
    from deepfake_desktop.core.faces import FaceFinder

    images = published.first_frames(path, CROPS)
    found = FaceFinder().everywhere(images[0]) if images else ()
    if not found:
        return []
    return [crop_face(image, found[0].box, margin=margin, size=size) for image in images]


def _eager_logit(network: Any, crops: Sequence[Image], fake: int) -> float:
    import torch

    from deepfake_desktop.core.network import normalise

    with torch.inference_mode():
        images = normalise(torch.from_numpy(np.stack(crops))).contiguous()
        pair = network(images.unsqueeze(0))[0]
    return float(pair[fake] - pair[1 - fake])
