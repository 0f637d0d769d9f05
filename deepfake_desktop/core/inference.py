"""Crops through the network: on which device, in which batches, in which memory."""

from __future__ import annotations

import contextlib
import copy
import functools
import logging
import math
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from deepfake_desktop.core.cards import Card
from deepfake_desktop.core.checkpoints import (
    CheckpointFile,
    LoadedCheckpoint,
    describe,
    load_checkpoint,
)
from deepfake_desktop.core.errors import DeviceMemoryError, UsageError, is_out_of_memory
from deepfake_desktop.core.fusion import fuse_normalisation
from deepfake_desktop.core.types import (
    CancelToken,
    CheckpointSummary,
    Device,
    Image,
    Precision,
    Reason,
)

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from deepfake_desktop.core.network import FrameSequenceNetwork
    from deepfake_desktop.core.patches import PatchPair
    from deepfake_desktop.core.traces import Floats

log = logging.getLogger(__name__)

LARGEST_BATCH = 32
LARGEST_BATCH_OF_GPU = 128
"""A hundred crops take a GPU hardly longer than twenty: what counts is how often it is asked."""


@dataclass(slots=True)
class Scorer:
    """Turns the crops of one face into one logit.

    Batches never hold crops of two sequences, so a score does not depend on what else is in the
    video or on how threads happened to run. ``fallbacks`` tells what memory forced.

    ``precision="auto"`` runs most convolutions in ``short_dtype``; weights stay, and pooling, LSTM
    and read-out run, in float32. ``"exact"`` computes all in float32.
    """

    checkpoint: LoadedCheckpoint
    device: str
    precision: Precision = "exact"
    largest_batch: int = field(init=False)
    fallbacks: tuple[Reason, ...] = ()

    def __post_init__(self) -> None:
        self.largest_batch = LARGEST_BATCH if self.device == "cpu" else LARGEST_BATCH_OF_GPU

    @classmethod
    def open(
        cls, checkpoint: LoadedCheckpoint, device: Device = "auto", precision: Precision = "exact"
    ) -> Scorer:
        """Move the network to a device, its normalisation folded into its convolutions; where the
        device has no room for it, it stays on the CPU.

        Raises:
            UsageError: if the device is not there.
            DeviceMemoryError: if it fits nowhere.
        """
        import torch

        chosen = choose_device(device)
        if chosen == "cuda":
            # Else convolutions and LSTM round float32 to TF32, whose mantissa is float16's.
            torch.backends.cudnn.allow_tf32 = False
        fuse_normalisation(checkpoint.network)
        checkpoint.network.to(memory_format=torch.channels_last)
        scorer = cls(checkpoint, chosen, precision)
        try:
            checkpoint.network.to(chosen)
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
            scorer._back_off(0, error)
        return scorer

    def logit(
        self,
        crops: Sequence[Image],
        *,
        traces: Floats | None = None,
        patches: Sequence[PatchPair] = (),
        features: Sequence[Tensor] = (),
        cancel: CancelToken | None = None,
    ) -> float:
        """Log-odds of fake of one sequence: RGB uint8 crops, all of the card's image size.

        ``traces`` (``core.traces.summarise``) and ``patches`` (``core.patches``): of the same
        frames, if there are any; used where the checkpoint reads them. ``features``: what
        ``begin`` has computed of the first crops.

        Raises:
            DeviceMemoryError: if not even one crop at a time fits, or the sequence does not.
            Cancelled: between two batches.
        """
        import torch

        known = [feature.to(self.device) for feature in features]
        logit: float | None = None
        with torch.inference_mode():
            self._extend(known, crops, 1, cancel)
            while logit is None:
                try:
                    logit = self._read(known, traces, patches)
                except (RuntimeError, MemoryError) as error:
                    self._without_room(0, error, known)
        if self.precision == "auto" and not math.isfinite(logit):
            log.warning("16 bits do not hold the numbers of this network, going on in 32")
            self.precision = "exact"
            return self.logit(crops, traces=traces, patches=patches, cancel=cancel)
        return logit

    def begin(
        self, features: list[Tensor], crops: Sequence[Image], cancel: CancelToken | None = None
    ) -> None:
        """Add to ``features`` what whole batches give of a sequence that still grows.

        Raises:
            DeviceMemoryError: if not even one crop at a time fits.
            Cancelled: between two batches.
        """
        import torch

        with torch.inference_mode():
            self._extend(features, crops, self.largest_batch, cancel)

    def _extend(
        self,
        features: list[Tensor],
        crops: Sequence[Image],
        least: int,
        cancel: CancelToken | None,
    ) -> None:
        """Batch by batch, as long as one holds at least so many crops."""
        while (start := sum(map(len, features))) < len(crops):
            batch = crops[start : start + self.largest_batch]
            if cancel is not None:
                cancel.raise_if_cancelled()
            if len(batch) < least:
                return
            try:
                features.append(self._features(batch))
            except (RuntimeError, MemoryError) as error:
                self._without_room(len(batch), error, features)

    def _without_room(self, tried: int, error: BaseException, features: list[Tensor]) -> None:
        """Back off, with what is computed, if memory is what was missing."""
        if not is_out_of_memory(error):
            raise error
        self._back_off(tried, error)
        features[:] = [feature.to(self.device) for feature in features]

    def _features(self, crops: Sequence[Image]) -> Tensor:
        import torch

        from deepfake_desktop.core.network import normalise

        stacked = np.stack(crops)
        if self.checkpoint.card.color == "bgr":
            stacked = np.ascontiguousarray(stacked[..., ::-1])
        images = normalise(torch.from_numpy(stacked).to(self.device))
        short = short_dtype(self.device) if self.precision == "auto" else None
        return self.checkpoint.network.frame_features(images, short)

    def _read(
        self, features: Sequence[Tensor], traces: Floats | None, patches: Sequence[PatchPair]
    ) -> float:
        """The whole sequence's features, traces and patches to its log-odds of fake."""
        import torch

        network, fake = self.checkpoint.network, self.checkpoint.card.fake_index
        logits = network.sequence_logits(torch.cat(list(features)).unsqueeze(0))[0]
        logit = logits[fake] - logits[1 - fake]
        seen = [
            None if found is None else torch.from_numpy(found).to(self.device)
            for found in (traces, np.stack(patches) if patches else None)
        ]
        return float(network.with_evidence(logit, *seen))

    def _back_off(self, tried: int, error: BaseException) -> None:
        """Halve the batch; with nothing to halve, go to the CPU; there, give up."""
        import torch

        if tried > 1:
            self.largest_batch = tried // 2
            batch = (("batch", self.largest_batch),)
            text = f"went on in batches of {self.largest_batch}."
            if self.device == "cpu":
                self._note(Reason("memory", f"Out of memory, {text}", batch))
            else:
                self._note(Reason("gpu_memory", f"Out of memory on the GPU, {text}", batch))
        elif self.device != "cpu":
            self._note(Reason("gpu_left", "Out of memory on the GPU, went on on the CPU."))
            # The network on the GPU may be another analysis' too, so it stays whole.
            network = _on_cpu(self.checkpoint.network)
            self.checkpoint = replace(self.checkpoint, network=network)
            release_network()
            error.with_traceback(None)  # whose frames hold what was computed last
            with contextlib.suppress(RuntimeError):  # a GPU too full even to be opened
                getattr(torch, self.device).empty_cache()
            self.device = "cpu"
            self.largest_batch = LARGEST_BATCH
        else:
            raise DeviceMemoryError(
                "memory ran out while the network was running",
                remedy="Close other programs, or choose fewer frames.",
            ) from error

    def _note(self, said: Reason) -> None:
        """Say how it went on, in place of what was said of the same device before."""
        log.warning(said.text)
        before = "memory" if self.device == "cpu" else "gpu_memory"
        kept = (reason for reason in self.fallbacks if reason.code != before)
        self.fallbacks = (*kept, said)


@dataclass(frozen=True, slots=True)
class _Kept:
    described: tuple[Card, CheckpointSummary]
    device: str
    checkpoint: LoadedCheckpoint


_kept: _Kept | None = None
_keeping = threading.RLock()


def open_scorer(
    file: CheckpointFile, device: Device = "auto", precision: Precision = "exact"
) -> Scorer:
    """A scorer for one analysis. The network of the call before is used again if its file
    (by sha256), its card and the device are the same; otherwise it is let go before another is
    loaded: one network at most is kept. For any number of threads, which then share it, and for
    both precisions: the weights are the same. One that found no room on the device is kept as the
    CPU's, so that the next call tries the device again.

    Raises:
        CheckpointError: as ``load_checkpoint``.
        UsageError: if the device is not there.
        DeviceMemoryError: if it fits nowhere.
    """
    global _kept
    chosen = choose_device(device)
    with _keeping:
        described = describe(file)
        if _kept is not None and (_kept.described, _kept.device) == (described, chosen):
            return Scorer(_kept.checkpoint, chosen, precision)
        _kept = None
        scorer = Scorer.open(load_checkpoint(file), chosen, precision)
        _kept = _Kept(described, scorer.device, scorer.checkpoint)
        return scorer


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


def choose_device(device: Device) -> Device:
    """What ``auto`` stands for here.

    Raises:
        UsageError: if the device is not there.
    """
    import torch

    available: dict[Device, bool] = {
        "cpu": True,
        "cuda": cuda_works(),
        "mps": torch.backends.mps.is_available(),
    }
    if device == "auto":
        return next(name for name in ("cuda", "mps", "cpu") if available[name])
    if not available[device]:
        raise UsageError(
            f"the device {device} is not available on this machine", remedy="Use --device cpu."
        )
    return device


@functools.cache
def cuda_works() -> bool:
    """Whether torch can compute on a GPU of this machine. A card too old for torch is there all the
    same, and fails at the first computation; one that is only full counts as there."""
    import torch

    if not torch.cuda.is_available():
        return False
    try:
        torch.zeros(1, device="cuda").add_(1)
    except RuntimeError as error:
        if not is_out_of_memory(error):
            log.warning("the GPU is not used: %s", error)
            return False
    return True


def short_dtype(device: str) -> torch.dtype | None:
    """The 16-bit type that a device computes with natively, None where it has none.

    Processors: bfloat16 where AVX-512 or AMX multiplies it; others emulate it, which is slow.
    GPUs: float16, whose rounding is an eighth of bfloat16's.
    """
    import torch

    if device != "cpu":
        return torch.float16
    # an older torch cannot say
    capabilities: Mapping[str, Any] = getattr(torch.cpu, "get_capabilities", dict)()
    native = any(capabilities.get(name, False) for name in ("avx512_bf16", "amx_bf16"))
    return torch.bfloat16 if native else None


def device_name(device: str, precision: Precision) -> str:
    """What a report says of the device and of the precision, as in ``cpu (2 threads, bf16)``."""
    import torch

    names = {None: "fp32", torch.bfloat16: "bf16", torch.float16: "fp16"}
    parts = [names[short_dtype(device) if precision == "auto" else None]]
    if device == "cpu":
        parts.insert(0, f"{torch.get_num_threads()} threads")
    elif device == "cuda":
        parts.insert(0, torch.cuda.get_device_name())
    return f"{device} ({', '.join(parts)})"
