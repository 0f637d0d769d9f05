"""A training run's recipe: one TOML file, read into frozen dataclasses."""

from __future__ import annotations

import dataclasses
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from deepfake_desktop.core.errors import UsageError
from deepfake_desktop.training.dataset import PairSettings
from deepfake_desktop.training.decoders.settings import DecoderSettings
from deepfake_desktop.training.trace_settings import TraceStage

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

BATCH_WEIGHTS: Mapping[str, float] = {
    "self_blend": 2.0,
    "swap": 1.6,
    "lips": 1.8,
    "puppet": 1.2,
    "regenerated": 1.4,
    "synthesis": 1.6,
}

Settings = TypeVar("Settings", bound="DataclassInstance")


class RecipeError(UsageError):
    """The recipe file cannot be used."""


@dataclass(frozen=True, slots=True)
class FrameStage:
    """Single frames. A step sees ``units`` x 2 views x (real, fake) pictures."""

    steps: int = 2000
    units: int = 6
    learning_rate: float = 4e-4
    head_learning_rate: float = 2e-3
    weight_decay: float = 0.02
    warmup_steps: int = 60
    decay_steps: int = 500
    label_smoothing: float = 0.05
    real_smoothing: float = 0.05
    real_weight: float = 1.0
    """Above 1, with ``real_smoothing`` raised, doubt counts as real: a score then says how much
    evidence of a fake there is, and not how good the picture is."""
    ranking_weight: float = 0.5
    steadiness_weight: float = 0.02
    """On the squared difference of one real face's score under two chains."""
    evenness_weight: float = 0.0
    """On the variance of all real scores of a batch, over sources and chains."""
    distil_weight: float = 0.0
    """On the distance to a teacher's logits; ``feature_weight`` on that to its features."""
    feature_weight: float = 0.0
    dropout: float = 0.2
    ema_decay: float = 0.997
    save_every: int = 100
    check_every: int = 300
    freeze_norm: bool = False
    frozen_layers: int = 0
    """So many first layers of the backbone stay as they came."""


@dataclass(frozen=True, slots=True)
class SequenceStage:
    """The LSTM on features of clips, cached once; the backbone stays as it is."""

    frames: int = 20
    clips: int = 600
    """Units made for the cache: each a real clip and its fake."""
    hidden: int = 256
    layers: int = 1
    readout: str = "mean"
    epochs: int = 12
    batch: int = 32
    learning_rate: float = 1e-3
    weight_decay: float = 0.02
    label_smoothing: float = 0.05
    real_smoothing: float = 0.05
    real_weight: float = 1.0
    ranking_weight: float = 0.5
    evenness_weight: float = 0.0
    dropout: float = 0.3


@dataclass(frozen=True, slots=True)
class Recipe:
    backbone: str = "efficientnet_lite0"
    seed: int = 2026
    warm_start: str = "imagenet"
    """imagenet (where there is one), none, or the path of a state dict."""
    network_px: int = 0
    """What the network sees, where that is less than ``pairs.image_size`` (which a teacher sees);
    0 is the same."""
    threads: int = 2
    workers: int = 1
    on_device: bool = False
    """The frame stage's pairs are made where the network is, in batches (``training.on_device``),
    instead of by ``workers`` processes. It pays on a GPU."""
    batch_kinds: Mapping[str, float] = field(default_factory=lambda: dict(BATCH_WEIGHTS))
    """How often each kind of fake is made there; ``pairs.kinds`` are those of the processes."""
    pairs: PairSettings = field(default_factory=PairSettings)
    frame: FrameStage = field(default_factory=FrameStage)
    sequence: SequenceStage = field(default_factory=SequenceStage)
    decoders: DecoderSettings = field(default_factory=DecoderSettings)
    traces: TraceStage = field(default_factory=TraceStage)

    @property
    def input_px(self) -> int:
        """The side of the network's input, for the card."""
        return self.network_px or self.pairs.image_size


def load_recipe(path: Path) -> Recipe:
    """Raises:
    RecipeError: as ``read_settings``.
    """
    return read_settings(path, Recipe())


def read_settings(path: Path, defaults: Settings) -> Settings:
    """``defaults``, a frozen dataclass, with what the TOML file says put in their place.

    Raises:
        RecipeError: if the file is missing, not TOML, or names something unknown.
    """
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise RecipeError(f"{path}: cannot be read ({error.strerror})") from error
    except ValueError as error:  # TOML's own, and bytes that are no UTF-8
        raise RecipeError(f"{path}: not TOML ({error})") from error
    return changed(defaults, values, where=str(path))


def changed(settings: Settings, values: Mapping[str, Any], *, where: str) -> Settings:
    """``settings`` with ``values`` by name; a field that is a dataclass takes a table of its own.

    Raises:
        RecipeError: for a name that is no field, or a table's name with something else behind it.
    """
    known = {f.name for f in dataclasses.fields(settings)}
    tables = {name for name in known if dataclasses.is_dataclass(getattr(settings, name))}
    given: dict[str, Any] = {}
    for name, value in values.items():
        if name not in known:
            raise RecipeError(f"{where}: unknown setting {name!r}; known are {sorted(known)}")
        if name not in tables:
            given[name] = value
        elif isinstance(value, Mapping):
            part = getattr(settings, name)
            given[name] = changed(part, value, where=f"{where}: [{name}]")
        else:
            raise RecipeError(f"{where}: {name!r} is a table: [{name}]")
    return dataclasses.replace(settings, **given)


def as_dict(recipe: Recipe) -> dict[str, Any]:
    return dataclasses.asdict(recipe)
