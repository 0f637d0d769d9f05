"""Cards: what a checkpoint's state dict cannot say of itself.

A card is a JSON file beside the checkpoint, with the same name. The six published checkpoints
have none; they are known by sha256 and described here as they were trained.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

import numpy as np

from deepfake_desktop.core.errors import CardError
from deepfake_desktop.core.types import Thresholds

SCHEMA = 1
NO_CALIBRATION: Mapping[str, Any] = MappingProxyType({"method": "none"})


@dataclass(frozen=True, slots=True)
class Card:
    """``classes`` is the index order of the two logits. ``crop_margin`` is a fraction of the face
    box added on each side; ``crop_margin_px`` adds pixels of the video on top of it.
    """

    classes: tuple[str, str]
    color: Literal["rgb", "bgr"] = "rgb"
    crop_margin: float = 0.0
    crop_margin_px: int = 0
    image_size: int = 112
    backbone: str = "resnext50_32x4d"
    temporal: Literal["sequence", "published"] = "sequence"
    readout: Literal["last", "mean"] = "last"
    frames: int | None = None
    trace_kinds: tuple[str, ...] = ()
    """The kinds of manipulation that the checkpoint reads from traces (``core.traces``), in the
    order of its outputs; empty where it reads none."""
    patches: bool = False
    """Whether it looks at native patches (``core.patches``), which only goes with traces."""
    thresholds: Thresholds = field(default_factory=Thresholds)
    calibration: Mapping[str, Any] = field(default_factory=lambda: dict(NO_CALIBRATION))
    sha256: str | None = None
    licence: str = "unknown"
    trained_on: tuple[str, ...] = ()
    metrics: Mapping[str, Any] = field(default_factory=dict)
    notes: str = ""
    schema: int = SCHEMA

    @property
    def fake_index(self) -> int:
        return self.classes.index("fake")

    def to_json(self) -> str:
        return json.dumps(asdict(self), indent=2, ensure_ascii=False) + "\n"

    @classmethod
    def from_json(cls, text: str, *, path: Path | None = None) -> Card:
        """Raises:
        CardError: naming the field that is missing, unknown or out of range.
        """
        try:
            raw = json.loads(text)
        except ValueError as error:
            raise _card_error(path, f"the card is not valid JSON ({error})") from None
        if not isinstance(raw, dict):
            raise _card_error(path, "the card is not a JSON object")
        if raw.get("schema") != SCHEMA:
            raise _card_error(path, f"the card has schema {raw.get('schema')!r}, not {SCHEMA}")
        unknown = set(raw) - set(cls.__dataclass_fields__)
        if unknown:
            raise _card_error(path, f"the card has unknown fields: {', '.join(sorted(unknown))}")
        try:
            card = cls(
                **{
                    **raw,
                    "classes": tuple(raw["classes"]),
                    "thresholds": Thresholds(**raw.get("thresholds", {})),
                    "trained_on": tuple(raw.get("trained_on", ())),
                    "trace_kinds": tuple(raw.get("trace_kinds", ())),
                }
            )
            problem = _problem(card)
        except (KeyError, TypeError, ValueError) as error:
            raise _card_error(path, f"the card cannot be used: {error!r}") from None
        if problem:
            raise _card_error(path, problem)
        return card


def _card_error(path: Path | None, reason: str) -> CardError:
    return CardError(
        reason, path=path, remedy="Repair the card, or move it away to load without one."
    )


def _problem(card: Card) -> str | None:
    """The first thing that is wrong with a card, in words."""
    limits = card.thresholds
    checks = (
        (sorted(card.classes) == ["fake", "real"], "`classes` must name fake and real once each"),
        (card.color in ("rgb", "bgr"), "`color` must be rgb or bgr"),
        (0.0 <= card.crop_margin <= 2.0, "`crop_margin` must lie between 0 and 2"),
        (0 <= card.crop_margin_px <= 1000, "`crop_margin_px` must lie between 0 and 1000"),
        (16 <= card.image_size <= 1024, "`image_size` must lie between 16 and 1024"),
        (
            card.temporal in ("sequence", "published"),
            "`temporal` must be sequence or published",
        ),
        (card.readout in ("last", "mean"), "`readout` must be last or mean"),
        (card.frames is None or card.frames > 0, "`frames` must be positive"),
        (
            all(isinstance(kind, str) and kind for kind in card.trace_kinds),
            "`trace_kinds` must be names",
        ),
        (
            isinstance(card.patches, bool) and (bool(card.trace_kinds) or not card.patches),
            "`patches` must be true or false, and true only beside `trace_kinds`",
        ),
        (
            0.0 <= limits.real <= limits.fake <= 1.0,
            "`thresholds` must satisfy 0 <= real <= fake <= 1",
        ),
        (_calibration_is_sound(card.calibration), "`calibration` is not one this version knows"),
    )
    return next((text for holds, text in checks if not holds), None)


def _calibration_is_sound(calibration: Mapping[str, Any]) -> bool:
    match calibration.get("method"):
        case "none":
            return True
        case "platt":
            scale, offset = float(calibration["scale"]), float(calibration["offset"])
            return scale > 0 and math.isfinite(scale) and math.isfinite(offset)
        case "isotonic":
            logits, values = calibration["logit"], calibration["p"]
            return (
                len(logits) == len(values) >= 2
                and all(a < b for a, b in pairwise(logits))
                and all(a <= b for a, b in pairwise(values))
                and values[0] >= 0.0
                and values[-1] <= 1.0
            )
    return False


def calibrated(logit: float, calibration: Mapping[str, Any]) -> float:
    """Log-odds of fake to a calibrated probability of fake.

    ``platt``: sigmoid(scale * logit + offset) (Platt, 1999; a temperature T is scale 1/T).
    ``isotonic``: linear between measured points (Zadrozny and Elkan, 2002). ``none``: sigmoid.
    """
    match calibration["method"]:
        case "platt":
            logit = calibration["scale"] * logit + calibration["offset"]
        case "isotonic":
            return float(np.interp(logit, calibration["logit"], calibration["p"]))
    return float(1.0 / (1.0 + np.exp(-np.clip(logit, -60.0, 60.0))))


_AS_TRAINED = Card(
    classes=("fake", "real"),
    color="bgr",
    crop_margin=0.0,
    temporal="published",
    readout="mean",
    licence="not stated by its publisher; may not be redistributed",
    trained_on=("FaceForensics++, Celeb-DF, DFDC (random 80/20 split of files)",),
    notes="Trained with FAKE = 0 on tight BGR crops; read here as its training notebook does.",
)

KNOWN_FILES: Mapping[str, Card] = MappingProxyType(
    {
        "bd1697b63ea963756fc603c33bbc27772d07548ce51e395b01b1bbdf7bcfe3f2": _AS_TRAINED,
        "30d72a8c5f6751e70d86895d1dcf09fe416a9f6f46c517bb565c4677f0688112": _AS_TRAINED,
        "a1a8484005389c1a9ae24625f4502b01e4a101c92ef7fbd775911b02f8da276c": _AS_TRAINED,
        "3067d2123a06dad3c264dce360dbf2a7393cc363425c3beba13b048313bd02c1": _AS_TRAINED,
        "5a184b48a7c83f82b9afd6887db81cb55e85b70fbcfc46f17c47ba84b5fccfad": _AS_TRAINED,
        "51e56fc29905f8bd3b761017d062da116a9c3b1c288f8d6c160e73c5a7050468": _AS_TRAINED,
    }
)
"""The published ``model_84_acc_10 ... model_97_acc_100_frames_FF_data.pt``, by sha256."""

AS_DOCUMENTED = Card(
    classes=("real", "fake"),
    color="rgb",
    crop_margin=0.0,
    crop_margin_px=40,
    temporal="published",
    readout="last",
    notes="No card and no known file: read as the published documentation describes such files.",
)
"""For a file of which nothing is known. Its class order is an assumption, and results say so."""
