"""Start the frozen program and let it do its work: `smoke_test.py DIST [--out FOLDER]`.

An empty home, an empty environment, no network where the system can take it away, and a copy of
the bundle under a name with a space and letters outside ASCII (or, --in-place, the bundle where it
was installed). It must say its version, pass its
self-test, analyse the bundled sample twice with the same probabilities, and open its window, take
a file dropped on it, reach the verdict and close. On Linux the kernel's view of all that (strace)
must show no internet socket, nothing written outside the home, and nothing read outside the
bundle, the home and the system's own files. Any failure is an exit code of 1 with the reason.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

NAME = "deepfake-desktop"
ODD_NAME = "Müller हिन्दी"
LINUX = sys.platform == "linux"
START_LIMIT_S = 60.0
ANALYSIS_LIMIT_S = 300.0
# Windows' limit is 260, and the folder of programs of a user with a long name has some 70.
LONGEST_PATH = 150
REFUSED = 3  # exit code of screen.py when what was dragged was not taken

# What any Linux program reads of its system: loader, C library, fonts, X11, locale, user names.
SYSTEM_FOLDERS = (
    "/proc/", "/sys/", "/dev/", "/etc/", "/lib/", "/lib64/", "/usr/lib/", "/usr/lib64/",
    "/usr/share/", "/usr/local/share/", "/var/cache/fontconfig/", "/var/lib/dbus/", "/run/",
    "/usr/local/lib/",
)  # fmt: skip
# Inside those: a frozen program that reads another Python only works where there is one.
FOREIGN = re.compile(r"/python3?[./\d]|/(site|dist)-packages/|/\.pyenv/")


class SmokeError(Exception):
    """The frozen program did not do what it must."""


@dataclass
class Stage:
    """One run of the whole test: where the program is, where its home is, how it is started."""

    bundle: Path
    home: Path
    out: Path
    qt_python: Path | None
    trace: bool
    logs: list[Path] = field(default_factory=list)
    report: dict[str, object] = field(default_factory=dict)

    def program(self, name: str) -> Path:
        inside = self.bundle / "Contents/MacOS"  # an app of macOS
        folder = inside if inside.is_dir() else self.bundle
        return folder / (f"{name}.exe" if sys.platform == "win32" else name)

    @property
    def sample(self) -> Path:
        return next(self.bundle.rglob("resources/samples/authentic.mp4"))

    def environment(self, display: str | None = None) -> dict[str, str]:
        """As little as a program can be started with."""
        if sys.platform == "win32":
            kept = ("SYSTEMROOT", "WINDIR", "COMSPEC", "NUMBER_OF_PROCESSORS")
            env = {name: os.environ[name] for name in kept if name in os.environ}
            env |= {"USERPROFILE": str(self.home), "TEMP": str(self.home), "TMP": str(self.home)}
            env["APPDATA"] = str(self.home / "AppData/Roaming")
            env["LOCALAPPDATA"] = str(self.home / "AppData/Local")
            return env
        env = {"HOME": str(self.home), "TMPDIR": str(self.home / "tmp")}
        # Mesa asks the password file for a home unless it is told where to keep its shaders.
        env["XDG_CACHE_HOME"] = str(self.home / ".cache")
        if display is not None:
            env["DISPLAY"] = display
        return env

    def command(self, program: str, *arguments: str) -> list[str]:
        """The program, without a network and under the kernel's eyes where that is possible."""
        command = [str(self.program(program)), *arguments]
        if LINUX and self.trace:
            log = self.out / f"trace-{len(self.logs)}.txt"
            self.logs.append(log)
            command = [
                "strace", "-f", "--seccomp-bpf", "-qq", "-s", "4096", "-o", str(log),
                "-e", "trace=open,openat,openat2,creat,mkdir,mkdirat,rename,renameat,renameat2,"
                "unlink,unlinkat,rmdir,link,linkat,symlink,symlinkat,truncate,chmod,fchmodat,"
                "execve,socket,connect",
                *command,
            ]  # fmt: skip
        return [*no_network(), *command]

    def run(self, program: str, *arguments: str, limit_s: float) -> tuple[str, float]:
        """Standard output and seconds. Raises SmokeError for any exit code but 0."""
        start = time.monotonic()
        try:
            done = subprocess.run(
                self.command(program, *arguments), env=self.environment(), cwd=self.home,
                stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=limit_s,
            )  # fmt: skip
        except subprocess.TimeoutExpired as error:
            raise SmokeError(f"{program} {arguments} took more than {limit_s} s") from error
        seconds = time.monotonic() - start
        out = done.stdout.decode("utf-8", "replace")
        if done.returncode != 0:
            raise SmokeError(
                f"{program} {' '.join(arguments)}: exit code {done.returncode}\n"
                f"{out}\n{done.stderr.decode('utf-8', 'replace')}"
            )
        return out, seconds


def no_network() -> list[str]:
    """A namespace without a network, where the kernel gives one to us."""
    if not LINUX or shutil.which("unshare") is None:
        return []
    for prefix in (["unshare", "--net"], ["unshare", "--map-current-user", "--net"]):
        if subprocess.run([*prefix, "true"], capture_output=True, check=False).returncode == 0:
            return prefix
    return []


def wait_for(condition: Callable[[], str | None], *, limit_s: float, what: str) -> str:
    deadline = time.monotonic() + limit_s
    while time.monotonic() < deadline:
        found = condition()
        if found:
            return found
        time.sleep(0.05)
    raise SmokeError(f"{what}: not within {limit_s:.0f} s")


# --- what lies there ---------------------------------------------------------------------------

CUDA = re.compile(
    r"(lib)?(c10_cuda|torch_cuda|cu(da|dnn|blas|fft|sparse|solver|rand)|nv|nccl)", re.IGNORECASE
)


def check_files(stage: Stage) -> None:
    """No library of CUDA, and the texts that the licences of the parts want to be passed on."""
    files = [path for path in stage.bundle.rglob("*") if path.is_file()]
    cuda = [path.name for path in files if ".so" in path.name or path.suffix == ".dll"]
    cuda = [name for name in cuda if CUDA.match(name)]
    if cuda:
        raise SmokeError(f"a desktop build with CUDA: {sorted(set(cuda))}")
    longest = max(len(str(path.relative_to(stage.bundle))) for path in files)
    if longest > LONGEST_PATH:
        raise SmokeError(f"a path of {longest} letters in the bundle: too long for Windows")
    names = {path.name for path in files}
    for text in (
        "THIRD_PARTY_LICENCES.txt",
        "PYTHON.txt",
        "torch.txt",
        "GPL-3.0.txt",
        "LGPL-3.0.txt",
    ):
        if text not in names:
            raise SmokeError(f"{text} is missing")


# --- the command line --------------------------------------------------------------------------


def check_console(stage: Stage, version: str | None) -> None:
    cli = f"{NAME}-cli"
    out, first_s = stage.run(cli, "--version", limit_s=START_LIMIT_S)
    if version is not None and version not in out:
        raise SmokeError(f"--version says {out.strip()!r}, not {version}")
    _, again_s = stage.run(cli, "--help", limit_s=START_LIMIT_S)
    for command in ("train", "evaluate", "calibrate"):
        refuse(stage, cli, command)
    listed = json.loads(stage.run(cli, "models", "--json", limit_s=START_LIMIT_S)[0])
    if not listed or any("problem" in entry for entry in listed):
        raise SmokeError(f"the bundled checkpoints cannot be used: {listed}")
    outside = [e["path"] for e in listed if not Path(e["path"]).is_relative_to(stage.bundle)]
    if outside:
        raise SmokeError(f"checkpoints from outside the bundle: {outside}")
    self_test, self_test_s = stage.run(cli, "self-test", limit_s=ANALYSIS_LIMIT_S)

    analyses = []
    for _ in range(2):
        out, seconds = stage.run(
            cli, "analyze", str(stage.sample), "--json", "-", limit_s=ANALYSIS_LIMIT_S
        )
        analyses.append(json.loads(out))
    first, second = analyses
    if first["verdict"] != second["verdict"] or _scores(first) != _scores(second):
        raise SmokeError("two runs gave two results")
    if first["verdict"]["label"] == "NO FACE":
        raise SmokeError("no face found in the sample: face_recognition's models are missing")
    unknown = [name for name, found in first["software"].items() if found == "unknown"]
    if unknown:
        raise SmokeError(f"the result does not know the versions of {unknown}")
    (stage.out / "analysis.json").write_text(json.dumps(first, indent=2), encoding="utf-8")
    stage.report |= {
        "checkpoints": [entry["name"] for entry in listed],
        "verdict": first["verdict"]["label"],
        "p_fake": first["verdict"]["p_fake"],
        "self_test": self_test.strip().splitlines()[-1],
        "version_s": round(first_s, 2),
        "help_s": round(again_s, 2),
        "self_test_s": round(self_test_s, 2),
        "analyze_s": round(seconds, 2),
    }


def refuse(stage: Stage, program: str, command: str) -> None:
    """What the bundle leaves out says so, and says where to find it."""
    try:
        stage.run(program, command, limit_s=START_LIMIT_S)
    except SmokeError as error:
        if "exit code 2" in str(error) and "uv sync --extra train" in str(error):
            return
        raise
    raise SmokeError(f"{command} does not say that the bundle has no training")


def _scores(analysis: dict) -> list[float]:
    return [window["logit"] for track in analysis["tracks"] for window in track["windows"]]


# --- the window --------------------------------------------------------------------------------


@contextmanager
def virtual_screen(stage: Stage) -> Iterator[str]:
    read, write = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(write), "-screen", "0", "1600x1000x24", "-ac",
         "-nolisten", "tcp"],
        pass_fds=(write,), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    os.close(write)
    try:
        with os.fdopen(read) as answer:
            number = answer.readline().strip()
        if not number:
            raise SmokeError("Xvfb did not start")
        yield f":{number}"
    finally:
        server.terminate()
        server.wait(10)


def check_window_linux(stage: Stage) -> None:
    with virtual_screen(stage) as display:
        env = os.environ | {"DISPLAY": display, "QT_QPA_PLATFORM": "xcb"}

        def xdotool(*arguments: str) -> str:
            done = subprocess.run(
                ["xdotool", *arguments], env=env, capture_output=True, text=True, check=False
            )
            return done.stdout.strip()

        def shot(name: str) -> None:
            subprocess.run(
                [stage.qt_python, Path(__file__).with_name("screen.py"), "shot",
                 stage.out / f"{name}.png"],
                env=env, check=True,
            )  # fmt: skip

        def drop(file: Path) -> float:
            """Drag the file onto the window; seconds from letting go to the verdict."""
            helper = subprocess.Popen(
                [stage.qt_python, Path(__file__).with_name("screen.py"), "drag", file,
                 "1500", "940"],
                env=env,
            )  # fmt: skip
            try:
                wait_for(
                    lambda: xdotool("search", "--onlyvisible", "--pid", str(helper.pid)),
                    limit_s=START_LIMIT_S, what="the file to drag",
                )  # fmt: skip
                xdotool("mousemove", "1540", "960", "mousedown", "1")
                for x, y in ((1520, 950), (1300, 850), (1000, 650), (800, 480), (700, 450)):
                    xdotool("mousemove", str(x), str(y))
                    time.sleep(0.15)
                xdotool("mouseup", "1")
                released = time.monotonic()

                def verdict() -> str | None:
                    if helper.poll() == REFUSED:
                        shot("refused")
                        raise SmokeError("the window did not take the file that was dropped on it")
                    return finished_job(stage, file)

                wait_for(verdict, limit_s=ANALYSIS_LIMIT_S, what="a verdict")
                return time.monotonic() - released
            finally:
                if helper.poll() is None:
                    helper.kill()

        # The sample lies in the home under another name: what was dropped is what is analysed.
        clip = stage.home / f"{ODD_NAME} dropped.mp4"
        shutil.copyfile(stage.sample, clip)
        start = time.monotonic()
        program = subprocess.Popen(
            stage.command(NAME), env=stage.environment(display), cwd=stage.home,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        try:

            def alive_and_visible() -> str | None:
                if program.poll() is not None:
                    said = program.stdout.read().decode() if program.stdout else ""
                    raise SmokeError(f"the window program ended: {program.returncode}\n{said}")
                return xdotool("search", "--onlyvisible", "--name", "Deepfake Desktop$")

            windows = wait_for(alive_and_visible, limit_s=START_LIMIT_S, what="a window")
            stage.report["window_s"] = round(time.monotonic() - start, 2)
            time.sleep(2.0)
            shot("1-start")
            # The first start explains itself in a dialog; Escape is as good as its button.
            xdotool("key", "Escape")
            time.sleep(1.0)
            shot("2-empty")
            stage.report["drop_to_verdict_s"] = round(drop(clip), 2)
            time.sleep(2.0)
            shot("3-verdict")
            xdotool("windowfocus", windows.splitlines()[-1], "key", "ctrl+q")
            try:
                code = program.wait(30)
            except subprocess.TimeoutExpired as error:
                raise SmokeError("the window did not close on Ctrl+Q") from error
            if code != 0:
                raise SmokeError(f"the window closed with exit code {code}")
        finally:
            if program.poll() is None:
                program.kill()
                program.wait(10)


def check_window_elsewhere(stage: Stage) -> None:
    """Windows and macOS: the file comes as an argument, as "Open with" passes it."""
    start = time.monotonic()
    program = subprocess.Popen(
        stage.command(NAME, str(stage.sample)), env=stage.environment(), cwd=stage.home
    )
    try:
        wait_for(
            lambda: finished_job(stage, stage.sample), limit_s=ANALYSIS_LIMIT_S, what="a verdict"
        )
        stage.report["start_to_verdict_s"] = round(time.monotonic() - start, 2)
        if sys.platform == "win32":
            subprocess.run(["taskkill", "/PID", str(program.pid)], check=True)
            if program.wait(30) != 0:
                raise SmokeError(f"the window closed with exit code {program.returncode}")
    finally:
        if program.poll() is None:
            program.terminate()
            program.wait(30)


def finished_job(stage: Stage, clip: Path) -> str | None:
    """The line in the program's log that tells of the verdict on ``clip``."""
    for log in stage.home.rglob("deepfake-desktop.log"):
        text = log.read_text(encoding="utf-8", errors="replace")
        for line in text.splitlines():
            if " ERROR " in line or " CRITICAL " in line:
                raise SmokeError(f"the program's log: {line}")
            match = re.search(r"finished: (FAKE|REAL|INCONCLUSIVE|NO FACE)", line)
            if match and clip.name in line:
                stage.report["window_verdict"] = match[1]
                return line
    return None


# --- what the kernel saw -----------------------------------------------------------------------


def check_traces(stage: Stage) -> None:
    own = tuple(f"{folder}/" for folder in (stage.bundle, stage.home))
    problems: set[str] = set()
    calls = 0
    for log in stage.logs:
        for line in log.read_text(encoding="utf-8", errors="replace").splitlines():
            calls += 1
            problem = judge(line, own)
            if problem:
                problems.add(problem)
    if calls < 100:
        raise SmokeError("strace saw nothing: it may not be allowed to trace here")
    stage.report["calls_examined"] = calls
    if problems:
        raise SmokeError("outside the bundle and the home:\n  " + "\n  ".join(sorted(problems)))


def judge(line: str, own: tuple[str, ...]) -> str | None:
    """What is wrong with one line of strace, if anything."""
    match = re.match(r"\d+ +(\w+)\((.*)\) = (-?\d+|\?)", line)
    if match is None:
        return None
    call, arguments, result = match.groups()
    if call in ("socket", "connect"):
        return f"internet: {call}({arguments})" if "AF_INET" in arguments else None
    if result.startswith("-") or call == "execve":
        return None
    paths = [unescape(text) for text in re.findall(r'"((?:[^"\\]|\\.)*)"', arguments)]
    writes = not call.startswith("open") or re.search(r"O_WRONLY|O_RDWR|O_CREAT", arguments)
    for path in paths:
        if not path.startswith("/") or path.startswith(own) or f"{path}/" in own:
            continue
        if writes and not path.startswith(("/dev/", "/proc/self/")):
            return f"written: {call} {path}"
        if not path.startswith(SYSTEM_FOLDERS) or FOREIGN.search(path):
            # Walking down to an absolute path opens the folders above it.
            above = f"{path.rstrip('/')}/"
            if "O_DIRECTORY" in arguments and any(folder.startswith(above) for folder in own):
                continue
            return f"read: {call} {path}"
    return None


def unescape(text: str) -> str:
    """A path as strace prints it (octal escapes for bytes outside ASCII) as text."""
    raw = text.encode("ascii", "replace").decode("unicode_escape").encode("latin-1", "replace")
    return raw.decode("utf-8", "replace")


# --- all of it ---------------------------------------------------------------------------------


def copy_bundle(source: Path, target: Path) -> None:
    """A copy somewhere else: hard links where the file system allows, so it costs nothing."""

    def link(a: str, b: str) -> None:
        try:
            os.link(a, b)
        except OSError:
            shutil.copy2(a, b)

    shutil.copytree(source, target, symlinks=True, copy_function=link)


def size_bytes(folder: Path) -> int:
    return sum(p.stat().st_size for p in folder.rglob("*") if p.is_file() and not p.is_symlink())


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("dist", type=Path, metavar="DIST", help="the folder that was built")
    parser.add_argument("--out", type=Path, default=Path("dist/smoke"), help="for what it saw")
    parser.add_argument(
        "--in-place", action="store_true", help="where it lies, as it was installed; no copy"
    )
    parser.add_argument("--no-window", action="store_true", help="the command line alone")
    parser.add_argument("--no-trace", action="store_true", help="without strace (true times)")
    parser.add_argument("--version", help="the version it must report")
    parser.add_argument(
        "--qt-python", type=Path, help="a Python with PySide6 for the hand that drags (Linux)"
    )
    args = parser.parse_args(arguments)
    args.out.mkdir(parents=True, exist_ok=True)
    qt_python = args.qt_python or Path("build/env/bin/python")
    if not qt_python.exists():
        qt_python = Path(sys.executable)
    with tempfile.TemporaryDirectory(prefix="smoke-", dir=args.dist.resolve().parent) as folder:
        place = Path(folder) / ODD_NAME
        home = place / "home"
        (home / "tmp").mkdir(parents=True)
        bundle = args.dist.resolve()
        if not args.in_place:
            bundle = place / bundle.name  # an app of macOS keeps its .app
            copy_bundle(args.dist, bundle)
        stage = Stage(
            bundle=bundle,
            home=home,
            out=args.out.resolve(),
            qt_python=qt_python.absolute(),
            trace=not args.no_trace and shutil.which("strace") is not None,
        )
        stage.report["size_mb"] = round(size_bytes(stage.bundle) / 1e6)
        stage.report["network"] = "taken away" if no_network() else "not taken away"
        stage.report["traced"] = stage.trace
        try:
            check_files(stage)
            check_console(stage, args.version)
            if not args.no_window:
                (check_window_linux if LINUX else check_window_elsewhere)(stage)
            if stage.trace:
                check_traces(stage)
        except SmokeError as error:
            print(f"FAILED: {error}", file=sys.stderr)
            for log in stage.home.rglob("*.log"):
                print(log.read_text(encoding="utf-8", errors="replace")[-4000:], file=sys.stderr)
            return 1
        finally:
            print(json.dumps(stage.report, indent=2, ensure_ascii=False))
            (stage.out / "report.json").write_text(json.dumps(stage.report, indent=2))
    print("The frozen program works.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
