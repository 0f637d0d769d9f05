"""Crops through the network: on which device, in which batches, in which memory."""

from __future__ import annotations

import copy
import logging
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from deepfake_desktop.core.cards import Card
from deepfake_desktop.core.checkpoints import (
    CheckpointFile,
    LoadedCheckpoint,
    describe,
    load_checkpoint,
)
from deepfake_desktop.core.errors import DeviceMemoryError, UsageError
from deepfake_desktop.core.fusion import fuse_normalisation
from deepfake_desktop.core.types import CancelToken, CheckpointSummary, Device, Image

if TYPE_CHECKING:
    from torch import Tensor

    from deepfake_desktop.core.network import FrameSequenceNetwork
    from deepfake_desktop.core.traces import Floats

log = logging.getLogger(__name__)

LARGEST_BATCH = 32


@dataclass(slots=True)
class Scorer:
    """Turns the crops of one face into one logit.

    Batches never hold crops of two sequences, so a score does not depend on what else is in the
    video or on how threads happened to run. ``fallbacks`` tells in words what memory forced.
    """

    checkpoint: LoadedCheckpoint
    device: str
    largest_batch: int = LARGEST_BATCH
    fallbacks: tuple[str, ...] = ()

    @classmethod
    def open(cls, checkpoint: LoadedCheckpoint, device: Device = "auto") -> Scorer:
        """Move the network to a device, its normalisation folded into its convolutions.

        Raises:
            UsageError: if the device is not there.
        """
        import torch

        chosen = choose_device(device)
        fuse_normalisation(checkpoint.network.model)
        checkpoint.network.to(chosen).to(memory_format=torch.channels_last)
        return cls(checkpoint, chosen)

    def logit(
        self,
        crops: Sequence[Image],
        *,
        traces: Floats | None = None,
        cancel: CancelToken | None = None,
    ) -> float:
        """Log-odds of fake of one sequence: RGB uint8 crops, all of the card's image size.

        ``traces``: of the same frames (``core.traces.summarise``), if there are any; used where
        the checkpoint reads them.

        Raises:
            DeviceMemoryError: if not even one crop at a time fits.
            Cancelled: between two batches.
        """
        import torch

        cancel = cancel or CancelToken()
        features: list[Tensor] = []
        start = 0
        with torch.inference_mode():
            while start < len(crops):
                cancel.raise_if_cancelled()
                batch = crops[start : start + self.largest_batch]
                try:
                    features.append(self._features(batch))
                except (RuntimeError, MemoryError) as error:
                    if not is_out_of_memory(error):
                        raise
                    self._back_off(len(batch), error)
                    features = [feature.to(self.device) for feature in features]
                    continue
                start += len(batch)
            network = self.checkpoint.network
            logits = network.sequence_logits(torch.cat(features).unsqueeze(0))
            fake = self.checkpoint.card.fake_index
            logit = logits[0, fake] - logits[0, 1 - fake]
            if network.traces is not None:
                logit = network.traces.share * logit
                if traces is not None:
                    kinds = network.traces(torch.from_numpy(traces).to(self.device))
                    logit = logit + kinds.mean()
            return float(logit)

    def _features(self, crops: Sequence[Image]) -> Tensor:
        import torch

        from deepfake_desktop.core.network import normalise

        stacked = np.stack(crops)
        if self.checkpoint.card.color == "bgr":
            stacked = np.ascontiguousarray(stacked[..., ::-1])
        images = normalise(torch.from_numpy(stacked).to(self.device))
        return self.checkpoint.network.frame_features(images)

    def _back_off(self, tried: int, error: BaseException) -> None:
        """Halve the batch; at one crop, go to the CPU; there, give up."""
        import torch

        if tried > 1:
            self.largest_batch = tried // 2
            self._note(f"{self.device}: out of memory, batches of {self.largest_batch}")
        elif self.device != "cpu":
            # The network on the GPU may be another analysis' too, so it stays whole.
            network = _on_cpu(self.checkpoint.network)
            self.checkpoint = replace(self.checkpoint, network=network)
            release_network()
            getattr(torch, self.device).empty_cache()
            self.device = "cpu"
            self.largest_batch = LARGEST_BATCH
            self._note("out of memory on the GPU, went on on the CPU")
        else:
            raise DeviceMemoryError(
                "memory ran out while the network was running",
                remedy="Close other programs, or choose fewer frames.",
            ) from error

    def _note(self, text: str) -> None:
        log.warning(text)
        self.fallbacks = (*self.fallbacks, text)


@dataclass(frozen=True, slots=True)
class _Kept:
    described: tuple[Card, CheckpointSummary]
    device: str
    checkpoint: LoadedCheckpoint


_kept: _Kept | None = None
_keeping = threading.Lock()


def open_scorer(file: CheckpointFile, device: Device = "auto") -> Scorer:
    """A scorer for one analysis. The network of the call before is used again if its file
    (by sha256), its card and the device are the same; otherwise it is let go before another is
    loaded: one network at most is kept. For any number of threads, which then share it.

    Raises:
        CheckpointError: as ``load_checkpoint``.
        UsageError: if the device is not there.
    """
    global _kept
    chosen = choose_device(device)
    with _keeping:
        described = describe(file)
        if _kept is None or (_kept.described, _kept.device) != (described, chosen):
            _kept = None
            scorer = Scorer.open(load_checkpoint(file), chosen)
            _kept = _Kept(described, chosen, scorer.checkpoint)
        return Scorer(_kept.checkpoint, chosen)


def release_network() -> None:
    """Let the kept network go; analyses that use it keep it until they end."""
    global _kept
    with _keeping:
        _kept = None


def _on_cpu(network: FrameSequenceNetwork) -> FrameSequenceNetwork:
    """A copy on the CPU, made without a byte of the GPU's memory."""
    from torch import nn

    copied: dict[int, object] = {
        id(weight): nn.Parameter(weight.detach().cpu(), requires_grad=False)
        for weight in network.parameters()
    }
    copied |= {id(buffer): buffer.cpu() for buffer in network.buffers()}
    return copy.deepcopy(network, copied)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error says, in one of the ways that torch has, that memory ran out."""
    if isinstance(error, MemoryError):
        return True
    text = str(error).lower()
    return "out of memory" in text or "can't allocate memory" in text


def choose_device(device: Device) -> Device:
    """What ``auto`` stands for here.

    Raises:
        UsageError: if the device is not there.
    """
    import torch

    available: dict[Device, bool] = {
        "cpu": True,
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
    }
    if device == "auto":
        return next(name for name in ("cuda", "mps", "cpu") if available[name])
    if not available[device]:
        raise UsageError(
            f"the device {device} is not available on this machine", remedy="Use --device cpu."
        )
    return device


def device_name(device: str) -> str:
    """What a report says of the device."""
    import torch

    if device == "cuda":
        return f"cuda ({torch.cuda.get_device_name()})"
    return f"{device} ({torch.get_num_threads()} threads)" if device == "cpu" else device
