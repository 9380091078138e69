"""What is forked of the process that has imported all does as the program itself would."""

import os
import signal
import subprocess
import sys

import pytest


@pytest.fixture
def both(warm_programs, tmp_path):
    """A function that runs Python as it is and as it is forked: ``both(*words, **environment)``."""

    def run(*words, stdin="", **environment):
        return [
            subprocess.run(
                [program, *words],
                cwd=tmp_path,
                env={**os.environ, **environment},
                input=stdin,
                capture_output=True,
                text=True,
                check=False,
            )
            for program in (sys.executable, warm_programs / "python")
        ]

    return run


@pytest.mark.parametrize(
    "code",
    [
        "import os, sys; print(sys.argv, os.getcwd(), os.environ['SAID'], input(), __name__); sys.exit(3)",
        "import sys; sys.exit('why')",
        "1 / 0",
        "import os; os.kill(os.getpid(), 9)",
        "import os, signal; os.kill(os.getpid(), signal.SIGINT)",
    ],
)
def test_it_reads_says_and_ends_as_python_does(both, code):
    real, forked = both("-c", code, "a", "b c", stdin="line\n", SAID="yes")
    assert (forked.returncode, forked.stdout) == (real.returncode, real.stdout)
    assert forked.stderr.splitlines()[-1:] == real.stderr.splitlines()[-1:]
    assert real.returncode


def test_a_script_finds_what_lies_beside_it_and_on_the_path(both, tmp_path):
    for place in ("scripts", "more"):
        (tmp_path / place).mkdir()
        (tmp_path / place / f"of_{place}.py").write_text("WHERE = __file__")
    script = tmp_path / "scripts/run.py"
    script.write_text("import of_more, of_scripts, sys; print(of_more.WHERE, of_scripts.WHERE, sys.argv, __file__)")
    path = os.pathsep.join([str(tmp_path / "more"), os.environ.get("PYTHONPATH", "")])
    real, forked = both(str(script), "x", PYTHONPATH=path)
    assert (forked.returncode, forked.stdout) == (real.returncode, real.stdout) == (0, real.stdout)


def test_where_libraries_would_be_told_something_else_the_program_itself_is_started(both):
    loaded = "import sys; print('llpt' in sys.modules)"
    assert [each.stdout for each in both("-c", loaded)] == ["False\n", "True\n"]
    assert [each.stdout for each in both("-c", loaded, OMP_NUM_THREADS="7")] == ["False\n", "False\n"]


def test_what_it_is_told_reaches_it_and_it_ends_with_who_asked(warm_programs):
    code = "import os, time; print(os.getpid(), flush=True); time.sleep(600)"
    for number in (signal.SIGTERM, signal.SIGKILL):
        with subprocess.Popen([warm_programs / "python", "-c", code], stdout=subprocess.PIPE, text=True) as asked:
            process = int(asked.stdout.readline())
            assert process != asked.pid
            asked.send_signal(number)
            assert asked.wait() == -number
            assert asked.stdout.read() == ""  # comes when it has ended as well


def test_llpt_is_llpt(warm_programs):
    done = subprocess.run([warm_programs / "llpt", "--no-such"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "No such option" in done.stderr
