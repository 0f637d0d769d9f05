"""That the fast way says the same: ours against eager, opening against published.

Both look at clips with people, ``../shared/data/clips`` beside the checkout, or a folder named
in ``DEEPFAKE_DESKTOP_CLIPS``.
"""

from __future__ import annotations

import json
import operator
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
from deepfake_desktop.core.types import FaceBox, Image, Precision

ROOT = Path(__file__).resolve().parent.parent
CROPS = 8


def shared_clips(*, every: int) -> list[Path]:
    """Every ``every``-th clip, in the order of their names; empty where there are none."""
    folder = Path(os.environ.get("DEEPFAKE_DESKTOP_CLIPS", ROOT.parent / "shared/data/clips"))
    return sorted(path for path in folder.glob("*/*") if path.suffix == ".mp4")[::every]


def folded(*, every: int) -> list[dict[str, Any]]:
    """Probability of fake of a face's first crops: ours, in both precisions, against eager."""
    from deepfake_desktop.core.inference import device_name

    checkpoints = {
        "the shipped network": clips.network_alone(clips.shipped()),
        "the bundled ResNeXt50": clips.network_alone(clips.bundled("resnext50_32x4d")),
        "ResNeXt50, seeded": clips.checkpoint(),
    }
    rows = []
    faces = [found for video in shared_clips(every=every) if (found := _first_face(video))]
    precisions: tuple[Precision, ...] = ("auto", "exact")
    for name, path in checkpoints.items():
        eager = load_checkpoint(file_for_path(path))
        card = eager.card
        given = [_crops(face, margin=card.crop_margin, size=card.image_size) for face in faces]
        truth = [_eager_logit(eager.network, crops, card.fake_index) for crops in given]
        p = [calibrated(logit, card.calibration) for logit in truth]
        for precision in precisions if given else ():
            scorer = Scorer.open(load_checkpoint(file_for_path(path)), "cpu", precision)
            logits = [scorer.logit(crops) for crops in given]
            found = [calibrated(logit, card.calibration) for logit in logits]
            rows.append(
                {
                    "engine": f"{name}; {precision}, {device_name('cpu', precision)}",
                    "clips": len(given),
                    "crops": CROPS,
                    "median_dp": statistics.median(map(_distance, p, found)),
                    "largest_dp": max(map(_distance, p, found)),
                    "largest_dlogit": max(map(_distance, truth, logits)),
                    "p_from": min(p),
                    "p_to": max(p),
                }
            )
            print(json.dumps(rows[-1]), flush=True)
    return rows


def agreement(*, every: int, frames: int = 20) -> list[dict[str, Any]]:
    """P(fake) of our opening against the published pipeline, one face. Of the shipped checkpoint
    only the network is read: the published pipeline knows no traces."""
    rows = []
    checkpoint = clips.network_alone(clips.shipped())
    precisions: tuple[Precision, ...] = ("auto", "exact")
    for path in shared_clips(every=every):
        mine = [
            ours.run(path, checkpoint, frames=frames, mode="opening", precision=precision).analysis
            for precision in precisions
        ]
        if len(mine[0].tracks) != 1 or mine[0].tracks[0].frames < frames:
            continue
        (theirs,) = published.run(path, checkpoint, lengths=(frames,), previews=False)
        if len(theirs.boxes) < frames:
            continue
        placed = [timed.box for timed in mine[0].tracks[0].boxes]
        rows.append(
            {
                "clip": path.name,
                "same_boxes": sum(map(operator.eq, placed, theirs.boxes)),
                "published_p": theirs.p_fake,
                "ours_p": {one.device: one.tracks[0].p_fake for one in mine},
            }
        )
        print(json.dumps(rows[-1]), flush=True)
    same = [row for row in rows if row["same_boxes"] == frames]
    return [
        {
            "where": where,
            "engine": f"{clips.shipped().name}, its network; {device}",
            "clips": len(found),
            "frames": frames,
            "median_dp": statistics.median(away),
            "largest_dp": max(away),
            "within": sum(dp <= 0.02 for dp in away),
            "p_from": min(row["published_p"] for row in found),
            "p_to": max(row["published_p"] for row in found),
            "boxes": sum(row["same_boxes"] for row in found) / (frames * len(found)),
        }
        for where, found in (("every box is the same", same), ("all", rows))
        if found
        for device in found[0]["ours_p"]
        for away in [[_distance(row["ours_p"][device], row["published_p"]) for row in found]]
    ]


def _distance(one: float, other: float) -> float:
    return abs(one - other)


def _first_face(path: Path) -> tuple[list[Image], FaceBox] | None:
    """A clip's opening and the first face in it, where one is found at once."""
    from deepfake_desktop.core.faces import FaceFinder

    images = published.first_frames(path, CROPS)
    found = FaceFinder().everywhere(images[0]) if images else ()
    return (images, found[0].box) if found else None


def _crops(face: tuple[list[Image], FaceBox], *, margin: float, size: int) -> list[Image]:
    from deepfake_desktop.core.crops import crop_face

    images, box = face
    return [crop_face(image, box, margin=margin, size=size) for image in images]


def _eager_logit(network: Any, crops: Sequence[Image], fake: int) -> float:
    import torch

    from deepfake_desktop.core.network import normalise

    with torch.inference_mode():
        images = normalise(torch.from_numpy(np.stack(crops))).contiguous()
        pair = network(images.unsqueeze(0))[0]
    return float(pair[fake] - pair[1 - fake])
