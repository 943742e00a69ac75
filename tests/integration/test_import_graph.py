"""The dependency rules of the project, read from the imports in its source."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCE_ROOTS = (ROOT / "common", ROOT / "packages")
DOMAINS = ("jssp", "llmserve", "qnet", "uam")
OURS = ("schedcore", *DOMAINS)
STDLIB = set(sys.stdlib_module_names) | {"__future__"}
HEAVY = {
    "gymnasium",
    "hydra",
    "matplotlib",
    "numba",
    "omegaconf",
    "ortools",
    "pandas",
    "pyarrow",
    "qutip",
    "ray",
    "scipy",
    "simpy",
    "torch",
    "torch_geometric",
    "triton",
}
IMPORT_NAMES = {
    "hydra-core": {"hydra", "omegaconf"},
    "pyyaml": {"yaml"},
    "torch-geometric": {"torch_geometric"},
    # aiohttp and requests come with ray[default], which the extra "cluster" asks for.
    "ray": {"ray", "aiohttp", "requests"},
    "mlflow-skinny": {"mlflow"},
}


@dataclass(frozen=True)
class Import:
    """One import: who, what, where, and whether it happens when the module is imported."""

    module: str
    target: str
    line: int
    at_import: bool
    for_types: bool

    @property
    def root(self) -> str:
        return self.target.partition(".")[0]

    def __str__(self) -> str:
        return f"{self.module}:{self.line} imports {self.target}"


def module_name(path: Path, root: Path) -> str:
    parts = list(path.relative_to(root).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports_of(path: Path, root: Path) -> Iterator[Import]:
    name = module_name(path, root)
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]

    def walk(node: ast.AST, at_import: bool, for_types: bool) -> Iterator[Import]:
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(name, alias.name, node.lineno, at_import, for_types)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parent = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*parent, *([node.module] if node.module else [])])
            for alias in node.names:
                yield Import(name, f"{base}.{alias.name}", node.lineno, at_import, for_types)
        elif isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            for child in node.body:
                yield from walk(child, at_import, True)
            for child in node.orelse:
                yield from walk(child, at_import, for_types)
        else:
            inner = at_import and not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
            for child in ast.iter_child_nodes(node):
                yield from walk(child, inner, for_types)

    yield from walk(ast.parse(path.read_text(encoding="utf-8"), str(path)), True, False)


def all_imports() -> list[Import]:
    found: list[Import] = []
    for root in SOURCE_ROOTS:
        for path in sorted(root.rglob("*.py")):
            found.extend(imports_of(path, root))
    return found


IMPORTS = all_imports()


def within(module: str, *packages: str) -> bool:
    return any(module == package or module.startswith(package + ".") for package in packages)


def offenders(rule: str, bad: list[Import]) -> str:
    return f"{rule}:\n" + "\n".join(f"  {item}" for item in bad)


def test_schedcore_imports_no_domain() -> None:
    bad = [item for item in IMPORTS if within(item.module, "schedcore") and item.root in DOMAINS]
    assert not bad, offenders("schedcore imports no domain", bad)


def test_domains_never_import_each_other() -> None:
    bad = [
        item
        for item in IMPORTS
        for domain in DOMAINS
        if within(item.module, domain) and item.root in DOMAINS and item.root != domain
    ]
    assert not bad, offenders("domains never import each other", bad)


@pytest.mark.parametrize(
    ("package", "allowed"),
    [
        ("schedcore.model", ("schedcore.model", "schedcore.errors")),
        ("schedcore.check", ("schedcore.check", "schedcore.model", "schedcore.errors")),
        ("schedcore.metrics", ("schedcore.metrics", "schedcore.check", "schedcore.model", "schedcore.errors")),
    ],
)
def test_the_model_and_the_checker_stand_on_their_own(package: str, allowed: tuple[str, ...]) -> None:
    bad = [
        item
        for item in IMPORTS
        if within(item.module, package)
        and not (item.root in STDLIB or item.root == "numpy" or within(item.target, *allowed))
        # A report offers the metrics of its schedule when it is asked for them.
        and not (
            item.module == "schedcore.check.report" and within(item.target, "schedcore.metrics") and not item.at_import
        )
    ]
    assert not bad, offenders(f"{package} imports the standard library, numpy and {', '.join(allowed)} only", bad)


def test_the_engine_runs_with_torch_triton_and_numpy_alone() -> None:
    parts = ("llmserve.engine", "llmserve.kernels")
    bad = [
        item
        for item in IMPORTS
        if within(item.module, *parts)
        and not (
            item.root in STDLIB | {"torch", "triton", "numpy"} or within(item.target, "llmserve", "schedcore.errors")
        )
    ]
    assert not bad, offenders("engine and kernels use torch, triton and numpy alone", bad)


def test_packages_load_nothing_heavy_when_imported() -> None:
    """Follows imports that happen at import time from the package roots and the command."""
    by_module: dict[str, list[Import]] = {}
    for item in IMPORTS:
        if item.at_import and not item.for_types:
            by_module.setdefault(item.module, []).append(item)
    modules = {module_name(path, root) for root in SOURCE_ROOTS for path in root.rglob("*.py")}
    todo = [*OURS, *(m for m in modules if within(m, "schedcore.cli")), *(f"{d}.domain" for d in DOMAINS)]
    seen: set[str] = set()
    bad: list[Import] = []
    while todo:
        module = todo.pop()
        while module and module not in modules:
            module = module.rpartition(".")[0]
        if not module or module in seen:
            continue
        seen.add(module)
        todo.append(module.rpartition(".")[0])
        for item in by_module.get(module, ()):
            if item.root in HEAVY:
                bad.append(item)
            elif item.root in OURS:
                todo.append(item.target)
    assert not bad, offenders("heavy libraries load when they are used", bad)


def test_every_library_is_declared() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = [*project["dependencies"], *(line for extra in project["optional-dependencies"].values() for line in extra)]
    names = [re.match(r"[A-Za-z0-9._-]+", line)[0] for line in lines]  # type: ignore[index]
    declared = set().union(*(IMPORT_NAMES.get(name, {name.replace("-", "_")}) for name in names))
    bad = [item for item in IMPORTS if item.root not in STDLIB | declared | set(OURS)]
    assert not bad, offenders("every library that is imported is declared in pyproject.toml", bad)


def test_every_declared_dependency_is_known_to_this_test() -> None:
    """The card's libraries are declared whether or not something uses them yet."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    names = {re.match(r"[A-Za-z0-9._-]+", line)[0] for line in project["dependencies"]}  # type: ignore[index]
    card = {"torch", "triton", "ortools", "torch-geometric", "gymnasium", "simpy", "qutip", "ray", "hydra-core"}
    assert card <= names
    assert any(line.startswith("pytest>") for line in project["optional-dependencies"]["dev"])


def test_imports_are_read_rightly(tmp_path: Path) -> None:
    (tmp_path / "pack" / "sub").mkdir(parents=True)
    (tmp_path / "pack" / "sub" / "__init__.py").write_text("from . import a\nfrom ..b import c\n")
    (tmp_path / "pack" / "d.py").write_text(
        "import x.y\n"
        "from typing import TYPE_CHECKING\n"
        "if TYPE_CHECKING:\n    import ray\n"
        "def f():\n    import torch\n"
        "try:\n    import numba\nexcept ImportError:\n    pass\n"
        "from .e import g\n"
    )
    sub = [item.target for item in imports_of(tmp_path / "pack" / "sub" / "__init__.py", tmp_path)]
    assert sub == ["pack.sub.a", "pack.b.c"]
    found = {item.target: (item.at_import, item.for_types) for item in imports_of(tmp_path / "pack" / "d.py", tmp_path)}
    assert found == {
        "x.y": (True, False),
        "typing.TYPE_CHECKING": (True, False),
        "ray": (True, True),
        "torch": (False, False),
        "numba": (True, False),
        "pack.e.g": (True, False),
    }
