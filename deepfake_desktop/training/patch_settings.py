"""What a recipe says of the patch stage."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class PatchStage:
    """A step sees ``clips`` pairs of clips at ``moments`` moments each; 0 steps leave it out."""

    steps: int = 0
    clips: int = 16
    moments: int = 2
    frames: int = 6
    crop_px: int = 128
    """Training sees a square this wide of each patch, at a random place."""
    largest_face_px: float = 448.0
    still_share: float = 0.35
    kinds: Mapping[str, float] = field(
        default_factory=lambda: {
            "regenerated_lips": 1.6,
            "regenerated_face": 1.6,
            "synthesis": 1.6,
            "lips": 1.0,
            "self_blend": 1.0,
            "puppet": 1.0,
            "swap": 1.0,
            "upsampler": 1.0,
            "restoration": 0.6,
        }
    )
    learning_rate: float = 1e-3
    weight_decay: float = 0.05
    ranking_weight: float = 1.0
    ema_decay: float = 0.99
    save_every: int = 50
    voice: tuple[float, float] = (1.0, 0.0)
    """What its log-odds are multiplied by and what is added (``TraceHead.voices``)."""
