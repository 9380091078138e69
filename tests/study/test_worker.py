"""The process of a node says what it has computed on."""

import sys
from types import SimpleNamespace

import pytest

from llpt.study.worker import compile_seconds_here, device_in_use


@pytest.mark.parametrize(("opened", "device"), [(True, "NVIDIA H200, NVIDIA H200"), (False, "cpu")])
def test_graphics_processors_are_named_where_they_were_opened(monkeypatch, opened, device):
    cuda = SimpleNamespace(
        is_initialized=lambda: opened, device_count=lambda: 2, get_device_name=lambda _: "NVIDIA H200"
    )
    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace(cuda=cuda))
    assert device_in_use() == device


def test_a_process_without_torch_has_computed_on_the_cpu(monkeypatch):
    monkeypatch.delitem(sys.modules, "torch", raising=False)
    assert device_in_use() == "cpu"


def test_what_was_waited_for_the_compiler_is_asked_only_where_there_is_one(monkeypatch):
    monkeypatch.delitem(sys.modules, "llpt.compiling", raising=False)
    assert compile_seconds_here() == 0.0
    assert "llpt.compiling" not in sys.modules
    monkeypatch.setitem(sys.modules, "llpt.compiling", SimpleNamespace(compile_seconds=lambda: 2.5))
    assert compile_seconds_here() == 2.5
