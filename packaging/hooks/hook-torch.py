"""PyInstaller: torch for inference, in place of the hook that collects all of torch.

Left out: headers and static libraries, test libraries, the compiler back ends' sources, executables
for training. What `import torch` itself needs is found by PyInstaller's own analysis of imports.
"""

from __future__ import annotations

from PyInstaller import compat
from PyInstaller.utils.hooks import PY_DYLIB_PATTERNS, collect_dynamic_libs

# torch reads the source of some of its own functions when it scripts or wraps them.
module_collection_mode = "pyz+py"
warn_on_missing_hiddenimports = False

datas: list[tuple[str, str]] = []
hiddenimports: list[str] = []
excludedimports = ["tensorboard", "matplotlib", "IPython", "pytest", "expecttest", "triton"]

binaries = [
    (source, target)
    for source, target in collect_dynamic_libs(
        "torch", search_patterns=[*PY_DYLIB_PATTERNS, "*.so.*"]
    )
    if not any(
        part in source
        for part in ("_test.so", "torchbind_test", "jitbackend_test", "backend_with_compiler")
    )
]

if compat.is_linux:
    # Links at the top of the bundle would confuse torch about where its libraries are.
    bindepend_symlink_suppression = ["**/torch/lib/*.so*"]
