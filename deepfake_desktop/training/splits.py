"""Which identities are kept out of training, decided by their names alone."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

HELD_OUT_PERCENT = 12


def is_held_out(identity: str, *, percent: int = HELD_OUT_PERCENT) -> bool:
    """True for about ``percent`` of all names; always the same ones, on any machine."""
    digest = hashlib.sha256(identity.encode()).digest()
    return int.from_bytes(digest[:4], "big") % 100 < percent


def held_out_names(names: Iterable[str], *, percent: int = HELD_OUT_PERCENT) -> frozenset[str]:
    """Those of ``names`` that are held out; at least one, and never all of two or more."""
    known = sorted(set(names), key=lambda name: hashlib.sha256(name.encode()).digest())
    held = {name for name in known if is_held_out(name, percent=percent)}
    if not held and len(known) > 1:
        held = {known[0]}
    if len(held) == len(known):
        held.discard(known[-1])
    return frozenset(held)
