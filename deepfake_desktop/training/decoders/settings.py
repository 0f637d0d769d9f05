"""Which small networks there are, and the recipe's ``[decoders]``: no torch here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from deepfake_desktop.core.errors import UsageError

Task = Literal["reconstruct", "reenact", "mouth", "restore"]
UpSampler = Literal["nearest", "bilinear", "transposed", "shuffle", "haar"]
Bottleneck = Literal["plain", "noise", "quantised", "narrow", "dct"]


@dataclass(frozen=True, slots=True)
class Plan:
    """One member of the family."""

    name: str
    task: Task
    up: UpSampler
    bottleneck: Bottleneck
    adversarial: bool = False


FAMILY: tuple[Plan, ...] = (
    Plan("nearest", "reconstruct", "nearest", "plain"),
    Plan("restorer", "restore", "nearest", "plain", adversarial=True),
    Plan("reenact_bilinear", "reenact", "bilinear", "plain"),
    Plan("mouth_transposed", "mouth", "transposed", "plain"),
    Plan("shuffle_quantised", "reconstruct", "shuffle", "quantised", adversarial=True),
    Plan("bilinear_noise", "reconstruct", "bilinear", "noise"),
    Plan("reenact_shuffle", "reenact", "shuffle", "plain", adversarial=True),
    Plan("mouth_nearest", "mouth", "nearest", "plain", adversarial=True),
    Plan("transposed_narrow", "reconstruct", "transposed", "narrow", adversarial=True),
    Plan("haar_dct", "reconstruct", "haar", "dct"),
)


@dataclass(frozen=True, slots=True)
class DecoderSettings:
    """The recipe's ``[decoders]``. ``networks``: names of the family to fit; empty is none.
    ``faces``: how many are sent through ``per_face`` of them each; ``clips``: how many windows of
    consecutive frames go through one network as a whole, for the sequence stage."""

    networks: tuple[str, ...] = ()
    steps: int = 400
    batch: int = 6
    patch_px: int = 112
    width: int = 16
    learning_rate: float = 2e-3
    faces: int = 1500
    per_face: int = 2
    clips: int = 30
    smallest_face_px: float = 100.0
    largest_face_px: float = 180.0

    def plans(self) -> tuple[Plan, ...]:
        """Raises:
        UsageError: for a name that is not in the family.
        """
        known = {plan.name: plan for plan in FAMILY}
        unknown = [name for name in self.networks if name not in known]
        if unknown:
            raise UsageError(
                f"no decoder is called {unknown[0]!r}", remedy=f"There are {sorted(known)}."
            )
        return tuple(known[name] for name in self.networks)
