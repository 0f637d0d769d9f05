"""``python -m benchmarks``: measure and write docs/PERFORMANCE.md.

::

    python -m benchmarks                  every section, some 20 minutes on two cores
    python -m benchmarks limit engines    some sections; the page keeps the others' last figures
    python -m benchmarks --quick          fewer lengths and rounds
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from benchmarks import measure, page

SECTIONS = ("startup", "engines", "limit", "length", "large", "published")


def main() -> None:
    if sys.argv[1:2] == ["child"]:
        _, _, kind, path, frames, mode = sys.argv
        assert kind == "analyse"
        print(json.dumps(measure.analyse_here(Path(path), int(frames), mode)))
        return
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("sections", nargs="*", choices=(*SECTIONS, []), help="default: all")
    parser.add_argument("--quick", action="store_true", help="fewer lengths and rounds")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--frames", type=int, nargs="+", default=list(measure.LENGTHS))
    parser.add_argument(
        "--size", nargs="+", default=[f"{w}x{h}" for w, h in measure.SIZES], metavar="WxH"
    )
    args = parser.parse_args()
    rounds = 1 if args.quick else args.rounds
    frames = (20,) if args.quick else tuple(args.frames)
    sizes = tuple(tuple(map(int, size.split("x"))) for size in args.size)
    work = {
        "startup": lambda: measure.startup(rounds=max(rounds, 3)),
        "engines": lambda: measure.engines(rounds=max(rounds, 5)),
        "limit": lambda: measure.against_limit(sizes=sizes, lengths=frames, rounds=rounds),
        "length": lambda: measure.video_length(
            lengths_s=(10, 60) if args.quick else (10, 60, 600, 3600), rounds=rounds
        ),
        "large": lambda: measure.large_frames(rounds=1),
        "published": lambda: measure.against_published(sizes=sizes, lengths=frames, rounds=rounds),
    }
    for name in args.sections or SECTIONS:
        print(f"{name} …", flush=True)
        figures = work[name]()
        page.keep(name, figures, command="python -m benchmarks " + " ".join(sys.argv[1:]))
        page.write()


if __name__ == "__main__":
    main()
