"""The face of the folder: every name is there, and none brings more than it needs."""

import subprocess
import sys

import pytest

import llpt.mlp


def test_every_name_is_there():
    for name in llpt.mlp.__all__:
        assert getattr(llpt.mlp, name).__name__ == name
    with pytest.raises(AttributeError, match="no attribute 'Potential'"):
        _ = llpt.mlp.Potential


@pytest.mark.parametrize(
    ("name", "absent"),
    [("TrainingSettings", ["torch", "numba", "ase"]), ("ModelCard", ["torch"]), ("BehlerParrinello", ["torch"])],
)
def test_a_name_does_not_bring_what_it_does_not_need(name, absent):
    code = f"import sys; from llpt.mlp import {name}; print(*sorted(set(sys.modules) & set({absent!r})))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
