"""Every way at hand to run the backbone over crops, by name; the first is the reference."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

Features = npt.NDArray[np.float32]
Engine = Callable[[Sequence[npt.NDArray[np.uint8]]], Features]


def build(checkpoint: Path) -> dict[str, Engine]:
    """Eager torch as it comes, ours in both precisions, the same on CUDA where that is at hand, and
    OpenVINO where it is installed."""
    import torch

    from deepfake_desktop.core import threads
    from deepfake_desktop.core.checkpoints import file_for_path, load_checkpoint
    from deepfake_desktop.core.inference import Scorer, device_name
    from deepfake_desktop.core.network import FrameSequenceNetwork, normalise
    from deepfake_desktop.core.types import Device, Precision

    def images(crops: Sequence[npt.NDArray[np.uint8]]) -> torch.Tensor:
        return normalise(torch.from_numpy(np.stack(crops)))

    threads.set_once()
    plain = load_checkpoint(file_for_path(checkpoint)).network

    def eager(network: FrameSequenceNetwork, device: Device) -> Engine:
        def run(crops: Sequence[npt.NDArray[np.uint8]]) -> Features:
            with torch.inference_mode():
                found = network.frame_features(images(crops).contiguous().to(device))
                return np.asarray(found.cpu().numpy())

        return run

    def ours(device: Device, precision: Precision) -> Engine:
        scorer = Scorer.open(load_checkpoint(file_for_path(checkpoint)), device, precision)

        def run(crops: Sequence[npt.NDArray[np.uint8]]) -> Features:
            with torch.inference_mode():
                return np.asarray(scorer._features(crops).cpu().numpy())

        return run

    engines: dict[str, Engine] = {"torch, eager": eager(plain, "cpu")}
    devices: list[Device] = ["cpu"]
    if torch.cuda.is_available():
        devices.append("cuda")
        moved = load_checkpoint(file_for_path(checkpoint)).network.to("cuda")
        engines["torch, eager: cuda"] = eager(moved, "cuda")
    for device in devices:
        name = f"ours, as analyses use it: {device_name(device, 'auto')}"
        engines[name] = ours(device, "auto")
        engines[f"ours, exact: {device_name(device, 'exact')}"] = ours(device, "exact")
    if importlib.util.find_spec("openvino") is not None:
        engines["OpenVINO, fp32"] = _openvino(plain)
    return engines


def _openvino(network: object) -> Engine:
    import openvino
    import torch

    from deepfake_desktop.core.network import FrameSequenceNetwork, normalise

    assert isinstance(network, FrameSequenceNetwork)

    class Backbone(torch.nn.Module):
        def __init__(self, model: torch.nn.Module) -> None:
            super().__init__()
            self.model = model

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            maps: torch.Tensor = self.model(x)
            return maps.mean(dim=(2, 3))

    model = openvino.convert_model(
        Backbone(network.model).eval(), example_input=torch.zeros(2, 3, 112, 112)
    )
    compiled = openvino.Core().compile_model(
        model,
        "CPU",
        {
            "INFERENCE_PRECISION_HINT": "f32",
            "INFERENCE_NUM_THREADS": torch.get_num_threads(),
            "PERFORMANCE_HINT": "LATENCY",
        },
    )

    def run(crops: Sequence[npt.NDArray[np.uint8]]) -> Features:
        images = normalise(torch.from_numpy(np.stack(crops))).contiguous()
        return np.asarray(compiled(images.numpy())[0])

    return run
