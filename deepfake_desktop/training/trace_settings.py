"""What a recipe says of the trace stage."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace

FAMILIES: Mapping[str, tuple[str, ...]] = {
    "lip sync": ("regenerated_lips", "lips"),
    "face swap": ("regenerated_face", "self_blend", "swap"),
    "reenactment": ("puppet", "upsampler"),
}
"""The outputs, and the kinds of made fakes that each is trained on."""


@dataclass(frozen=True, slots=True)
class TraceStage:
    """``clips`` pairs are made; 0 leaves the stage out."""

    clips: int = 0
    frames: int = 10
    largest_face_px: float = 448.0
    smaller_share: float = 0.25
    still_share: float = 0.25
    texture: bool = True
    """Whether what ImageNet features say of patches (``TextureStem``) is read, too."""
    kinds: Mapping[str, float] = field(
        default_factory=lambda: {kind: 1.0 for kinds in FAMILIES.values() for kind in kinds}
    )
    ridge: float = 3.0
    """Added to the variance of every standardised number, which is about 1."""
    voices: tuple[tuple[float, float], tuple[float, float]] = ((6.0, 0.0), (1.0, -7.0))
    """What the log-odds of the traces and of the network are multiplied by, and what is added,
    before either may speak (``TraceHead.combine``)."""

    def made_as(self) -> str:
        """What decides the pairs, and not what is made of them."""
        settings = asdict(replace(self, ridge=0.0, voices=((0.0, 0.0), (0.0, 0.0))))
        return str(settings)
