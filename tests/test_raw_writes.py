"""Nothing under src writes a file, makes a directory or renames except through ``llpt.files``."""

import ast
from pathlib import Path

import pytest

import llpt

ROOT = Path(llpt.__file__).parent
MODULES = sorted(path.relative_to(ROOT).as_posix() for path in ROOT.rglob("*.py") if path != ROOT / "files.py")
"""All but the one that may."""

WRITES = {
    *("write_text", "write_bytes", "mkdir", "makedirs", "touch", "rename", "symlink_to", "hardlink_to"),
    *("to_netcdf", "to_csv", "to_hdf", "to_zarr", "to_file", "write_html", "write_image", "tofile", "savetxt"),
    *("mkstemp", "mkdtemp", "NamedTemporaryFile", "TemporaryDirectory", "TemporaryFile", "SpooledTemporaryFile"),
    *(
        "copyfile",
        "copy2",
        "copytree",
        "copyfileobj",
        "make_archive",
        "extractall",
        "unpack_archive",
    ),
    *("mkfifo", "dup2", "connect"),
}
"""Calls by these names write, whatever they are called on."""

LIBRARIES = {"savez", "savez_compressed", "savefig", "dump", "dump_to_store"}
"""A library's writers: allowed where the same function opens the stream with ``llpt.files`` or in memory."""

ASE_WRITE = "write_of_ase"

STREAMS = {"atomic_stream", "atomic_text", "BytesIO", "StringIO"}

ALLOWED = {
    ("cli/__init__.py", "dup2"): "standard output of a pipe that was closed goes to /dev/null",
    ("cli/__init__.py", "open"): "as above",
    ("compiling.py", "open"): "a lock beside the machine code that numba writes; it stays empty",
    ("engines/abinit.py", "replace"): "what ABINIT wrote gets the name it reads, in its own directory",
    ("study/ledger.py", "connect"): "SQLite keeps a journal of its own",
    ("study/archive.py", "extractall"): "an archive is unpacked into a scratch directory",
    ("engines/without_network.py", "write_text"): "the maps of a namespace in /proc/self, which is no disk",
    ("study/fork_server.py", "dup2"): "a run's standard output is its log",
}


def name_of(call):
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def owner_of(call):
    """The name before the dot: ``np`` of ``np.save``."""
    return getattr(getattr(call.func, "value", None), "id", "")


def mode_of(call, position):
    """The mode a file is opened in; ``?`` where it is not a literal."""
    given = [keyword.value for keyword in call.keywords if keyword.arg == "mode"] or call.args[position : position + 1]
    if not given:
        return "r"
    return given[0].value if isinstance(given[0], ast.Constant) else "?"


def opens_to_write(call):
    if isinstance(call.func, ast.Name):
        return bool(set(str(mode_of(call, 1))) & set("wax+?"))
    if owner_of(call) == "os":
        return "O_RDONLY" not in ast.dump(call)
    # ``path.open(mode)``; classes of ours (Trajectory.open, StudyDirectory.open) take a path, and gzip.open both.
    return any(isinstance(x, ast.Constant) and set(str(x.value)) & set("wax+") for x in call.args) or any(
        keyword.arg == "mode" for keyword in call.keywords
    )


def is_raw(call, streams):
    """Whether a call writes by itself; ``streams``: whether its function has a stream of ours or one in memory."""
    name = name_of(call)
    if name in WRITES or (owner_of(call) == "shutil" and name in {"move", "copy"}):
        return True
    if name == "open":
        return opens_to_write(call)
    if name == "replace":  # of a path; that of a string takes two, that of a dataclass names its fields
        return isinstance(call.func, ast.Attribute) and len(call.args) == 1 and not call.keywords
    library = (
        name in LIBRARIES
        or (name == "save" and owner_of(call) in {"np", "torch"})
        or (name in {"ZipFile", "TarFile"} and mode_of(call, 1) != "r")
        or (name == "File" and owner_of(call) in {"h5py", "h5netcdf"} and mode_of(call, 1) != "r")
        or ast.unparse(call.func) in {"ase.io.write", ASE_WRITE}
    )
    return library and not streams


def _named(tree):
    """Rename calls of the ``write`` that a module took from ASE, so that they are told from a function of its own."""
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module == "ase.io"]
    if any(alias.name == "write" for node in imports for alias in node.names):
        for node in ast.walk(tree):
            if isinstance(node, ast.Name) and node.id == "write":
                node.id = ASE_WRITE
    return tree


def raw_writes(text):
    """Names of the calls in a module that write by themselves."""
    tree = _named(ast.parse(text))
    found = []

    def look(node, streams):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            streams = any(isinstance(call, ast.Call) and name_of(call) in STREAMS for call in ast.walk(node))
        if isinstance(node, ast.Call) and is_raw(node, streams):
            found.append(name_of(node))
        for child in ast.iter_child_nodes(node):
            look(child, streams)

    look(tree, streams=False)
    return found


@pytest.mark.parametrize("module", MODULES)
def test_every_write_goes_through_files(module):
    raw = {name for name in raw_writes((ROOT / module).read_text(encoding="utf-8")) if (module, name) not in ALLOWED}
    assert not raw, f"{module} calls {', '.join(sorted(raw))}: use llpt.files"


def test_what_is_allowed_is_there():
    for module, name in ALLOWED:
        assert name in raw_writes((ROOT / module).read_text(encoding="utf-8")), (module, name)


@pytest.mark.parametrize(
    "text",
    [
        "path.write_text('')",
        "path.open('w')",
        "open(path, 'ab')",
        "open(path, mode)",
        "path.open(mode=mode)",
        "os.open(path, os.O_WRONLY)",
        "aside.replace(path)",
        "os.replace(a, b) or aside.rename(path)",
        "np.save(path, array)",
        "torch.save(state, path)",
        "h5py.File(path, 'w')",
        "ase.io.write(path, frames)",
        "from ase.io import write\nwrite(path, frames)",
        "canvas.savefig(path)",
        "zipfile.ZipFile(path, 'w')",
        "zipfile.ZipFile(path, mode='a')",
        "shutil.move(aside, path)",
        "shutil.copy(given, path)",
        "def f():\n    json.dump(x, handle)",
        "data.to_netcdf(path)",
    ],
)
def test_a_raw_write_is_found(text):
    assert raw_writes(text)


@pytest.mark.parametrize(
    "text",
    [
        "path.open()",
        "path.open('rb')",
        "open(path, 'r')",
        "os.open(path, os.O_RDONLY)",
        "text.replace('a', 'b')",
        "h5py.File(path, 'r')",
        "zipfile.ZipFile(path)",
        "def f():\n    with atomic_stream(path) as stream, zipfile.ZipFile(stream, 'w') as packed:\n        pass",
        "Trajectory.open(path)",
        "model.save(path)",
        "write(path)",
        "def f():\n    with atomic_stream(path) as stream:\n        np.savez(stream, a=1)",
    ],
)
def test_what_reads_or_has_a_stream_is_left_alone(text):
    assert not raw_writes(text)
