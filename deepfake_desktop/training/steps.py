"""Material for training steps, made beside the training, each step from its number alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np
import torch
import torch.utils.data
from torch import Tensor

Pictures = np.ndarray[Any, np.dtype[np.uint8]]


class StepStream(torch.utils.data.IterableDataset[Tensor]):
    """Endless steps from ``first_step`` on, shared out among a loader's workers."""

    first_step: int

    def step(self, step: int) -> Pictures:
        raise NotImplementedError

    def __iter__(self) -> Iterator[Tensor]:
        cv2.setNumThreads(1)
        worker = torch.utils.data.get_worker_info()
        step = self.first_step + (worker.id if worker else 0)
        while True:
            yield torch.from_numpy(self.step(step))
            step += worker.num_workers if worker else 1


def load(stream: StepStream, workers: int) -> torch.utils.data.DataLoader[Tensor]:
    """Its steps in order, made by ``workers`` processes; by this one if there are none."""
    return torch.utils.data.DataLoader(
        stream,
        batch_size=None,
        num_workers=workers,
        prefetch_factor=4 if workers else None,
        multiprocessing_context="spawn" if workers else None,
        generator=torch.Generator(),  # its own, so that dropout's is left alone
    )
