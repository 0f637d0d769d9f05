"""A name for what some code does, by which made material is kept or made again."""

from __future__ import annotations

import ast
import hashlib
import importlib
import inspect
from collections.abc import Iterable
from importlib.metadata import version


def code_version(modules: Iterable[str], packages: Iterable[str] = ()) -> str:
    """16 hexadecimal digits that change with the code of ``modules`` (not with its comments,
    docstrings and layout) and with the installed versions of ``packages``."""
    digest = hashlib.sha256()
    for name in modules:
        tree = ast.parse(inspect.getsource(importlib.import_module(name)))
        digest.update(ast.dump(_without_docstrings(tree)).encode())
    for package in packages:
        digest.update(f"{package} {version(package)}".encode())
    return digest.hexdigest()[:16]


def _without_docstrings(tree: ast.Module) -> ast.Module:
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
            node.body = [
                line
                for line in node.body
                if not (isinstance(line, ast.Expr) and isinstance(line.value, ast.Constant))
            ]
    return tree
