"""Machine code kept on disk must not outlive the source of any kernel that is compiled into it."""

import importlib
import inspect
from pathlib import Path

import pytest
from numba.core.dispatcher import Dispatcher

from llpt.compiling import kernel_files


@pytest.mark.parametrize(("package", "fewest"), [("llpt.mlp", 6), ("llpt.dft.transforms", 1)])
def test_the_key_of_the_cache_holds_every_file_with_a_kernel(package, fewest):
    folder = Path(importlib.import_module(package).__file__).parent
    with_kernels = set()
    for path in folder.glob("*.py"):
        if path.stem == "__init__":
            continue
        module = importlib.import_module(f"{package}.{path.stem}")
        kernels = [value for value in vars(module).values() if isinstance(value, Dispatcher)]
        if any(inspect.getsourcefile(kernel.py_func) == str(path) for kernel in kernels):
            with_kernels.add(path.name)
    assert len(with_kernels) >= fewest
    assert with_kernels <= {path.name for path in kernel_files(folder)}
