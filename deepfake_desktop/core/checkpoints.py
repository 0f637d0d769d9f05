"""Checkpoints: finding them, choosing one, and loading it without trusting it."""

from __future__ import annotations

import logging
import pickle
import pickletools
import re
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deepfake_desktop.core.cards import AS_DOCUMENTED, KNOWN_FILES, Card
from deepfake_desktop.core.errors import (
    ArchitectureError,
    CardError,
    CheckpointFormatError,
    FramesUnavailableError,
    NoCheckpointError,
    UnsafeCheckpointError,
)
from deepfake_desktop.core.hashing import FileVersion, remembered_sha256
from deepfake_desktop.core.paths import bundled_models_dir, user_models_dir
from deepfake_desktop.core.types import CheckpointSummary, ClassOrderSource

if TYPE_CHECKING:
    from torch import Tensor

    from deepfake_desktop.core.network import FrameSequenceNetwork

log = logging.getLogger(__name__)

_NAME = re.compile(
    r"model_(?P<accuracy>\d+(?:\.\d+)?)_acc_(?P<frames>\d+)_frames_(?P<tag>.+)\.pt", re.ASCII
)


@dataclass(frozen=True, slots=True)
class CheckpointName:
    """The parts of ``model_ACCURACY_acc_FRAMES_frames_TAG.pt``; accuracy in percent."""

    accuracy: float
    frames: int
    tag: str

    def __str__(self) -> str:
        return f"model_{self.accuracy:g}_acc_{self.frames}_frames_{self.tag}.pt"

    @classmethod
    def parse(cls, name: str) -> CheckpointName | None:
        match = _NAME.fullmatch(name)
        if match is None or int(match["frames"]) < 1 or float(match["accuracy"]) > 100.0:
            return None
        return cls(float(match["accuracy"]), int(match["frames"]), match["tag"])


@dataclass(frozen=True, slots=True)
class CheckpointFile:
    """A file that follows the naming convention. Nothing of it has been read yet."""

    path: Path
    name: CheckpointName

    @property
    def card_path(self) -> Path:
        return self.path.with_suffix(".json")


@dataclass(frozen=True, slots=True)
class LoadedCheckpoint:
    summary: CheckpointSummary
    card: Card
    network: FrameSequenceNetwork


def search_path(models_dir: Path | None = None) -> tuple[Path, ...]:
    """Folders in the order in which they are searched."""
    own = (models_dir,) if models_dir is not None else ()
    return (*own, user_models_dir(), bundled_models_dir())


def list_checkpoints(models_dir: Path | None = None) -> tuple[CheckpointFile, ...]:
    """All checkpoints, in the order of the folders, the most accurate of a folder first."""
    found: dict[Path, CheckpointFile] = {}
    for folder in search_path(models_dir):
        try:
            paths = sorted(folder.glob("*.pt"))
        except OSError as error:
            log.warning("cannot list %s: %s", folder, error)
            continue
        here = [
            CheckpointFile(path, name)
            for path in paths
            if (name := CheckpointName.parse(path.name)) is not None
        ]
        for file in sorted(here, key=lambda f: -f.name.accuracy):
            found.setdefault(file.path.resolve(), file)
    return tuple(found.values())


def select(files: Iterable[CheckpointFile], frames: int, *, exact: bool = False) -> CheckpointFile:
    """The most accurate checkpoint trained for ``frames``; with none, for the nearest length.

    Raises:
        NoCheckpointError: if ``files`` is empty.
        FramesUnavailableError: if ``exact`` and none was trained for ``frames``.
    """
    files = tuple(files)
    if not files:
        raise NoCheckpointError(
            "no checkpoint was found",
            remedy="Put a file named model_ACCURACY_acc_FRAMES_frames_TAG.pt into "
            f"{user_models_dir()}, or name a folder with --models.",
        )
    lengths = sorted({file.name.frames for file in files})
    if exact and frames not in lengths:
        raise FramesUnavailableError(
            f"no checkpoint was trained for {frames} frames",
            remedy=f"Lengths at hand: {', '.join(map(str, lengths))}.",
        )
    nearest = min(lengths, key=lambda length: (abs(length - frames), length))
    return max(
        (file for file in files if file.name.frames == nearest), key=lambda f: f.name.accuracy
    )


def file_for_path(path: Path) -> CheckpointFile:
    """A checkpoint named by the user. A name outside the convention has no stated accuracy."""
    return CheckpointFile(
        path, CheckpointName.parse(path.name) or CheckpointName(0.0, 0, path.stem)
    )


def sha256_of(path: Path) -> str:
    """sha256 of a checkpoint; not computed again while the file stays as it is."""
    try:
        return remembered_sha256(path)
    except OSError as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: OSError) -> CheckpointFormatError:
    return CheckpointFormatError(
        f"the checkpoint cannot be read ({error.strerror or error})",
        path=path,
        remedy="Check that it is a file you may read.",
    )


def describe(file: CheckpointFile) -> tuple[Card, CheckpointSummary]:
    """A checkpoint's card and summary, without loading its tensors. Hashes the file.

    Raises:
        CheckpointFormatError: if the file cannot be read.
        CardError: if it has a card that is not valid, or that names another sha256.
    """
    sha256 = sha256_of(file.path)
    card, source = _card_for(file, sha256)
    return card, _summary(file, card, source, sha256)


def load_checkpoint(file: CheckpointFile) -> LoadedCheckpoint:
    """Load a checkpoint for inference, on the CPU, in float32 and eval mode.

    The tensors are loaded with ``weights_only=True``: a file can carry numbers, not code.

    Raises:
        CheckpointError: one of its kinds, naming the file, the reason and what to do.
    """
    try:
        version = FileVersion.of(file.path)
        card, summary = describe(file)
        state = read_state_dict(file.path)
        changed = FileVersion.of(file.path) != version
    except OSError as error:
        raise _unreadable(file.path, error) from error
    if changed:
        raise CheckpointFormatError(
            "the checkpoint changed while it was being read",
            path=file.path,
            remedy="Wait until it is complete and try again.",
        )
    assumed = summary.class_order_source == "assumed"
    if assumed and "lstm.bias_ih_l0" in state:
        # The documented files have no bias; one that has it was built to run along the frames.
        card = replace(card, temporal="sequence")
        summary = replace(summary, temporal="sequence")
    if assumed:
        card = replace(card, backbone=_backbone_of(state, file.path))
        summary = replace(summary, backbone=card.backbone)
    return LoadedCheckpoint(summary, card, _build(state, card, file.path))


def _card_for(file: CheckpointFile, sha256: str) -> tuple[Card, ClassOrderSource]:
    path = file.card_path
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        known = KNOWN_FILES.get(sha256)
        return (known, "known file") if known is not None else (AS_DOCUMENTED, "assumed")
    except (OSError, UnicodeDecodeError) as error:
        raise CardError(
            f"the card cannot be read ({error})", path=path, remedy="Repair it, or move it away."
        ) from error
    card = Card.from_json(text, path=path)
    if card.sha256 is not None and card.sha256 != sha256:
        raise CardError(
            f"the card belongs to another file (it names sha256 {card.sha256[:12]}…, "
            f"the checkpoint has {sha256[:12]}…)",
            path=path,
            remedy="Copy the checkpoint and its card again, together.",
        )
    return card, "card"


def _summary(
    file: CheckpointFile, card: Card, source: ClassOrderSource, sha256: str
) -> CheckpointSummary:
    return CheckpointSummary(
        name=file.path.name,
        path=file.path,
        sha256=sha256,
        frames=file.name.frames or card.frames or 0,
        accuracy=file.name.accuracy,
        class_order=card.classes,
        class_order_source=source,
        backbone=card.backbone,
        trace_kinds=card.trace_kinds,
        patches=card.patches,
        temporal=card.temporal,
        licence=card.licence,
        image_size=card.image_size,
        thresholds=card.thresholds,
        calibration=card.calibration,
        metrics=card.metrics,
    )


def read_state_dict(path: Path) -> dict[str, Tensor]:
    """The tensors of a ``.pt`` file, float32. Prefixes of DataParallel are taken off.

    Raises:
        CheckpointFormatError: not a PyTorch file, truncated, not finite, or not a state dict.
        UnsafeCheckpointError: a pickle that names anything but tensors.
    """
    import torch

    with path.open("rb") as file:
        magic = file.read(4)
    if not (magic.startswith(b"PK\x03\x04") or magic.startswith(b"\x80")):
        raise CheckpointFormatError(
            "this is not a PyTorch checkpoint" + (" (the file is empty)" if not magic else ""),
            path=path,
            remedy="A git-lfs pointer or a web page saved under this name looks like this: "
            "fetch the file itself.",
        )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of old pickle protocols, which load all the same
            raw: Any = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        if "GLOBAL" not in str(error).upper() and not _names_code(path):
            raise _damaged(path) from error
        raise UnsafeCheckpointError(
            "the file holds more than tensors: loading it could run code",
            path=path,
            remedy="Ask its maker for a state dict (torch.save(model.state_dict(), ...)).",
        ) from error
    except (RuntimeError, EOFError, OSError, ValueError, KeyError) as error:
        raise _damaged(path) from error
    if isinstance(raw, Mapping) and isinstance(raw.get("state_dict"), Mapping):
        raw = raw["state_dict"]
    if not isinstance(raw, Mapping) or not raw:
        raise CheckpointFormatError(
            "the file holds no state dict", path=path, remedy="Save model.state_dict()."
        )
    state: dict[str, Tensor] = {}
    for key, value in raw.items():
        if not isinstance(key, str) or not isinstance(value, torch.Tensor):
            raise CheckpointFormatError(
                f"the entry {str(key)[:80]!r} is not a tensor",
                path=path,
                remedy="Save model.state_dict().",
            )
        if value.is_floating_point():
            value = value.to(torch.float32)
            if not bool(torch.isfinite(value).all()):
                raise CheckpointFormatError(
                    f"the tensor {key[:80]!r} holds values that are not finite",
                    path=path,
                    remedy="Its training failed; use another checkpoint.",
                )
        state[key.removeprefix("module.")] = value
    return state


def _names_code(path: Path) -> bool:
    """Whether a plain pickle names a class or function, as far as it can be read."""
    try:
        with path.open("rb") as file:
            return any("GLOBAL" in opcode.name for opcode, _, _ in pickletools.genops(file))
    except ValueError:
        return False


def _damaged(path: Path) -> CheckpointFormatError:
    return CheckpointFormatError(
        "the file is damaged or was cut short", path=path, remedy="Fetch it again."
    )


def _backbone_of(state: Mapping[str, Tensor], path: Path) -> str:
    from deepfake_desktop.core.network import BACKBONES

    for name, backbone in BACKBONES.items():
        stem = state.get(backbone.stem_weight)
        if stem is not None and tuple(stem.shape) == backbone.stem_shape:
            return name
    raise ArchitectureError(
        f"these are weights of another network; its first tensor is {next(iter(state))!r}",
        path=path,
        remedy=f"Known backbones: {', '.join(BACKBONES)}.",
    )


def _build(state: dict[str, Tensor], card: Card, path: Path) -> FrameSequenceNetwork:
    """A network of the state dict's shapes, holding its tensors."""
    import torch

    from deepfake_desktop.core.network import BACKBONES, FrameSequenceNetwork
    from deepfake_desktop.core.traces import trace_names

    if card.backbone not in BACKBONES:
        raise ArchitectureError(
            f"the card names the backbone {card.backbone!r}, which this version does not know",
            path=path,
            remedy=f"Known backbones: {', '.join(BACKBONES)}.",
        )
    recurrent = state.get("lstm.weight_hh_l0")
    if recurrent is None or recurrent.ndim != 2:
        raise ArchitectureError(
            "the file holds no LSTM (lstm.weight_hh_l0 is missing)",
            path=path,
            remedy="It belongs to another network.",
        )
    if bool(card.trace_kinds) != any(key.startswith("traces.") for key in state):
        raise ArchitectureError(
            "the card names `trace_kinds`, but the file holds no weights for traces"
            if card.trace_kinds
            else "the file holds weights for traces, but no card names its `trace_kinds`",
            path=path,
            remedy="Copy the checkpoint and its card again, together.",
        )
    if card.patches != any(key.startswith("patches.") for key in state):
        raise ArchitectureError(
            "the card says that `patches` are looked at, but the file holds no weights for them"
            if card.patches
            else "the file holds weights for patches, but its card names no `patches`",
            path=path,
            remedy="Copy the checkpoint and its card again, together.",
        )
    with torch.device("meta"):
        network = FrameSequenceNetwork(
            card.backbone,
            hidden=recurrent.shape[1],
            layers=sum(key.startswith("lstm.weight_hh_l") for key in state),
            bias="lstm.bias_ih_l0" in state,
            temporal=card.temporal,
            readout=card.readout,
            traces=len(trace_names()) if card.trace_kinds else 0,
            kinds=len(card.trace_kinds),
            patches=card.patches,
        )
    expected = {key: tuple(value.shape) for key, value in network.state_dict().items()}
    actual = {key: tuple(value.shape) for key, value in state.items()}
    if expected != actual:
        raise ArchitectureError(
            _difference(expected, actual),
            path=path,
            remedy=f"It belongs to another network than {card.backbone} + LSTM.",
        )
    network.load_state_dict(state, assign=True)
    return network.eval().requires_grad_(False)


def _difference(
    expected: Mapping[str, tuple[int, ...]], actual: Mapping[str, tuple[int, ...]]
) -> str:
    missing = [key for key in expected if key not in actual]
    unknown = [key for key in actual if key not in expected]
    wrong = [key for key in expected if key in actual and expected[key] != actual[key]]
    parts = []
    if missing:
        parts.append(f"{len(missing)} tensors are missing, first {missing[0]!r}")
    if unknown:
        parts.append(f"{len(unknown)} are unknown, first {unknown[0][:80]!r}")
    if wrong:
        key = wrong[0]
        parts.append(
            f"{len(wrong)} have another shape, first {key!r} {actual[key]} instead of "
            f"{expected[key]}"
        )
    return "the weights do not fit: " + "; ".join(parts)
