"""Whom a checkpoint suspects: its scores on real portraits, by how light the skin looks.

The portraits carry no age, sex or skin-tone labels, and none are guessed. What can be measured in
a picture is the individual typology angle (Chardon et al., 1991): the lightness of the skin
against its yellowness. It mixes skin tone with light and camera, so a difference between its
groups is a reason to look closer, and none is no proof of fairness.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from deepfake_desktop.core.checkpoints import CheckpointFile, load_checkpoint
from deepfake_desktop.core.crops import crop_face
from deepfake_desktop.core.errors import UsageError
from deepfake_desktop.core.inference import Scorer
from deepfake_desktop.core.traces import TraceMeter, summarise, surroundings
from deepfake_desktop.core.types import Image
from deepfake_desktop.training import metrics
from deepfake_desktop.training.face_store import box_from_landmarks, eyes_and_nose_of
from deepfake_desktop.training.splits import is_held_out

CHEEKS = ((1, 31, 48), (15, 35, 54))
"""dlib's landmarks around each cheek: jaw, side of the nose, corner of the mouth."""

Points = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Portrait:
    """``angle_deg``: individual typology angle, large for light skin."""

    name: str
    identity: str
    angle_deg: float
    logit: float


def typology_angle_deg(image: Image, landmarks: Points) -> float:
    """Of the median colour of both cheeks. ``image`` RGB uint8, ``landmarks`` (68, 2) pixels."""
    mask = np.zeros(image.shape[:2], dtype=np.uint8)
    for cheek in CHEEKS:
        triangle = landmarks[list(cheek)]
        middle = triangle.mean(axis=0)
        inner = middle + 0.6 * (triangle - middle)  # away from beard line, nostril and lips
        cv2.fillConvexPoly(mask, np.round(inner).astype(np.int32), 1)
    lab = cv2.cvtColor((image / 255.0).astype(np.float32), cv2.COLOR_RGB2LAB)[mask == 1]
    if not len(lab):
        raise ValueError("the cheeks lie outside the picture")
    lightness, _, yellowness = np.median(lab, axis=0)
    return float(np.degrees(np.arctan2(lightness - 50.0, max(float(yellowness), 1e-3))))


def score_portraits(folder: Path, file: CheckpointFile) -> list[Portrait]:
    """Every portrait of a held-out identity, as a sequence of one still.

    Raises:
        UsageError: if the folder has no index.csv (file, identity) and landmarks.npy.
        CheckpointError: if the checkpoint cannot be used.
    """
    try:
        with (folder / "index.csv").open(newline="", encoding="utf-8") as lines:
            rows = list(csv.DictReader(lines))
        points = np.load(folder / "landmarks.npy")
    except OSError as error:
        raise UsageError("needs index.csv and landmarks.npy.", path=folder) from error
    checkpoint = load_checkpoint(file)
    scorer, card = Scorer.open(checkpoint, "cpu"), checkpoint.card
    found = []
    for row, landmarks in zip(rows, points, strict=True):
        if not is_held_out(row["identity"]):
            continue
        bgr = cv2.imread(str(folder / row["file"]), cv2.IMREAD_COLOR)
        if bgr is None:
            continue
        image: Image = np.ascontiguousarray(bgr[:, :, ::-1])
        crop = crop_face(
            image,
            box_from_landmarks(landmarks),
            margin=card.crop_margin,
            margin_px=card.crop_margin_px,
            size=card.image_size,
        )
        angle = typology_angle_deg(image, landmarks)
        still = TraceMeter().add(*surroundings(image, eyes_and_nose_of(landmarks)))
        logit = scorer.logit([crop], traces=summarise([still]))
        found.append(Portrait(row["file"], row["identity"], angle, logit))
    return found


def by_angle(portraits: Sequence[Portrait], *, parts: int = 3) -> list[dict[str, Any]]:
    """Equal shares from the darkest to the lightest, with the median logit of each, and the AUC
    with which the score tells that share from the others: one half means no difference."""
    ordered = sorted(portraits, key=lambda portrait: portrait.angle_deg)
    logits = np.asarray([portrait.logit for portrait in ordered])
    people = [portrait.identity for portrait in ordered]
    result = []
    for index in range(parts):
        inside = np.zeros(len(ordered), dtype=bool)
        inside[index * len(ordered) // parts : (index + 1) * len(ordered) // parts] = True
        chosen = [ordered[k] for k in np.flatnonzero(inside).tolist()]
        result.append(
            {
                "angle_deg": [round(chosen[0].angle_deg, 1), round(chosen[-1].angle_deg, 1)],
                "portraits": len(chosen),
                "people": len({portrait.identity for portrait in chosen}),
                "median_logit": round(float(np.median(logits[inside])), 3),
                "scores_higher_than_others": metrics.bootstrap(
                    metrics.auc, inside, logits, people
                ).to_json(),
            }
        )
    return result
