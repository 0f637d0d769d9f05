"""The command line: arguments are read here, work is done elsewhere."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from deepfake_desktop import __version__
from deepfake_desktop.core.errors import (
    EXIT_CANCELLED,
    Cancelled,
    DeepfakeDesktopError,
    UsageError,
)
from deepfake_desktop.training import cli as train_cli
from deepfake_desktop.training import eval_cli

if TYPE_CHECKING:
    from deepfake_desktop.core.types import AnalysisRequest


def build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="deepfake-desktop",
        description="Find deepfaked faces in a video, offline, and show why. "
        "Without a command the window opens.",
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")

    analyze = commands.add_parser(
        "analyze", help="examine a video and print a verdict", description=_ANALYZE
    )
    _add_analyze(analyze)

    models = commands.add_parser("models", help="list the checkpoints at hand")
    _add_models_dir(models)
    models.add_argument("--json", action="store_true", help="print JSON instead of a table")

    window = commands.add_parser("open", help="open the window, with files")
    window.add_argument("files", nargs="*", type=Path, metavar="FILE")

    selftest = commands.add_parser(
        "self-test", help="analyse the bundled samples and compare with stored probabilities"
    )
    _add_models_dir(selftest)

    train_cli.add_train_parser(commands)
    eval_cli.add_evaluate_parser(commands)
    eval_cli.add_calibrate_parser(commands)
    for command in commands.choices.values():
        command.add_argument("--debug", action="store_true", help="show tracebacks and logs")
    return parser


_ANALYZE = """Examine a video and print a verdict: FAKE, REAL, INCONCLUSIVE or NO FACE. Exit code
0 for any verdict, 1 when the analysis failed, 2 for wrong usage, 130 when interrupted."""


def _add_models_dir(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--models", type=Path, metavar="DIR", help="look for checkpoints in this folder first"
    )


def _add_analyze(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("video", type=Path, metavar="VIDEO")
    parser.add_argument(
        "--frames", type=int, default=20, metavar="N", help="sequence length (default: 20)"
    )
    parser.add_argument(
        "--exact-frames",
        action="store_true",
        help="fail if no checkpoint was trained for exactly N frames",
    )
    parser.add_argument(
        "--checkpoint", type=Path, metavar="FILE", help="use this one (default: most accurate)"
    )
    _add_models_dir(parser)
    parser.add_argument(
        "--sampling",
        choices=("spread", "opening", "every"),
        default="spread",
        help="windows over the whole video, the first N frames, or all (default: spread)",
    )
    parser.add_argument(
        "--budget",
        type=int,
        default=240,
        metavar="FRAMES",
        help="most frames examined when spread (default: 240)",
    )
    parser.add_argument(
        "--detector",
        choices=("hog", "cnn"),
        default="hog",
        help="face detector; cnn finds more profiles and is slow without a GPU (default: hog)",
    )
    parser.add_argument(
        "--device", choices=("auto", "cpu", "cuda", "mps"), default="auto", help="(default: auto)"
    )
    parser.add_argument(
        "--precision",
        choices=("auto", "exact"),
        default="auto",
        help="auto computes in 16 bits where the device does so natively, which is quicker; exact "
        "computes in 32 bits everywhere (default: auto)",
    )
    parser.add_argument(
        "--threshold-real", type=float, metavar="P", help="REAL up to this probability of fake"
    )
    parser.add_argument(
        "--threshold-fake", type=float, metavar="P", help="FAKE from this probability of fake"
    )
    parser.add_argument(
        "--json",
        metavar="FILE",
        help="also write the result as JSON; - for standard output (nothing else is then there)",
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code. Errors are one line on standard error."""
    args = build_parser().parse_args(argv)
    debug = bool(getattr(args, "debug", False))
    logging.basicConfig(
        level=logging.DEBUG if debug else logging.ERROR,
        format="%(levelname)s %(name)s: %(message)s",
    )
    try:
        return _run(args)
    except DeepfakeDesktopError as error:
        if debug:
            raise
        print(f"deepfake-desktop: {error}", file=sys.stderr)  # noqa: T201
        return error.exit_code
    except (Cancelled, KeyboardInterrupt):
        print("deepfake-desktop: cancelled.", file=sys.stderr)  # noqa: T201
        return EXIT_CANCELLED


def entry_point() -> None:
    """The installed program."""
    sys.exit(main())


def _run(args: argparse.Namespace) -> int:
    """Import what a command needs when it is chosen, so that --help answers at once."""
    match args.command:
        case "analyze":
            from deepfake_desktop import console

            return console.analyze(_request(args), json_target=args.json)
        case "models":
            from deepfake_desktop import console

            return console.models(args.models, as_json=args.json)
        case "self-test":
            from deepfake_desktop import console

            return console.self_test(args.models)
        case "train":
            return train_cli.run_train(args)
        case "evaluate":
            return eval_cli.run_evaluate(args)
        case "calibrate":
            return eval_cli.run_calibrate(args)
    from deepfake_desktop.ui.app import main as open_window

    return open_window([str(file) for file in getattr(args, "files", [])])


def _request(args: argparse.Namespace) -> AnalysisRequest:
    from deepfake_desktop.core.types import AnalysisRequest, AnalysisSettings

    for folder in (args.models,) if args.models is not None else ():
        if not folder.is_dir():
            raise UsageError("this is no folder of checkpoints", path=folder)
    return AnalysisRequest(
        path=args.video,
        settings=AnalysisSettings(
            frames=args.frames,
            exact_frames=args.exact_frames,
            checkpoint=args.checkpoint,
            sampling=args.sampling,
            budget_frames=args.budget,
            detector=args.detector,
            device=args.device,
            precision=args.precision,
            threshold_real=args.threshold_real,
            threshold_fake=args.threshold_fake,
        ),
        models_dir=args.models,
    )
