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
    voices: tuple[tuple[float, float], tuple[float, float]] = ((20.0, 0.8), (0.32, -0.9))
    """What the log-odds of the traces and of the network are multiplied by, and what is added,
    before either may speak (``TraceHead.combine``)."""

    def made_as(self) -> str:
        """What decides the pairs, and not what is made of them."""
        return f"{self.clips} x {self.frames}, {self.largest_face_px:g} px, {dict(self.kinds)}"
