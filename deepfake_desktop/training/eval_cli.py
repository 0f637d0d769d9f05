"""``deepfake-desktop evaluate`` and ``deepfake-desktop calibrate``."""

from __future__ import annotations

import argparse
import importlib.util
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deepfake_desktop.core.errors import OutputError, UsageError

if TYPE_CHECKING:
    from rich.console import Console

    from deepfake_desktop.core.checkpoints import CheckpointFile
    from deepfake_desktop.training.crop_store import CropStore
    from deepfake_desktop.training.evaluate import Evaluation, Plan
    from deepfake_desktop.training.scoring import ResultsFile

LENGTHS = (10, 20, 40, 60, 80, 100)

_FOLDER = (
    "labelled videos: real/ and fake/ folders, an index.csv "
    "(file,label,method,group,train_allowed), FaceForensics++, Celeb-DF or DFDC"
)


def add_evaluate_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``evaluate`` to the program's commands."""
    parser = commands.add_parser(
        "evaluate",
        help="measure a checkpoint on labelled videos",
        description="Measure a checkpoint on labelled videos: AUC, equal error rate, accuracy, "
        "verdicts and calibration, per family of fakes, with intervals, plots and JSON. "
        "A run that was stopped goes on where it was.",
    )
    _add_common(parser)
    parser.add_argument(
        "--out", type=Path, default=Path("evaluation"), metavar="DIR",
        help="folder for evaluation.json, .md and the plots (default: evaluation)",
    )  # fmt: skip
    parser.add_argument(
        "--complete", action="store_true",
        help="everything for a new checkpoint, from kept faces: the same as --calibrate "
        "--from-crops --lengths all --single-frame --degrade",
    )  # fmt: skip
    parser.add_argument(
        "--calibrate", action="store_true",
        help="first fit calibration and thresholds and write them into the card",
    )  # fmt: skip
    parser.add_argument(
        "--crops-only", action="store_true",
        help="only find and keep the faces that the other options need, in steps that can be "
        "stopped and gone on with; any checkpoint of the same sequence length then uses them",
    )  # fmt: skip
    parser.add_argument(
        "--lengths", type=_numbers, default=(), metavar="N,N,...",
        help="also measure these sequence lengths; 'all' for "
        + ",".join(map(str, LENGTHS)),
    )  # fmt: skip
    parser.add_argument(
        "--single-frame", action="store_true", help="also measure with single frames, as a baseline"
    )
    parser.add_argument(
        "--degrade",
        nargs="?",
        const="all",
        metavar="NAME,NAME,...",
        help="also measure recompressed, reduced, blurred and otherwise worsened copies: all, or "
        "those named ('CRF 18', 'CRF 23', 'CRF 32', 'CRF 40', 'half size', 'blur 2 px', "
        "'noise 8 levels', grey, dark, overexposed, smoothed, sharpened; all is all but CRF 18)",
    )
    parser.add_argument(
        "--degrade-seconds", type=float, default=2.0, metavar="S",
        help="worsen the first S seconds of each clip; 0 for all of it (default: 2)",
    )  # fmt: skip
    parser.add_argument(
        "--made", type=Path, metavar="RUN",
        help="also measure made fakes of the people that this training run's faces keep out",
    )  # fmt: skip
    parser.add_argument(
        "--made-pairs", type=int, default=100, metavar="N", help="how many pairs (default: 100)"
    )
    parser.add_argument(
        "--portraits", type=Path, metavar="DIR",
        help="also score real portraits (index.csv, landmarks.npy) by how light the skin looks",
    )  # fmt: skip
    parser.add_argument(
        "--meso4", type=Path, metavar="FILE",
        help="also measure these weights of Meso-4 (scripts/train_meso4.py), as a baseline",
    )  # fmt: skip
    parser.add_argument(
        "--draws", type=int, default=1000, metavar="N", help="bootstrap draws (default: 1000)"
    )


def add_calibrate_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``calibrate`` to the program's commands."""
    parser = commands.add_parser(
        "calibrate",
        help="fit probabilities and thresholds and write them into the card",
        description="Fit calibration and thresholds on labelled videos that nothing was trained "
        "on, report what they are worth on held-out groups, and write both into the card.",
    )
    _add_common(parser)
    parser.add_argument(
        "--out", type=Path, default=Path("evaluation"), metavar="DIR",
        help="folder with the kept scores (default: evaluation)",
    )  # fmt: skip
    parser.add_argument(
        "--method", choices=("platt", "temperature", "isotonic"),
        help="default: Platt or temperature, whichever holds out better",
    )  # fmt: skip
    parser.add_argument("--folds", type=int, default=5, metavar="K", help="(default: 5)")
    parser.add_argument("--dry-run", action="store_true", help="print, but leave the card as it is")


def _add_common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", type=Path, metavar="FOLDER", help=_FOLDER)
    parser.add_argument("--checkpoint", type=Path, required=True, metavar="FILE")
    parser.add_argument(
        "--frames", type=int, metavar="N", help="sequence length (default: the checkpoint's)"
    )
    parser.add_argument("--budget", type=int, default=240, metavar="FRAMES")
    parser.add_argument("--device", choices=("auto", "cpu", "cuda", "mps"), default="auto")
    parser.add_argument(
        "--include-trainable", action="store_true",
        help="also measure clips that training may use (train_allowed in index.csv)",
    )  # fmt: skip
    parser.add_argument(
        "--from-crops",
        action="store_true",
        help="score kept faces instead of running the whole analysis: the same scores, and much "
        "faster for a second checkpoint",
    )
    parser.add_argument(
        "--crops", type=Path, metavar="DIR", help="where faces are kept (default: OUT/crops)"
    )


def _numbers(text: str) -> tuple[int, ...]:
    if text == "all":
        return LENGTHS
    try:
        numbers = tuple(int(part) for part in text.split(","))
    except ValueError:
        numbers = ()
    if not numbers or min(numbers) < 1:
        raise argparse.ArgumentTypeError("give positive numbers, separated by commas, or 'all'")
    return numbers


def _degradations(text: str | None) -> tuple[str, ...]:
    from deepfake_desktop.training.robustness import DEGRADATIONS, MEASURED

    if text is None:
        return ()
    names = MEASURED if text == "all" else tuple(text.split(","))
    for name in names:
        if name not in DEGRADATIONS:
            known = ", ".join(DEGRADATIONS)
            raise UsageError(f"--degrade knows no {name!r}.", remedy=f"It knows: {known}.")
    return names


def run_evaluate(args: argparse.Namespace) -> int:
    """Measure, write the report, print its tables."""
    _need_training_extra()
    from rich.console import Console

    from deepfake_desktop.core.checkpoints import describe
    from deepfake_desktop.training.evaluate import MAIN, Made
    from deepfake_desktop.training.plots import plot_reliability, plot_roc
    from deepfake_desktop.training.tables import to_markdown

    if args.complete:
        args.calibrate = args.from_crops = args.single_frame = True
        args.lengths, args.degrade = args.lengths or LENGTHS, args.degrade or "all"
    file, main = _plan(args)
    plan = replace(
        main,
        lengths=args.lengths,
        single_frame=args.single_frame,
        degradations=_degradations(args.degrade),
        degraded_s=args.degrade_seconds or None,
        made=None if args.made is None else Made(args.made, args.made_pairs),
        meso4=args.meso4,
        portraits=args.portraits,
        draws=args.draws,
    )
    out = _folder(args.out)
    console = Console(soft_wrap=True, highlight=False, markup=False)
    if args.crops_only:
        _keep_crops(args, plan, out)
        return 0
    if args.calibrate:
        _calibrate(args, file, main, out, console)
    found = _measured(args, file, plan, out)
    name = file.path.stem
    _write(out / f"{name}.json", json.dumps(found.report, indent=1, ensure_ascii=False) + "\n")
    text = to_markdown(found.report)
    _write(out / f"{name}.md", text)
    plot_roc(out / f"{name}_roc.png", found.rows, title=name)
    curves = {"as shipped": found.report["conditions"][MAIN]["calibration"]["bins"]}
    _, summary = describe(file)
    held_out = summary.metrics.get("calibration", {}).get("held_out", {}).get("bins")
    if held_out:
        curves["held out, from the card"] = held_out
    plot_reliability(out / f"{name}_reliability.png", curves, title=name)
    console.print(text)
    console.print(f"Written to {out}: {name}.json, .md, _roc.png, _reliability.png")
    return 0


def run_calibrate(args: argparse.Namespace) -> int:
    """Fit, write the card, print what was found."""
    _need_training_extra()
    from rich.console import Console

    file, plan = _plan(args)
    console = Console(soft_wrap=True, highlight=False, markup=False)
    _calibrate(args, file, plan, _folder(args.out), console)
    return 0


def _calibrate(
    args: argparse.Namespace, file: CheckpointFile, plan: Plan, out: Path, console: Console
) -> None:
    from deepfake_desktop.core.atomic import write_atomically
    from deepfake_desktop.core.checkpoints import describe
    from deepfake_desktop.training.calibrate import FOLDS, calibrate, calibrated_card
    from deepfake_desktop.training.evaluate import MAIN

    dry_run = getattr(args, "dry_run", False)
    if not file.card_path.is_file() and not dry_run:
        raise UsageError(
            "has no card to write into.", path=file.path, remedy="Write one, or use --dry-run."
        )
    found = _measured(args, file, replace(plan, checked=0), out)
    try:
        fitted = calibrate(
            found.rows,
            method=getattr(args, "method", None),
            folds=getattr(args, "folds", FOLDS),
            seen=found.seen,
        )
    except ValueError as error:
        raise UsageError(f"cannot calibrate: {error}.", path=args.folder) from error
    card, _ = describe(file)
    families = found.report["conditions"][MAIN]["families"]
    new = calibrated_card(card, fitted, families)
    if not dry_run:
        write_atomically(file.card_path, new.to_json().encode())
    console.print_json(
        json.dumps(
            {
                "calibration": fitted.calibration,
                "thresholds": {"real": fitted.thresholds.real, "fake": fitted.thresholds.fake},
                **fitted.figures,
            }
        )
    )
    console.print("Card left as it is." if dry_run else f"Written: {file.card_path}")


def _plan(args: argparse.Namespace) -> tuple[CheckpointFile, Plan]:
    from deepfake_desktop.core.checkpoints import describe, file_for_path
    from deepfake_desktop.core.types import AnalysisSettings
    from deepfake_desktop.training.evaluate import Plan

    file = file_for_path(args.checkpoint)
    _, summary = describe(file)
    frames = args.frames or summary.frames
    if frames < 1:
        raise UsageError("states no sequence length.", path=file.path, remedy="Give --frames.")
    settings = AnalysisSettings(
        frames=frames, checkpoint=file.path, budget_frames=args.budget, device=args.device
    )
    return file, Plan(
        settings,
        single_frame=False,
        include_trainable=args.include_trainable,
        from_crops=args.from_crops,
    )


def _measured(args: argparse.Namespace, file: CheckpointFile, plan: Plan, out: Path) -> Evaluation:
    """Score and measure the folder, with progress; scores and faces are kept under ``out``."""
    from deepfake_desktop.training.evaluate import evaluate

    with _progress() as (begin, advance):
        return evaluate(
            args.folder,
            file,
            plan,
            results=_results(out, args),
            crops=_crops(out, args),
            begin=begin,
            advance=advance,
        )


def _keep_crops(args: argparse.Namespace, plan: Plan, out: Path) -> None:
    from deepfake_desktop.training.evaluate import keep_crops

    with _progress() as (begin, advance):
        keep_crops(args.folder, plan, crops=_crops(out, args), begin=begin, advance=advance)


def _crops(out: Path, args: argparse.Namespace) -> CropStore:
    from deepfake_desktop.training.crop_store import CropStore

    return CropStore(args.crops or out / "crops")


@contextmanager
def _progress() -> Iterator[tuple[Any, Any]]:
    """A bar on standard error with the time left, and the two callbacks that move it."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    bar = Progress(
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.description}"),
        console=Console(stderr=True),
    )
    with bar:
        task = bar.add_task("Reading the folder", total=None)
        yield (
            lambda total: bar.update(task, total=total, description="Scoring"),
            lambda name: bar.update(task, advance=1, description=name),
        )


def _need_training_extra() -> None:
    if (
        importlib.util.find_spec("sklearn") is None
        or importlib.util.find_spec("matplotlib") is None
    ):
        raise UsageError(
            "scikit-learn and matplotlib are not installed.",
            remedy="Install the training extra: uv sync --extra train.",
        )


def _results(out: Path, args: argparse.Namespace) -> ResultsFile:
    """Scores of the whole analysis and scores of kept crops never stand in for each other."""
    from deepfake_desktop.training.scoring import ResultsFile

    return ResultsFile(out / ("scores_from_crops.jsonl" if args.from_crops else "scores.jsonl"))


def _folder(path: Path) -> Path:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"cannot be made ({error.strerror}).", path=path) from error
    return path


def _write(path: Path, text: str) -> None:
    from deepfake_desktop.core.atomic import write_atomically

    write_atomically(path, text.encode())
