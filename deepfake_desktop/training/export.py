"""A trained network as the program reads it: a half-precision state dict and its card."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import chain, count
from pathlib import Path
from typing import Any, Literal

import torch

from deepfake_desktop.core.atomic import write_atomically
from deepfake_desktop.core.cards import Card
from deepfake_desktop.core.checkpoints import CheckpointName, sha256_of
from deepfake_desktop.core.errors import OutputError
from deepfake_desktop.core.network import FrameSequenceNetwork, Readout

LARGEST_BYTES = 95_000_000


def write_checkpoint(
    network: FrameSequenceNetwork,
    folder: Path,
    *,
    accuracy: float,
    frames: int,
    tag: str,
    image_size: int,
    crop_margin: float,
    backbone: str,
    readout: Readout,
    licence: str,
    trained_on: Sequence[str],
    metrics: Mapping[str, Any],
    notes: str,
    trace_kinds: Sequence[str] = (),
) -> Path:
    """``model_ACC_acc_FRAMES_frames_TAG.pt`` and ``.json`` in ``folder``; returns the former.

    Floating-point tensors are stored in half precision. ``accuracy`` is in percent, and its name
    tells tenths. Another checkpoint of that name stays: a number is added to the tag.

    Raises:
        OutputError: if a weight does not fit half precision, the file is too large, or it cannot be
            written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    state = {}
    for name, value in network.state_dict().items():
        small = value.half() if value.dtype.is_floating_point else value
        if not torch.isfinite(small).all():
            raise OutputError(f"{name} does not fit half precision")
        state[name] = small.contiguous()
    buffer = io.BytesIO()
    torch.save(state, buffer)
    data = buffer.getvalue()
    if len(data) >= LARGEST_BYTES:
        raise OutputError(f"the checkpoint would take {len(data) / 1e6:.0f} MB", path=folder)
    sha256 = hashlib.sha256(data).hexdigest()
    path = _name_for(folder, sha256, CheckpointName(round(accuracy, 1), frames, tag))
    write_atomically(path, data)
    temporal: Literal["sequence"] = "sequence"
    card = Card(
        classes=("fake", "real"),
        color="rgb",
        crop_margin=crop_margin,
        image_size=image_size,
        backbone=backbone,
        temporal=temporal,
        readout=readout,
        frames=frames,
        trace_kinds=tuple(trace_kinds),
        patches=network.patches is not None,
        licence=licence,
        trained_on=tuple(trained_on),
        metrics=json.loads(json.dumps(dict(metrics))),
        notes=notes,
        sha256=sha256,
    )
    write_atomically(path.with_suffix(".json"), card.to_json().encode())
    return path


def _name_for(folder: Path, sha256: str, name: CheckpointName) -> Path:
    """Where no other file lies; the same one may be written again."""
    tags = chain([name.tag], (f"{name.tag}_{number}" for number in count(2)))
    paths = (folder / str(replace(name, tag=tag)) for tag in tags)
    return next(path for path in paths if not path.exists() or sha256_of(path) == sha256)
