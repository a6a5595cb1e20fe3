"""`leadline limits`: every bound that the code keeps, with its reason.

A bound is a constant in capitals with a number, followed by a string that says what it is for. The table is read from
the code itself, so that it cannot say anything else than the code does.
"""

import ast
import importlib
import importlib.resources
import itertools
from collections.abc import Iterator
from importlib.resources.abc import Traversable

import typer

ROOMS = (
    "scanner.model",
    "scanner.model.evidence",
    "scanner.wire",
    "scanner.net",
    "scanner",
    "scanner.derive",
    "scanner.engine",
    "scanner.policies",
    "scanner.cli",
    "probes",
    "reports",
    "reports.facts",
)
"""The packages whose bounds are shown."""


def run() -> int:
    """List the bounds of a scan: bytes, counts, seconds, and why they are what they are."""
    from scanner.cli.exit_codes import ExitCode

    for room in ROOMS:
        for module, name, reason in _bounds(room):
            value = getattr(importlib.import_module(module), name)
            typer.echo(f"{module}.{name} = {_shown(value)}")
            typer.echo(f"  {' '.join(reason.split())}")
    return ExitCode.CLEAN


def _bounds(package: str) -> Iterator[tuple[str, str, str]]:
    """Module, name and reason of each bound in the modules of a package, by module and place."""
    for file in sorted(importlib.resources.files(package).iterdir(), key=lambda one: one.name):
        if file.name.endswith(".py"):
            module = package if file.name == "__init__.py" else f"{package}.{file.name.removesuffix('.py')}"
            for name, reason in _constants(file):
                yield module, name, reason


def _constants(file: Traversable) -> Iterator[tuple[str, str]]:
    body = ast.parse(file.read_text("utf-8")).body
    for statement, following in itertools.pairwise(body):
        name = _constant_name(statement)
        if name is not None and isinstance(following, ast.Expr) and isinstance(following.value, ast.Constant):
            reason = following.value.value
            if isinstance(reason, str):
                yield name, reason


def _constant_name(statement: ast.stmt) -> str | None:
    """The name of a constant in capitals that is set to a number, or to numbers."""
    match statement:
        case ast.Assign(targets=[ast.Name(id=name)], value=value) if name.isupper() and _is_numeric(value):
            return name
        case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value) if name.isupper() and _is_numeric(
            value
        ):
            return name
        case _:
            return None


def _is_numeric(value: ast.expr) -> bool:
    match value:
        case ast.Constant(value=int() | float()):
            return True
        case ast.BinOp(left=left, right=right):
            return _is_numeric(left) and _is_numeric(right)
        case ast.Tuple(elts=elements):
            return bool(elements) and all(_is_numeric(one) for one in elements)
        case ast.Dict(values=values):
            return bool(values) and all(_is_numeric(one) for one in values)
        case _:
            return False


def _shown(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key}: {one}" for key, one in value.items())
    return str(value)
