"""Which clips are measured, and as what: whole, or worse than they came."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from deepfake_desktop.core.errors import UsageError
from deepfake_desktop.training.code_version import code_version
from deepfake_desktop.training.layouts import LabelledClip, read_folder
from deepfake_desktop.training.robustness import Degradation, degrade
from deepfake_desktop.training.scoring import Job


@dataclass(frozen=True, slots=True)
class Chosen:
    """``left_out``: how many clips of the folder training may use, and were left out for it;
    ``seen``: the real ones of them."""

    clips: tuple[LabelledClip, ...]
    seen: tuple[LabelledClip, ...]
    in_folder: int
    left_out: int


def to_measure(folder: Path, include_trainable: bool) -> Chosen:
    """The clips of ``folder`` that nothing was trained on.

    Raises:
        UsageError: if there are not both real and fake ones, or it is no folder of clips.
    """
    everything = read_folder(folder)
    clips = tuple(clip for clip in everything if include_trainable or not clip.train_allowed)
    if not any(clip.fake for clip in clips) or all(clip.fake for clip in clips):
        raise UsageError("needs real and fake videos that nothing was trained on.", path=folder)
    measured = set(clips)
    seen = tuple(clip for clip in everything if clip not in measured and not clip.fake)
    return Chosen(clips, seen, len(everything), len(everything) - len(clips))


@dataclass(frozen=True, slots=True)
class Worsening:
    """How a condition changes the clips: what is done to them, to their first ``max_s`` seconds."""

    degradation: Degradation
    max_s: float | None

    def job(self, job: Job, folder: Path) -> Job:
        """The job of the worsened copy, which is written into ``folder`` when it is needed and
        replaces the one before it."""

        def make() -> Path:
            name = hashlib.sha256(job.video_id.encode()).hexdigest()[:16]
            for old in folder.glob("*.mp4"):
                old.unlink()
            target = folder / f"{name}.mp4"
            degrade(job.path(), target, self.degradation, max_s=self.max_s)
            return target

        made_as = f"{self.degradation}:{self.max_s}:{_copies_version()}"
        return Job(job.name, f"{job.video_id}:{made_as}", make)


@cache
def _copies_version() -> str:
    """Changes with the code that writes a copy, and with the libraries that encode and blur it.
    ``core.patches`` smooths."""
    return code_version(
        ["deepfake_desktop.training.robustness", "deepfake_desktop.core.patches"],
        ["av", "opencv-python-headless"],
    )


def jobs_of(clips: Sequence[LabelledClip]) -> list[Job]:
    """One job a clip; reads every file once, for its sha256."""
    jobs = []
    for clip in clips:
        with clip.path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        jobs.append(Job(clip.name, digest, _constant(clip.path)))
    return jobs


def _constant(path: Path) -> Callable[[], Path]:
    return lambda: path
