"""PyInstaller: torch for inference, in place of the hook that collects all of torch.

Left out: headers and static libraries, test libraries and programs, sources. What `import torch`
itself needs is found by PyInstaller's own analysis of imports.
"""

from __future__ import annotations

from pathlib import Path

from PyInstaller import compat
from PyInstaller.utils.hooks import (
    PY_DYLIB_PATTERNS,
    collect_dynamic_libs,
    get_module_file_attribute,
)

_FOLDER = Path(get_module_file_attribute("torch")).parent


# Functions with overloads are compiled from their source, settings modules parse the comments in
# theirs, both as they are imported.
_WITH_OVERLOADS = ["torch.functional", "torch.nn.functional", "torch.nn.modules.rnn"]


def _settings_modules() -> list[str]:
    return [
        ".".join(path.relative_to(_FOLDER.parent).with_suffix("").parts)
        for path in sorted(_FOLDER.rglob("*config*.py"))
        if "install_config_module(" in path.read_text(encoding="utf-8")
    ]


module_collection_mode = {"torch": "pyz"} | dict.fromkeys(
    [*_settings_modules(), *_WITH_OVERLOADS], "pyz+py"
)
warn_on_missing_hiddenimports = False
excludedimports = ["tensorboard", "matplotlib", "IPython", "pytest", "expecttest", "triton"]

# torch looks for this program as it is imported, and never starts it here.
datas = [(str(path), "torch/bin") for path in _FOLDER.glob("bin/torch_shm_manager*")]

_TESTS = ("torchbind_test", "jitbackend_test", "backend_with_compiler", "aoti_custom_ops")
binaries = [
    (source, target)
    for source, target in collect_dynamic_libs(
        "torch", search_patterns=[*PY_DYLIB_PATTERNS, "*.so.*"]
    )
    if not any(name in source for name in _TESTS)
]

if compat.is_linux:
    # Links at the top of the bundle would confuse torch about where its libraries are.
    bindepend_symlink_suppression = ["**/torch/lib/*.so*"]
