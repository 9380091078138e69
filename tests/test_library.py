"""``import llpt`` is quick, brings nothing along, and gives every name that it promises."""

import ast
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path

import pytest

import llpt

SOURCE = Path(llpt.__file__).parent
HEAVY = ("torch", "numpy", "scipy", "ase", "matplotlib", "pydantic", "xarray", "h5py", "parsl", "numba", "freud")


def run(code):
    return subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()


def test_import_brings_nothing_along():
    loaded = run("import sys, llpt; print(*{name.partition('.')[0] for name in sys.modules})")
    assert not set(HEAVY) & set(loaded)
    assert run("import sys, llpt; print(*(name for name in sys.modules if name.startswith('llpt.')))") == []


def test_import_is_quick():
    def seconds(code):
        begin = time.perf_counter()
        run(code)
        return time.perf_counter() - begin

    taken = min(seconds("import llpt") for _ in range(3)) - min(seconds("pass") for _ in range(3))
    assert taken < 0.2


def test_every_promised_name_is_there_and_is_what_its_home_has():
    for name in llpt.__all__:
        assert name in dir(llpt)
        assert getattr(llpt, name) is not None
    assert llpt.__version__ == version("llpt")
    assert set(llpt.__all__) == {*llpt._HOMES, "__version__"}
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = llpt.nothing


def test_type_checkers_see_the_same_names():
    tree = ast.parse((SOURCE / "__init__.py").read_text())
    block, _ = (node for node in tree.body if isinstance(node, ast.If))
    typed = {alias.asname or alias.name: each.module for each in block.body for alias in each.names}
    assert typed.pop("__version__") == "llpt.version"
    assert typed == llpt._HOMES


def test_every_promised_name_is_documented():
    for name in llpt.__all__:
        if name != "__version__":
            assert len(getattr(llpt, name).__doc__) > 50, name


def test_every_promised_name_is_on_the_page():
    """Its blocks are run by ``tests/test_documentation.py``."""
    page = (SOURCE.parents[1] / "docs" / "python.md").read_text(encoding="utf-8")
    for name in set(llpt.__all__) - {"__version__"}:
        assert f"`{name}`" in page, name


def test_nothing_inside_the_package_imports_the_package_itself():
    """A module that did would wait for every floor above it."""
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and node.module == "llpt" and not node.level:
                parts = {alias.name for alias in node.names}
                assert all((SOURCE / part).is_dir() or (SOURCE / f"{part}.py").is_file() for part in parts), path
            if isinstance(node, ast.Import):
                assert all(alias.name != "llpt" for alias in node.names), path
