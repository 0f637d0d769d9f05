"""``python -m benchmarks``: measure and write docs/PERFORMANCE.md with its plot.

::

    python -m benchmarks                  every section, under 15 minutes on two quiet cores
    python -m benchmarks limit engines    some sections; the page keeps the others' last figures
    python -m benchmarks --quick          fewer lengths, clips and rounds
"""

from __future__ import annotations

import argparse
import json
import sys
import time

from benchmarks import children, exactness, measure, page

SECTIONS = (
    "startup",
    "engines",
    "waiting",
    "folded",
    "agreement",
    "limit",
    "budgets",
    "length",
    "large",
    "published",
    "profile",
)


def main() -> None:
    if sys.argv[1:2] == ["child"]:
        print(json.dumps(children.serve(*sys.argv[2:])))
        return
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("sections", nargs="*", choices=(*SECTIONS, []), help="default: all")
    parser.add_argument("--quick", action="store_true", help="fewer lengths, clips and rounds")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--frames", type=int, nargs="+", default=list(measure.LENGTHS))
    parser.add_argument(
        "--size", nargs="+", default=[f"{w}x{h}" for w, h in measure.SIZES], metavar="WxH"
    )
    parser.add_argument("--every", type=int, default=8, help="look at every n-th shared clip")
    args = parser.parse_args()
    rounds = 1 if args.quick else args.rounds
    frames = (20,) if args.quick else tuple(args.frames)
    every = 4 * args.every if args.quick else args.every
    sizes = tuple(tuple(map(int, size.split("x"))) for size in args.size)
    work = {
        "startup": lambda: children.startup(rounds=rounds),
        "engines": lambda: measure.engines(rounds=max(rounds, 5)),
        "waiting": lambda: children.waiting(rounds=1),
        "folded": lambda: exactness.folded(every=every),
        "agreement": lambda: exactness.agreement(every=every),
        "limit": lambda: measure.against_limit(sizes=sizes, lengths=(20,), rounds=rounds),
        "budgets": lambda: children.budgets(rounds=1),
        "length": lambda: children.video_length(
            lengths_s=(10, 60) if args.quick else (10, 60, 600, 3600), rounds=1
        ),
        "large": lambda: children.large_frames(rounds=1),
        "published": lambda: measure.against_published(sizes=sizes, lengths=frames, rounds=rounds),
        "profile": children.profile,
    }
    if not args.sections:
        page.forget()
    for name in args.sections or SECTIONS:
        print(f"{name} …", flush=True)
        started = time.perf_counter()
        figures = work[name]()
        print(f"{name}: {time.perf_counter() - started:.0f} s", flush=True)
        if figures:
            page.keep(name, figures, command=" ".join(("python -m benchmarks", *sys.argv[1:])))
        page.write()


if __name__ == "__main__":
    main()
