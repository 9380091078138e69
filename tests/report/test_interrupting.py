"""Ctrl-C during analysis and report leaves a word, no half of a file, and what was there before."""

import shutil
import signal
from contextlib import contextmanager

import pytest

from llpt.cli import main


@pytest.mark.parametrize("doing", ["analysing", "writing the report"])
def test_a_report_is_left_with_a_word(finished, tmp_path, monkeypatch, capsys, doing):
    directory, _, _, analysis = finished
    no_page = shutil.ignore_patterns("report")  # another test may have made it
    study = shutil.copytree(directory.root, tmp_path / "study", ignore=no_page)
    if doing != "analysing":  # it was analysed before
        monkeypatch.setattr("llpt.study.analysis.analyse_study", lambda *_, **__: analysis)

    @contextmanager
    def bar(name, *_arguments, **_more):
        def advance(done, *_arguments, **_more):
            if name == doing and done >= 1:
                signal.raise_signal(signal.SIGINT)

        yield advance

    before = {path: path.read_bytes() for path in study.rglob("*") if path.is_file()}
    monkeypatch.setattr("llpt.cli.analysis.bar", bar)
    monkeypatch.setattr("sys.argv", ["llpt", "report", str(study)])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 130
    assert capsys.readouterr().err.strip().splitlines()[-1] == "Stopped."
    after = {path: path.read_bytes() for path in study.rglob("*") if path.is_file()}
    assert not [path for path in after if path.name.endswith(".part")]
    kept = {path: content for path, content in before.items() if path.name != "study.db" and path in after}
    assert len(kept) >= len(before) - 1
    assert [str(path) for path, content in kept.items() if after[path] != content] == []
