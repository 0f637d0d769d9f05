"""``deepfake-desktop train``: arguments, progress bar, result. The work is in ``train``."""

from __future__ import annotations

import argparse
import dataclasses
import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from deepfake_desktop.training.recipe import Recipe

logger = logging.getLogger(__name__)

RECIPES = Path(__file__).parent / "recipes"

_DESCRIPTION = """Train a checkpoint of your own. Fakes are made from the real material given
(self-blending, swaps, mouths, decoder traces); folders of labelled fakes may be added. A run that
was broken off goes on when the same command is given again."""


def add_train_parser(subparsers: Any) -> None:
    """Add ``train`` to the program's sub-commands."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "train",
        help="train a checkpoint from faces, clips or labelled folders",
        description=_DESCRIPTION,
    )
    data = parser.add_argument_group("what to train on")
    for name, text in (
        ("--faces", "folder of real portraits, one person a file (or with index.csv)"),
        ("--videos", "CSV list of real clips (file, identity, label, train_allowed)"),
        ("--real", "folder of real videos; a subfolder is a person"),
        ("--fake", "folder of fake videos; a subfolder is a person"),
        ("--labelled", "data set in a known layout: FaceForensics++, Celeb-DF, DFDC, real/ fake/"),
    ):
        data.add_argument(
            name,
            type=Path,
            action="append",
            default=[],
            metavar="FILE" if name == "--videos" else "DIR",
            help=text,
        )
    data.add_argument(
        "--exclude",
        action="append",
        default=[],
        metavar="WORD",
        help="leave out rows of --videos that contain this (part of a name, a licence)",
    )
    data.add_argument(
        "--decoder",
        type=Path,
        metavar="DIR",
        help="folder of the small autoencoder whose traces some fakes carry (optional)",
    )
    data.add_argument(
        "--reconstructions",
        type=int,
        default=1500,
        metavar="N",
        help="how many faces are sent through it (default: 1500)",
    )
    data.add_argument(
        "--decoders",
        type=Path,
        metavar="DIR",
        help="folder of small networks fitted to these same faces, with their pictures (default: "
        "in --run). Which are fitted stands in the recipe; without that, what is there is used",
    )
    how = parser.add_argument_group("how")
    how.add_argument(
        "--recipe", type=Path, metavar="TOML", help="recipe file (default: the shipped lite0.toml)"
    )
    how.add_argument("--steps", type=int, metavar="N", help="steps of the frame stage")
    how.add_argument("--clips", type=int, metavar="N", help="clip pairs of the sequence stage")
    how.add_argument("--frames", type=int, metavar="N", help="sequence length")
    how.add_argument("--seed", type=int, metavar="N")
    how.add_argument(
        "--add-traces",
        type=Path,
        metavar="FILE",
        help="train no network: the trace stage only, for a copy of this checkpoint",
    )
    how.add_argument("--teacher", type=Path, metavar="RUN", help="distil from this run's network")
    how.add_argument(
        "--until", type=int, metavar="STEP", help="stop there; the same command goes on later"
    )
    how.add_argument(
        "--watch",
        type=Path,
        metavar="CSV",
        help="labelled clips (file, label, method, group, train_allowed) to score at every check; "
        "those that may be trained on are passed over",
    )
    where = parser.add_argument_group("where")
    where.add_argument(
        "--run",
        type=Path,
        default=Path("runs/train"),
        metavar="DIR",
        help="state, caches and curves (default: runs/train)",
    )
    where.add_argument(
        "--out",
        type=Path,
        default=Path("models"),
        metavar="DIR",
        help="folder for the checkpoint and its card (default: models)",
    )
    where.add_argument("--tag", default="own_data", metavar="NAME", help="last part of its name")
    where.add_argument(
        "--licence", default="unstated", help="of the resulting weights, for the card"
    )
    where.add_argument(
        "--preview", type=Path, metavar="PNG", help="only draw a sheet of real and made faces"
    )


def run_train(args: argparse.Namespace) -> int:
    """Run ``train``; returns the exit code.

    Raises:
        DeepfakeDesktopError: for wrong usage, unreadable material, or an unwritable result.
    """
    from deepfake_desktop.core.errors import UsageError
    from deepfake_desktop.training.sources import Sources
    from deepfake_desktop.training.train import Job, add_traces, train

    recipe = _recipe(args)
    sources = Sources(
        faces=tuple(args.faces),
        video_lists=tuple(args.videos),
        real=tuple(args.real),
        fake=tuple(args.fake),
        labelled=tuple(args.labelled),
        exclude=tuple(args.exclude),
    )
    if not any((args.faces, args.videos, args.real, args.fake, args.labelled)):
        raise UsageError(
            "there is nothing to train on", remedy="Give --faces, --videos, --real or --labelled."
        )
    job = Job(
        recipe=recipe,
        sources=sources,
        run=args.run,
        models=args.out,
        tag=args.tag,
        licence=args.licence,
        decoder=args.decoder,
        decoders=args.decoders,
        reconstructions=args.reconstructions,
        teacher=args.teacher,
        until_step=args.until,
        watch=args.watch,
        made_pairs=min(120, max(8, recipe.frame.steps)),
        held_out_clips=min(100, max(8, recipe.sequence.clips // 4)),
    )
    from rich.console import Console

    console = Console(stderr=True)
    with _Bars(console) as bars:
        if args.preview is not None:
            from deepfake_desktop.training.preview import draw_preview

            draw_preview(job, args.preview, bars.report)
            console.print(f"Sheet written to {args.preview}.")
            return 0
        if args.add_traces is not None:
            added = add_traces(job, args.add_traces, bars.report)
            console.print(f"People never trained on: AUC {added.auc:.3f}.")
            console.print(f"Checkpoint: {added.checkpoint}. Calibrate it next.")
            return 0
        outcome = train(job, bars.report)
    if outcome is None:
        console.print(f"Stopped at step {args.until}. The same command goes on from {args.run}.")
        return 0
    console.print(
        f"People never trained on: AUC {outcome.auc:.3f}, accuracy {outcome.accuracy:.1%} "
        f"(mean of single frames: AUC {outcome.frame_auc:.3f})."
    )
    console.print(f"Checkpoint: {outcome.checkpoint}")
    return 0


def _recipe(args: argparse.Namespace) -> Recipe:
    from deepfake_desktop.training.recipe import load_recipe

    recipe = load_recipe(args.recipe or RECIPES / "lite0.toml")
    frame, sequence = recipe.frame, recipe.sequence
    if args.steps is not None:
        frame = dataclasses.replace(
            frame, steps=args.steps, decay_steps=min(frame.decay_steps, args.steps // 3)
        )
    if args.clips is not None:
        sequence = dataclasses.replace(sequence, clips=args.clips)
    if args.frames is not None:
        sequence = dataclasses.replace(sequence, frames=args.frames)
    seed = recipe.seed if args.seed is None else args.seed
    return dataclasses.replace(recipe, frame=frame, sequence=sequence, seed=seed)


class _Bars:
    """One progress bar per stage, with the time left."""

    _TITLES = {  # noqa: RUF012
        "faces": "Cutting faces",
        "reconstructions": "Decoder traces",
        "decoders": "Traces of the fitted networks",
        "frames": "Frame stage",
        "clips": "Clips for the LSTM",
        "traces": "Traces of clips",
        "watch": "Cutting watched clips",
    }

    def __init__(self, console: Any) -> None:
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            TextColumn,
            TimeRemainingColumn,
        )

        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(compact=True),
            console=console,
        )
        self._tasks: dict[str, Any] = {}

    def __enter__(self) -> _Bars:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def report(self, stage: str, done: int, total: int, remaining_s: float | None) -> None:
        if stage not in self._tasks:
            title = self._TITLES.get(stage, stage)
            self._tasks[stage] = self._progress.add_task(title, total=total)
        self._progress.update(self._tasks[stage], completed=done, total=total)
