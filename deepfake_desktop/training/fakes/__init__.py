"""Fakes made from real faces, each kind a module with ``draw(rng, subject) -> Render``."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from deepfake_desktop.training.fakes import (
    decoder,
    lips,
    puppet,
    regenerated,
    restoration,
    self_blend,
    swap,
    synthesis,
    upsampler,
)
from deepfake_desktop.training.fakes.base import Render, Subject

KINDS: Mapping[str, Callable[[np.random.Generator, Subject], Render]] = {
    "self_blend": self_blend.draw,
    "swap": swap.draw,
    "lips": lips.draw,
    "puppet": puppet.draw,
    "regenerated_lips": regenerated.draw_lips,
    "regenerated_face": regenerated.draw_face,
    "synthesis": synthesis.draw,
    "decoder": decoder.draw,
    "restoration": restoration.draw,
    "upsampler": upsampler.draw,
}


def possible(kind: str, subject: Subject) -> bool:
    """Whether ``kind`` has what it needs: a donor, or cached reconstructions."""
    if kind == "swap":
        return subject.donor is not None
    if kind == "synthesis":
        return len(subject.synthetic) > len(decoder.names(subject))
    if kind == "decoder":
        return bool(decoder.names(subject))
    return True


__all__ = ["KINDS", "Render", "Subject", "possible"]
