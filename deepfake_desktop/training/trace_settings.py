"""What a recipe says of the trace stage."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

FAMILIES: Mapping[str, tuple[str, ...]] = {
    "lip sync": ("regenerated_lips", "lips"),
    "face swap": ("regenerated_face", "self_blend"),
    "reenactment": ("puppet",),
}
"""The outputs, and the kinds of made fakes that each is trained on."""


@dataclass(frozen=True, slots=True)
class TraceStage:
    """``clips`` pairs are made; 0 leaves the stage out."""

    clips: int = 0
    frames: int = 10
    largest_face_px: float = 448.0
    kinds: Mapping[str, float] = field(
        default_factory=lambda: {kind: 1.0 for kinds in FAMILIES.values() for kind in kinds}
    )
    penalty: float = 20.0
    """On half the squared weights, beside the mean loss."""
    share: float = 0.02
    """What the network's own log-odds count beside the traces'."""
