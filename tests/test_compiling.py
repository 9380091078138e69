"""Machine code kept on disk must not outlive the source of any kernel that is compiled into it."""

import importlib
import inspect
from pathlib import Path

import pytest
from numba.core.dispatcher import Dispatcher

import llpt
from llpt.compiling import floor_of, kernel_files

PACKAGE = Path(llpt.__file__).parent


def modules_of(floor):
    """Modules of a floor that hold kernels of their own, by file."""
    for path in (PACKAGE / floor).rglob("*.py"):
        if path.stem != "__init__" and "compil" in path.read_text():
            module = importlib.import_module(".".join(("llpt", *path.relative_to(PACKAGE).with_suffix("").parts)))
            kernels = [value for value in vars(module).values() if isinstance(value, Dispatcher)]
            if any(inspect.getsourcefile(kernel.py_func) == str(path) for kernel in kernels):
                yield path, module


@pytest.mark.parametrize(("floor", "fewest"), [("mlp", 6), ("dft", 1)])
def test_the_key_of_the_cache_holds_every_file_with_a_kernel_or_with_what_one_names(floor, fewest):
    files = set(kernel_files(PACKAGE / floor))
    compiled = dict(modules_of(floor))
    assert len(compiled) >= fewest
    for path, module in compiled.items():
        assert floor_of(path) == PACKAGE / floor
        if "compile_and_keep" in path.read_text():
            continue
        named = {inspect.getsourcefile(value) for value in vars(module).values() if inspect.isclass(value)}
        assert path in files
        assert {source for source in named if Path(source).is_relative_to(PACKAGE / floor)} <= set(map(str, files))
