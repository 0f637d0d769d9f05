"""The installers' scripts against the bundle's layout: what can be read of them on any system."""

from __future__ import annotations

import configparser
import mimetypes
import os
import re
import runpy
import shlex
import shutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType

import platformdirs
import pytest

REPOSITORY = Path(__file__).resolve().parent.parent
PACKAGING = REPOSITORY / "packaging"
PROGRAMS = {"deepfake-desktop", "deepfake-desktop-cli"}

pytestmark = pytest.mark.usefixtures("packaging_scripts")


# --- Windows -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def inno() -> dict[str, list[str]]:
    """Sections of the script to their lines, definitions filled in."""
    text = (PACKAGING / "windows/installer.iss").read_text(encoding="utf-8-sig")
    names = dict(re.findall(r'^#define (\w+) "(.*)"$', text, re.MULTILINE))
    assert set(names) == {"Name", "Id", "Root"}
    for name, value in names.items():
        text = text.replace(f"{{#{name}}}", value)
    text = text.replace("{#Version}", "1.2.3")
    assert "{#" not in text, "a definition that nothing defines"
    sections: dict[str, list[str]] = {}
    for line in text.splitlines():
        header = re.fullmatch(r"\[(\w+)\]", line)
        if header:
            sections[header[1]] = []
        elif sections and line and not line.startswith((";", "#")):
            sections[list(sections)[-1]].append(line)
    return sections


def _entry(line: str) -> dict[str, str]:
    """`Name: "a"; Flags: b c` as a dictionary; a doubled quotation mark is one."""
    found = re.findall(r'(\w+): (?:"((?:[^"]|"")*)"|([^;]*))(?:; |$)', line)
    return {key: quoted.replace('""', '"') or plain.strip() for key, quoted, plain in found}


def test_windows_installs_per_user_without_an_administrator(inno: dict[str, list[str]]) -> None:
    setup = dict(line.split("=", 1) for line in inno["Setup"])
    assert setup["PrivilegesRequired"] == "lowest"
    assert setup["DefaultDirName"].startswith("{autopf}\\")
    assert setup["ArchitecturesInstallIn64BitMode"] == "x64compatible"
    assert setup["ChangesAssociations"] == "yes"
    roots = {_entry(line)["Root"] for line in inno["Registry"]}
    assert roots == {"HKA"}, "HKA is the user's own part of the registry in a per-user install"
    assert not [line for line in inno["Icons"] if "{common" in line]


def test_windows_installs_the_folder_that_is_built(inno: dict[str, list[str]]) -> None:
    (files,) = [_entry(line) for line in inno["Files"]]
    assert files["Source"] == r"..\..\dist\deepfake-desktop\*"
    assert files["DestDir"] == "{app}"
    assert {"recursesubdirs", "createallsubdirs"} <= set(files["Flags"].split())
    text = "\n".join(line for lines in inno.values() for line in lines)
    started = set(re.findall(r"\{app\}\\([\w-]+)\.exe", text))
    assert started == {"deepfake-desktop"} <= PROGRAMS
    setup = dict(line.split("=", 1) for line in inno["Setup"])
    for key in ("LicenseFile", "SetupIconFile"):
        path = setup[key].replace("..\\..\\", "").replace("\\", "/")
        assert (REPOSITORY / path).exists() or path == "build/icons/app.ico"  # icons.py draws it
    assert setup["OutputBaseFilename"] == "deepfake-desktop-1.2.3-windows-x86_64-setup"


def test_windows_menu_entries_are_asked_for_and_quoted(inno: dict[str, list[str]]) -> None:
    tasks = {_entry(line)["Name"]: _entry(line) for line in inno["Tasks"]}
    assert set(tasks) == {"desktopicon", "contextmenu"}
    assert all(task["Flags"] == "unchecked" for task in tasks.values())
    registry = [_entry(line) for line in inno["Registry"]]
    commands = [entry for entry in registry if entry["Subkey"].endswith("\\command")]
    assert len(commands) == 2
    for entry in commands:
        assert entry["ValueData"] == '"{app}\\deepfake-desktop.exe" "%1"'
    menu = [entry for entry in registry if "SystemFileAssociations\\video" in entry["Subkey"]]
    assert menu
    assert all(entry["Tasks"] == "contextmenu" for entry in menu)
    for entry in registry:  # nothing stays in the registry
        key = entry["Subkey"]
        assert any(
            key == other["Subkey"] or key.startswith(other["Subkey"] + "\\")
            for other in registry
            if "uninsdeletekey" in other.get("Flags", "")
        ), key


def test_windows_uninstall_keeps_the_users_data_unless_asked(
    inno: dict[str, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "UninstallDelete" not in inno
    code = "\n".join(inno["Code"])
    assert "{param:PURGE|0}" in code
    assert "UninstallSilent" in code
    (deleted,) = re.findall(r"DelTree\(ExpandConstant\('(.*?)'\)", code)
    from platformdirs.windows import Windows

    monkeypatch.setattr("platformdirs.windows.get_win_folder", lambda name: f"<{name}>")
    place = Windows(import_module("deepfake_desktop.core.paths").APP_NAME, appauthor=False)
    assert Path(place.user_data_dir).as_posix() == "<CSIDL_LOCAL_APPDATA>/deepfake-desktop"
    assert deleted == r"{localappdata}\deepfake-desktop"
    assert platformdirs.__version__


def test_windows_speaks_every_language_it_names(inno: dict[str, list[str]]) -> None:
    languages = {_entry(line)["Name"] for line in inno["Languages"]}
    said: dict[str, set[str]] = {}
    for line in inno["CustomMessages"]:
        language, name = line.split("=", 1)[0].split(".")
        said.setdefault(name, set()).add(language)
    assert said
    assert all(spoken == languages for spoken in said.values()), said
    used = set(re.findall(r"\{cm:(\w+)[,}]", "\n".join(map("\n".join, inno.values()))))
    assert used - said.keys() == {"CreateDesktopIcon", "LaunchProgram"}  # Inno Setup's own


@pytest.mark.parametrize(
    "script", sorted((PACKAGING / "windows").glob("*.ps1")), ids=lambda p: p.name
)
def test_a_colon_after_a_variable_is_none_of_its_name(script: Path) -> None:
    """PowerShell reads "$name: text" as a variable of the drive ``name`` and stops."""
    raw = script.read_bytes()
    assert raw.isascii() or raw.startswith(b"\xef\xbb\xbf"), (
        "older ones take it for another encoding"
    )
    text = raw.decode("utf-8-sig")
    assert re.findall(r"\$(?!env:)\w+:", text) == []


# --- macOS -------------------------------------------------------------------------------------


def test_the_disk_image_holds_the_app_that_is_built(
    bundle: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(REPOSITORY)
    settings = runpy.run_path(str(PACKAGING / "macos/dmg_settings.py"))
    app = f"{bundle.APP_NAME}.app"
    assert settings["files"][0] == str(REPOSITORY / "dist" / app)
    assert settings["symlinks"] == {"Applications": "/Applications"}
    named = {app, "Licence.txt", "Applications"}
    assert set(settings["icon_locations"]) == named, "a thing without a place lies on another"
    (_, size) = settings["window_rect"]
    assert all(0 < x < size[0] and 0 < y < size[1] for x, y in settings["icon_locations"].values())


def test_the_app_tells_macos_what_it_opens(bundle: ModuleType) -> None:
    spec = (REPOSITORY / "build.spec").read_text(encoding="utf-8")
    assert '"CFBundleDocumentTypes": DOCUMENT_TYPES' in spec
    assert '"LSMinimumSystemVersion": MACOS_MINIMUM' in spec
    assert "entitlements_file=" in spec
    (kind,) = bundle.DOCUMENT_TYPES
    assert kind["CFBundleTypeRole"] == "Viewer"
    assert kind["LSHandlerRank"] == "Alternate", "offered for videos; takes none over"
    assert kind["CFBundleTypeExtensions"] == list(bundle.VIDEO_EXTENSIONS)


def test_files_that_macos_hands_over_as_events_are_taken() -> None:
    code = (
        "from PySide6.QtCore import QUrl\n"
        "from PySide6.QtGui import QFileOpenEvent\n"
        "from deepfake_desktop.ui.app import make_application\n"
        "app = make_application()\n"
        "app.files_opened.connect(print)\n"
        "app.sendEvent(app, QFileOpenEvent(QUrl.fromLocalFile('/films/\u00fc b.mp4')))\n"
        "print(app.desktopFileName())\n"
    )
    done = subprocess.run(
        [sys.executable, "-X", "utf8", "-c", code], capture_output=True, text=True, check=False,
        timeout=120, encoding="utf-8",
        env=os.environ | {"QT_QPA_PLATFORM": "offscreen"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    app_id = import_module("bundle").APP_ID
    assert done.stdout.splitlines() == ["['/films/\u00fc b.mp4']", app_id]


def test_the_hardened_runtime_is_asked_for_with_the_entitlements() -> None:
    script = (PACKAGING / "macos/sign.sh").read_text(encoding="utf-8").replace("\\\n", " ")
    signed = [line for line in script.splitlines() if "codesign --force --timestamp" in line]
    assert len(signed) == 2
    for line in signed:
        assert "--options runtime" in line
        assert "--entitlements packaging/macos/entitlements.plist" in line
    assert script.index("notarytool submit") < script.index("stapler staple")


# --- Linux -------------------------------------------------------------------------------------


def test_linux_offers_the_program_for_every_video_type(bundle: ModuleType) -> None:
    entry = configparser.ConfigParser(interpolation=None)
    entry.optionxform = str  # type: ignore[assignment,method-assign]
    entry.read(PACKAGING / f"linux/{bundle.APP_ID}.desktop", encoding="utf-8")
    offered = set(entry["Desktop Entry"]["MimeType"].rstrip(";").split(";"))
    types = mimetypes.MimeTypes()  # Python's own table
    known = {
        "mkv": "video/x-matroska", "wmv": "video/x-ms-wmv", "flv": "video/x-flv",
        "m4v": "video/x-m4v", "ts": "video/mp2t", "mts": "video/mp2t", "avi": "video/x-msvideo",
        "3gp": "video/3gpp",
    }  # fmt: skip
    for extension in bundle.VIDEO_EXTENSIONS:
        guess = known.get(extension) or types.guess_type(f"a.{extension}")[0]
        assert guess in offered, f".{extension}: {guess}"


@pytest.fixture
def small_bundle(tmp_path: Path) -> Path:
    """A folder with the bundle's form: one real program, a link to it, some data."""
    shell = shutil.which("true")
    if shell is None or not sys.platform.startswith("linux"):
        pytest.skip("Linux only")
    folder = tmp_path / "dist/deepfake-desktop"
    (folder / "_internal/licences").mkdir(parents=True)
    shutil.copyfile(Path(shell).resolve(), folder / "deepfake-desktop")
    (folder / "deepfake-desktop").chmod(0o755)
    (folder / "deepfake-desktop-cli").symlink_to("deepfake-desktop")
    (folder / "_internal/licences/README.txt").write_text("licences\n", encoding="utf-8")
    return folder


needs_dpkg = pytest.mark.skipif(
    shutil.which("dpkg-deb") is None or shutil.which("readelf") is None,
    reason="dpkg-deb and readelf are not installed",
)


@needs_dpkg
def test_the_debian_package_installs_into_a_root_of_its_own(
    small_bundle: Path, tmp_path: Path, bundle: ModuleType
) -> None:
    deb = import_module("deb")
    icons = tmp_path / "icons"
    icons.mkdir()
    (icons / "app.png").write_bytes(b"\x89PNG")
    made = [
        deb.build_deb(small_bundle, tmp_path / name, icons=icons, stamp="1700000000")
        for name in ("first", "second")
        if (tmp_path / name).mkdir() is None
    ]
    assert made[0].read_bytes() == made[1].read_bytes(), "the same content gives the same package"
    root = tmp_path / "root"
    subprocess.run(["dpkg-deb", "--extract", made[0], root], check=True)
    for name in PROGRAMS:
        command = root / "usr/bin" / name
        assert command.is_symlink()
        assert command.resolve() == root / "usr/lib/deepfake-desktop/deepfake-desktop"
    assert subprocess.run([root / "usr/bin/deepfake-desktop"], check=True).returncode == 0
    share = root / "usr/share"
    for path in (
        f"applications/{bundle.APP_ID}.desktop", f"metainfo/{bundle.APP_ID}.metainfo.xml",
        f"icons/hicolor/256x256/apps/{bundle.APP_ID}.png",
        f"icons/hicolor/scalable/apps/{bundle.APP_ID}.svg",
    ):  # fmt: skip
        assert (share / path).stat().st_mode & 0o777 == 0o644, path
    assert "MIT" in (share / "doc/deepfake-desktop/copyright").read_text(encoding="utf-8")
    fields = subprocess.run(
        ["dpkg-deb", "--field", made[0]], check=True, capture_output=True, text=True
    ).stdout
    assert f"Version: {bundle.project_version()}\n" in fields
    assert re.search(r"^Depends: libc6 \(>= 2\.\d+\), ", fields, re.MULTILINE)
    listing = subprocess.run(
        ["dpkg-deb", "--contents", made[0]], check=True, capture_output=True, text=True
    ).stdout
    assert {line.split()[1] for line in listing.splitlines()} == {"root/root"}
    sums = subprocess.run(
        ["dpkg-deb", "--ctrl-tarfile", made[0]], check=True, capture_output=True
    ).stdout
    listed = subprocess.run(
        ["tar", "-xO", "./md5sums"], input=sums, check=True, capture_output=True
    ).stdout
    subprocess.run(["md5sum", "--check", "--strict", "--quiet"], input=listed, cwd=root, check=True)


def test_a_library_that_no_package_is_known_for_stops_the_build() -> None:
    deb = import_module("deb")
    assert deb.depends({"libc.so.6", "libEGL.so.1"}, "2.35")[:2] == ["libc6 (>= 2.35)", "libegl1"]
    with pytest.raises(KeyError, match="libnew"):
        deb.depends({"libnew.so.1"}, "2.35")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Linux only")
def test_the_archive_installs_for_one_user_and_goes_again(
    small_bundle: Path, tmp_path: Path, bundle: ModuleType
) -> None:
    shutil.copytree(PACKAGING / "linux", small_bundle / "share")
    (small_bundle / "share/deepfake-desktop.png").write_bytes(b"\x89PNG")
    home = tmp_path / "home of Müller"
    home.mkdir()
    mine = home / ".local/share/deepfake-desktop/models/mine.pt"
    mine.parent.mkdir(parents=True)
    mine.write_bytes(b"mine")
    script = small_bundle / "share/install.sh"
    env = {"HOME": str(home), "PATH": "/usr/bin:/bin"}
    subprocess.run(["sh", script], env=env, check=True, capture_output=True)
    command = home / ".local/bin/deepfake-desktop-cli"
    assert subprocess.run([command], check=True).returncode == 0
    entry = home / f".local/share/applications/{bundle.APP_ID}.desktop"
    (line,) = re.findall(r"^Exec=(.*)$", entry.read_text(encoding="utf-8"), re.MULTILINE)
    assert shlex.split(line) == [str(home / ".local/lib/deepfake-desktop/deepfake-desktop"), "%F"]
    subprocess.run(["sh", script, "--remove"], env=env, check=True, capture_output=True)
    left = [path for path in home.rglob("*") if path.is_file() or path.is_symlink()]
    assert [path for path in left if path.name != "mimeinfo.cache"] == [mine]


# --- the bundle --------------------------------------------------------------------------------


def test_a_link_goes_with_its_target(bundle: ModuleType) -> None:
    kept = ("torch/lib/libtorch_cpu.so", "/env/a", "BINARY")
    link = ("libtorch_cpu.so", "torch/lib/libtorch_cpu.so", "SYMLINK")
    inner = ("torch/lib/libtorch.so.1", "libtorch_cpu.so", "SYMLINK")
    gone = ("PySide6/Qt/plugins/tls/libx.so", "/env/b", "BINARY")
    dangling = ("libx.so", "PySide6/Qt/plugins/tls/libx.so", "SYMLINK")
    assert bundle.needed([kept, link, inner, gone, dangling]) == [kept, link, inner]


def test_libraries_of_what_was_left_out_go_too(bundle: ModuleType) -> None:
    links = {
        "/env/av.so": ["libavcodec-1.so"],
        "/env/libavcodec": ["libx264.so.1"],
        "/lib/libgtk": ["libcairo.so.2"],  # only a plugin that was left out linked to it
    }
    entries = [
        ("av/_core.so", "/env/av.so", "EXTENSION"),
        ("av.libs/libavcodec-1.so", "/env/libavcodec", "BINARY"),
        ("libavcodec-1.so", "av.libs/libavcodec-1.so", "SYMLINK"),
        ("libx264.so.1", "/lib/libx264", "BINARY"),
        ("libpython3.11.so.1.0", "/lib/libpython", "BINARY"),
        ("PySide6/Qt/plugins/platforms/libqxcb.so", "/env/qxcb", "BINARY"),
        ("libgtk-3.so.0", "/lib/libgtk", "BINARY"),
        ("libcairo.so.2", "/lib/libcairo", "BINARY"),
    ]
    left = bundle.without_orphans(entries, lambda source: links.get(source, []))
    assert left == entries[:-2]


@pytest.mark.parametrize("name", ["deepfake-desktop-cli", "Deepfake-Desktop-CLI.exe"])
@pytest.mark.parametrize("command", ["train", "evaluate", "calibrate"])
def test_the_installed_program_says_that_it_does_not_train(name: str, command: str) -> None:
    source = PACKAGING / "programs/program.py"
    code = (
        "import sys\n"
        f"sys.argv = ['/opt/{name}', {command!r}]\n"
        f"exec(compile(open({str(source)!r}).read(), 'program.py', 'exec'))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 2
    assert f"{command} is not part of the installed program" in done.stderr
    assert "uv sync --extra train" in done.stderr


def test_under_its_other_name_the_program_opens_the_window(monkeypatch: pytest.MonkeyPatch) -> None:
    import deepfake_desktop.cli as cli

    seen: list[list[str]] = []
    monkeypatch.setattr(cli, "entry_point", lambda: seen.append(sys.argv[1:]))
    program = runpy.run_path(str(PACKAGING / "programs/program.py"))
    monkeypatch.setattr(sys, "argv", ["C:\\deepfake-desktop.exe", "train"])
    program["main"]()
    monkeypatch.setattr(sys, "argv", ["/usr/bin/deepfake-desktop-cli", "analyze", "a.mp4"])
    program["main"]()
    assert seen == [["open", "train"], ["analyze", "a.mp4"]]


def test_the_table_of_sizes_adds_up(small_bundle: Path, tmp_path: Path) -> None:
    sizes = import_module("sizes")
    for path, size in (("torch/lib/libtorch_cpu.so", 3_000_000), ("cv2/cv2.so", 1_000_000)):
        (small_bundle / "_internal" / path).parent.mkdir(parents=True)
        (small_bundle / "_internal" / path).write_bytes(bytes(size))
    (tmp_path / "trace-0.txt").write_text(
        '7 openat(AT_FDCWD, "/x/smoke-1/M\\303\\274/deepfake-desktop/_internal/torch/lib/'
        'libtorch_cpu.so", O_RDONLY|O_CLOEXEC) = 3\n'
        '7 openat(AT_FDCWD, "/x/deepfake-desktop/_internal/cv2/cv2.so", O_RDONLY) = -1 ENOENT\n',
        encoding="utf-8",
    )
    table = sizes.table(small_bundle, tmp_path)
    assert "| torch | 3.0 | 0.0 |" in table
    assert "| OpenCV (opencv-python-headless) | 1.0 | 1.0 |" in table
    total = sum(sizes.weights(small_bundle).values())
    assert f"| **all** | **{total / 1e6:.1f}** |" in table


def test_a_desktop_build_with_cuda_fails_the_smoke_test(tmp_path: Path) -> None:
    smoke = import_module("smoke_test")
    for name in ("libtorch_cuda.so", "libcudart.so.13", "libnvjpeg.36e1.so.13", "nvcuda.dll",
                 "libnccl.so.2"):  # fmt: skip
        assert smoke.CUDA.match(name), name
    for name in ("libtorch_cpu.so", "libcurl.so.4", "libnuma.so.1", "libc10.so", "libnettle.so.8"):
        assert not smoke.CUDA.match(name), name


def test_a_bundle_lacks_no_licence_and_has_no_path_too_long_for_windows(tmp_path: Path) -> None:
    smoke = import_module("smoke_test")
    stage = smoke.Stage(bundle=tmp_path, home=tmp_path, out=tmp_path, qt_python=None, trace=False)
    texts = ("THIRD_PARTY_LICENCES.txt", "PYTHON.txt", "torch.txt", "GPL-3.0.txt", "LGPL-3.0.txt")
    for text in texts:
        (tmp_path / text).touch()
    smoke.check_files(stage)
    (tmp_path / "PYTHON.txt").unlink()
    with pytest.raises(smoke.SmokeError, match="PYTHON"):
        smoke.check_files(stage)
    (tmp_path / "PYTHON.txt").touch()
    (tmp_path / ("a" * 75)).mkdir()
    (tmp_path / ("a" * 75) / ("b" * 75)).touch()
    with pytest.raises(smoke.SmokeError, match="too long for Windows"):
        smoke.check_files(stage)


def test_the_licences_of_a_package_and_its_parts_are_gathered(tmp_path: Path) -> None:
    package = tmp_path / "torch-2.9.dist-info"
    inner = package / "licenses/third_party/deep/LICENSE"
    inner.parent.mkdir(parents=True)
    inner.write_text("of a part\n")
    (package / "COPYING").write_text("of the whole\n")
    (package / "METADATA").write_text("no licence\n")
    import_module("build").gather_licences(package, tmp_path / "packages")
    text = (tmp_path / "packages/torch.txt").read_text(encoding="utf-8")
    assert "of the whole" in text
    assert "==== licenses/third_party/deep/LICENSE\n\nof a part" in text.replace("\\", "/")
    assert "no licence" not in text
