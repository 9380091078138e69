"""Machine code kept on disk must not outlive the source of any kernel that is compiled into it."""

import importlib
import inspect

from numba.core.dispatcher import Dispatcher

from llpt.mlp.compiled import kernel_files


def test_the_key_of_the_cache_holds_every_file_with_a_kernel():
    folder = kernel_files()[0].parent
    with_kernels = set()
    for path in folder.glob("*.py"):
        if path.stem == "__init__":
            continue
        module = importlib.import_module(f"llpt.mlp.{path.stem}")
        kernels = [value for value in vars(module).values() if isinstance(value, Dispatcher)]
        if any(inspect.getsourcefile(kernel.py_func) == str(path) for kernel in kernels):
            with_kernels.add(path.name)
    assert len(with_kernels) > 5
    assert with_kernels <= {path.name for path in kernel_files()}
