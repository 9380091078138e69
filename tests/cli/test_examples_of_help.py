"""The examples under ``--help``, which are the Commands page of the site: they run, on a small finished study."""

import shlex
import shutil
from pathlib import Path

import ase.io
import pytest
from tests.vasp_format import thermal_frames, write_thermal_runs

from llpt.cli import main
from llpt.cli.guides import GUIDES
from llpt.structure import molecular_fluid

ROOT = Path(__file__).parents[2]
EXAMPLES = [example for guide in GUIDES.values() for example in guide.examples]
DRY = " --dry-run"
STAND_INS = (
    ("mace:my.model", "n2p2:potential"),
    ("results/karasiev2021", "quick"),
    ("--reference dft --surrogate model", "--reference vasp-pbe --surrogate mace"),
    ("XDATCAR OUTCAR", "vasp-runs/T500/vasprun.xml"),
    ("-T 900 -P 200", "-T 500 -P 100"),
    ("--timestep-fs 2.5", "--timestep-fs 0.4"),
    ("-e dft", "-e model:potential"),
    ("-n 1000", "-n 4"),
    ("-n 5000", "-n 4"),
    ("ecut_ry=60", "ecut_ry=15"),
)
"""What of an example is replaced by something small that this repository has."""
ADDED = {
    "llpt run examples/quick.toml": f"{DRY} --out out/quick",
    "llpt run study.toml --out results --only 'dft/N256/*' --stop-after 3h": DRY,
}
"""What would run for minutes is only planned."""
ELSEWHERE = {
    "llpt status quick --web": ("tests/report/test_live.py", "serve("),
    "llpt report quick --pdf": ("tests/report/test_browser.py", "print_page("),
    "LLPT_STYLE=mine.mplstyle llpt report quick": ("tests/report/test_figures.py", "LLPT_STYLE"),
    "llpt explain": ("tests/study/test_explaining.py", '"explain"'),
    "llpt audit electronic-temperature": ("tests/cli/test_electronic_temperature.py", '"electronic-temperature"'),
    "llpt audit transfer": ("tests/cli/test_transfer.py", '"transfer"'),
    "llpt audit-model mace:my.model": ("docs/howto/audit-vasp.md", "llpt audit-model mace:my.model vasp-runs"),
    "llpt export vasp": ("tests/cli/test_export_vasp.py", '"vasp"'),
    "llpt export cp2k": ("tests/cli/test_export_cp2k.py", '"cp2k"'),
    "llpt optics": ("tests/cli/test_optics.py", '"optics"'),
    "llpt train": ("docs/audit.md", "llpt train "),
    "llpt doctor": ("docs/start.md", "llpt doctor"),
}
"""How examples begin that take long or never end, and where their command is run: a test or a page, and its words."""


def elsewhere(example):
    """Return what runs the command of an example; None where this module does."""
    if example == "llpt doctor --no-trials":
        return None
    return next((place for begin, (place, _) in ELSEWHERE.items() if example.startswith(begin)), None)


HERE = [example for example in EXAMPLES if elsewhere(example) is None]


def ran(words):
    """Run a command in this process, and return its exit code."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.argv", words)
        with pytest.raises(SystemExit) as ended:
            main()
    return ended.value.code or 0


@pytest.fixture(scope="module")
def workplace(tmp_path_factory):
    """A folder with what the examples name: a finished study, runs in VASP's format, structures, a potential."""
    root = tmp_path_factory.mktemp("examples-of-help")
    for name, target in (("examples", ROOT / "examples"), ("potential", ROOT / "examples/own-potential")):
        (root / name).symlink_to(target)
    fluids = [molecular_fluid(atoms=8, density_g_per_cm3=0.9, seed=seed) for seed in (1, 2)]
    ase.io.write(root / "in.extxyz", fluids[:1])
    ase.io.write(root / "start.extxyz", fluids[0])
    frames = thermal_frames(kelvin=500, gpa=100.0, timestep_fs=0.4)
    for frame in frames:
        frame.calc.results["energy"] = frame.calc.results["free_energy"]  # as a potential's are
    ase.io.write(root / "frames.extxyz", frames)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        write_thermal_runs("vasp-runs", temperatures=(500, 700))
        write_thermal_runs("network-runs", temperatures=(500, 700))
        for runs, role, label in (("vasp-runs", "reference", "VASP PBE"), ("network-runs", "surrogate", "MACE")):
            words = ["llpt", "import", runs, "-o", "quick", "--role", role, "--label", label]
            assert ran(words) == 0
        assert ran(["llpt", "evaluate", "in.extxyz", "-e", "n2p2:potential", "-o", "labelled.extxyz"]) == 0
        assert ran(["llpt", "analyse", "quick"]) == 0
        shutil.make_archive("study", "gztar", root, "quick")
    for name in ("study", "audit"):
        (root / name).symlink_to(root / "quick")
    return root


@pytest.mark.parametrize("example", HERE)
def test_an_example_of_the_help_runs(example, workplace, tmp_path, monkeypatch, capsys):
    for each in workplace.iterdir():
        (tmp_path / each.name).symlink_to(each)
    (tmp_path / "out").mkdir()
    monkeypatch.chdir(tmp_path)
    if " study.toml" in example and not example.startswith("llpt init"):
        assert ran(["llpt", "init", "study.toml"]) == 0
    text = f"{example}{ADDED.get(example, '')}".partition(" > ")[0]
    if "-o study" in text or "-o audit" in text:
        text = text.replace("-o study", "-o out/study").replace("-o audit", "-o out/audit")
    for said, small in STAND_INS:
        text = text.replace(said, small)
    words = shlex.split(text)
    code = ran(words)
    told = capsys.readouterr()
    assert code == 0, f"{text}\n{told.out}\n{told.err}"


def test_what_is_not_run_here_is_run_by_a_test_or_page_that_is_there():
    for begin, (place, words) in ELSEWHERE.items():
        assert any(example.startswith(begin) for example in EXAMPLES), begin
        assert words in (ROOT / place).read_text(encoding="utf-8"), begin
    assert len(HERE) > len(EXAMPLES) / 2
