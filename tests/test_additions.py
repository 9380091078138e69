"""How many files of the package one thing more takes, counted from the files as they are.

For each kind CONTRIBUTING.md says how it is added; here its examples are looked for. A file counts if it had to be
written or changed for the example: if its code knows the example's name or record.
"""

import ast
import re
from functools import cache
from importlib import import_module
from pathlib import Path

import pytest

import llpt
from llpt.audit import quantities, thresholds
from llpt.dft.functionals import catalogue
from llpt.dft.functionals.catalogue import FUNCTIONALS
from llpt.dynamics import integrator_records
from llpt.engines import BUILT_IN, registry
from llpt.observables import registry as observables
from llpt.study.nodes import MolecularDynamics, node_kinds

criteria = import_module("llpt.transition.criteria")  # the package hands on a function of this name
SOURCE = Path(llpt.__file__).parent
OTHERS_FILES = (
    "trajectory/foreign/",
    "cli/importing.py",
    "study/imported.py",
    "study/export_vasp.py",
    "study/export_cp2k.py",
    "study/export_programs.py",
)
"""They know the files of LAMMPS, VASP, pw.x and CP2K. An engine needs none of them: to read a program's trajectories,
and to write its input folders from a study (``study/export_*.py``), are additions of their own."""
OTHER_MEANINGS = {
    "abinit": ("dft/pseudopotentials/psp8.py",),  # a format of files
    "cp2k": ("trajectory/opening.py", "mlp/potential/moment_files.py"),  # a format of files, a code for our networks
    "ase": ("version.py", "dynamics/integrators.py"),  # a package, an integrator that moves the atoms of any engine
    "model": ("learning/recipes.py", "cli/recipes.py"),  # a directory
}
"""Files in which the word of an engine stands for something else."""
REGISTRY = "engines/registry.py"
INTEGRATORS = "dynamics/integrators.py"
MODULES: dict[str, tuple[str, ...]] = {
    "cp2k": ("engines/cp2k",),
    "dft": ("engines/kohn_sham/",),
    "lammps": ("engines/lammps", "dynamics/lammps_integrator"),
    "quantum-espresso": ("engines/espresso",),
}
"""How the names of the modules begin of engines that are several; of the others each is one, which two may share."""
PROSE = re.compile(r'"""[\s\S]*?"""|#[^\n]*')
"""Comments and docstrings: nobody has to write them to make the thing work."""


def files_that_know(pattern):
    known = re.compile(pattern)
    return [
        path.relative_to(SOURCE).as_posix()
        for path in sorted(SOURCE.rglob("*"))
        if path.suffix in {".py", ".toml", ".json", ".html"}
        and known.search(PROSE.sub("", path.read_text(encoding="utf-8")))
    ]


@cache
def trees():
    """The nodes of the syntax tree of each module, by the file's name."""
    return {
        path.relative_to(SOURCE).as_posix(): list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
        for path in sorted(SOURCE.rglob("*.py"))
    }


@cache
def names_and_values():
    """What each file of the package names, and the texts it holds as values, by the file's name."""
    found = {}
    for path in sorted(SOURCE.rglob("*")):
        if path.suffix not in {".py", ".toml", ".json", ".html"}:
            continue
        text = path.read_text(encoding="utf-8")
        name = path.relative_to(SOURCE).as_posix()
        if path.suffix != ".py":
            found[name] = set(), set(re.findall(r'"([^"]*)"', PROSE.sub("", text)))
            continue
        tree = trees()[name]
        names = {getattr(node, key, None) for node in tree for key in ("id", "attr", "name")}
        values = {each.value for each in tree if isinstance(each, ast.Constant) and isinstance(each.value, str)}
        found[name] = names, {value.partition(":")[0] for value in values}
    return found


def files_of_engine(record):
    """Every file of an engine: its own modules, and those elsewhere that know its word, its record or its papers."""
    symbols = {name for name, value in vars(registry).items() if value is record} - {"DEFAULT_REFERENCE"}
    own = MODULES.get(record.name, ())
    words = {record.name, *(word for paper in record.papers for word in (paper.key, paper.doi))}
    elsewhere = (*OTHERS_FILES, *OTHER_MEANINGS.get(record.name, ()))
    return [
        file
        for file, (names, values) in names_and_values().items()
        if file.startswith(own) or ((symbols & names or words & values) and not file.startswith(elsewhere))
    ]


@pytest.mark.parametrize("record", BUILT_IN.values(), ids=lambda record: record.name)
def test_an_engine_is_its_own_modules_and_one_line_elsewhere(record):
    files = files_of_engine(record)
    own = MODULES.get(record.name, ("engines/",))
    moved_by_itself = any(each.engine == record.name for each in integrator_records().values())
    elsewhere = [INTEGRATORS, REGISTRY] if moved_by_itself else [REGISTRY]
    assert [file for file in files if file == REGISTRY or not file.startswith(own)] == elsewhere
    assert len(files) == 2 or record.name in MODULES
    assert len(files) <= 4, files


def test_what_an_engine_needs_and_cites_stands_in_its_record():
    """A list of programs or of papers elsewhere knows no engine."""
    elsewhere = (SOURCE / "cli/needs.py", SOURCE / "report/references.json")
    for path in elsewhere:
        _, values = names_and_values()[path.relative_to(SOURCE).as_posix()]
        for record in BUILT_IN.values():
            assert not {record.name, record.label, *(paper.doi for paper in record.every_paper)} & values


def test_a_program_that_runs_are_written_for_is_named_by_its_engine():
    for path in ("study/export_vasp.py", "study/export_cp2k.py", "study/export_programs.py", "cli/exporting.py"):
        _, values = names_and_values()[path]
        for record in BUILT_IN.values():
            assert not {record.name, record.label} & values


def test_what_an_option_of_one_engine_is_called_and_cites_stands_in_its_declaration():
    _, values = names_and_values()["report/methods.py"]
    told = [each for record in BUILT_IN.values() if record.options for each in record.options.told().items()]
    assert {"basis_set", "ecut_ry", "kpoints", "pseudopotential", "setup", "xc"} <= {name for name, _ in told}
    for name, each in told:
        assert not {paper.key for paper in each.every_paper} & values
        assert not set(each.papers_of) & values
        assert name == "xc" or name not in values  # the paper of a functional is known where its formula is
        assert each.phrase not in values


def knows_observable(file, records):
    """Whether a file names one of some records, by its import or as its own; what reads a number names that alone."""
    origins = [
        each for each in trees()[file] if isinstance(each, ast.ImportFrom) and f"{each.module}".startswith(FLOOR)
    ]
    named = [getattr(import_module(each.module), name.name, None) for each in origins for name in each.names]
    if file.startswith("observables/"):
        for value in vars(import_module(f"{FLOOR}.{Path(file).stem}")).values():
            named += value if isinstance(value, tuple) else [value]
    return any(each is record for each in named for record in records)


FLOOR = "llpt.observables"
MODULES_OF_OBSERVABLES = {"optics": "observables/optics"}
"""How the names of the modules begin of the observable that is two."""


@pytest.mark.parametrize("observable", observables.BUILT_IN, ids=lambda observable: observable.name)
def test_an_observable_takes_three_files_at_most(observable):
    own = MODULES_OF_OBSERVABLES.get(observable.name)
    files = {
        file
        for file in trees()
        if (own is not None and file.startswith(own)) or knows_observable(file, (observable, *observable.quantities))
    }
    others = {need for other in observables.BUILT_IN if other is not observable for need in other.required}
    if observable.required - others:
        files.add("observables/need.py")  # what no other observable needs is said there
    assert "observables/registry.py" in files
    assert all(file.startswith("observables/") for file in files), files
    assert len(files) <= 3, files


OTHERS_FUNCTIONALS = ("engines/abinit.py", "engines/cp2k.py", "engines/espresso.py", "engines/vasp.py", "trajectory/")
"""They know what other programs call theirs."""
OTHER_LOCAL_THINGS = {
    "lda-pw92": ("dft/functionals/base.py",),  # a rung
    "pbe": ("dft/settings.py", "dft/pseudopotentials/radial.py"),  # the default, what pseudopotentials are made with
}
MODULES_OF_FUNCTIONALS = {"pbe": "dft/functionals/pbe"}
"""How the names of the modules begin of the functional whose formula stands twice, the second time compiled."""


@pytest.mark.parametrize("functional", FUNCTIONALS, ids=lambda functional: functional.record.name)
def test_a_functional_takes_three_files_at_most(functional):
    record = functional.record
    symbols = {name for name, value in vars(catalogue).items() if value is functional}
    words = {record.name, *record.aliases, *(word for paper in record.papers for word in (paper.key, paper.doi))}
    elsewhere = (*OTHERS_FUNCTIONALS, *OTHER_LOCAL_THINGS.get(record.name, ()))
    own = MODULES_OF_FUNCTIONALS.get(record.name)
    files = [
        file
        for file, (names, values) in names_and_values().items()
        if (own is not None and file.startswith(own))
        or ((symbols & names or words & values) and not file.startswith(elsewhere))
    ]
    assert "dft/functionals/catalogue.py" in files
    assert all(file.startswith("dft/functionals/") for file in files)
    assert len(files) <= (2 if own is None else 3), files


@pytest.mark.parametrize("criterion", criteria.BUILT_IN, ids=str)
def test_a_criterion_takes_two_files_at_most(criterion):
    """What others ask of it stands in its record: nobody else names it."""
    symbols = {name for name, value in vars(criteria).items() if value is criterion}
    found = names_and_values().items()
    files = [file for file, (names, values) in found if symbols & names or criterion.name in values]
    assert "transition/criteria.py" in files
    assert len(files) == 2


@pytest.mark.parametrize("quantity", quantities.BUILT_IN, ids=str)
def test_a_comparison_takes_three_files_at_most(quantity):
    """Its threshold's record and key stand in one file, and its own name and record in two."""
    records = (*vars(quantities).items(), *vars(thresholds).items())
    symbols = {name for name, value in records if value is quantity or value is quantity.threshold}
    found = names_and_values().items()
    files = {file for file, (names, _) in found if symbols & names and not file.startswith("mlp/")}
    assert {"audit/quantities.py", "audit/thresholds.py"} < files
    assert len(files) == 3, files


PLANNERS = {"study/explaining_runs.py", "study/imported.py", "study/planning.py"}
"""They say which nodes a study file asks for."""


@pytest.mark.parametrize("kind", [kind for kind in node_kinds() if kind is not MolecularDynamics])
def test_a_kind_of_node_is_one_file_and_is_planned_in_one(kind):
    own = f"{kind.__module__.removeprefix('llpt.').replace('.', '/')}.py"
    files = [
        file for file, (names, _) in names_and_values().items() if {kind.__name__, kind.job_class.__name__} & names
    ]
    assert own in files
    assert len(files) == 2
    assert set(files) - {own} <= PLANNERS


def test_nobody_asks_a_node_of_what_kind_it_is():
    """A plan tells runs from others, and whoever goes through it asks the nodes (``llpt.study.nodes.node.Node``)."""
    kinds = {each.__name__ for kind in node_kinds() for each in kind.__mro__}
    for file, tree in trees().items():
        if not file.startswith("study/nodes/"):
            calls = [node for node in tree if isinstance(node, ast.Call)]
            asked = [call for call in calls if isinstance(call.func, ast.Name) and call.func.id == "isinstance"]
            names = {each.id for call in asked for each in ast.walk(call.args[1]) if isinstance(each, ast.Name)}
            assert not names & (kinds - {"object"}), file


def test_writing_the_folders_of_a_program_takes_two_files():
    for module in ("export_vasp", "export_cp2k"):
        assert (SOURCE / "study" / f"{module}.py").is_file()
        assert files_that_know(rf"\b{module}\b") == ["study/export_programs.py"]
