"""The study that ``llpt audit-model`` makes: imported runs of a reference, and a model that does them once more."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from llpt.campaign import engine_slug
from llpt.engines import Argument, engine_folder, engine_records, find_engine, split_spec
from llpt.errors import InputError
from llpt.study.importing import NewStudy
from llpt.study.inputs import NamedInput
from llpt.study.stored import stored_path
from llpt.study.template import as_toml, with_defaults

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llpt.study.file import StudyFile

TEXT = """[study]
name = {name}

# The model under audit does every imported run of the reference once more: same state, size, start, time.
[surrogate]
engine = {engine}
{path}runs = "imported"
{options}
# Thresholds of the verdict; fix them before looking at results. The runs stand in imported.toml.
[verdict]
transition_temperature_k = @default@
density_percent = @default@
"""


def spec_of(model: str) -> str:
    """Return the SPEC of a model that is given as such, or as a file or directory whose kind shows.

    Raises:
        InputError: it is neither, or there is no such engine.

    >>> spec_of("ase:ase.calculators.lj.LennardJones")
    'ase:ase.calculators.lj.LennardJones'
    """
    path = Path(model).expanduser()
    if not path.exists():
        split_spec(model)
        return model
    records = [record for record in engine_records().values() if record.recognised_by]
    for record in reversed(records):  # a potential trained here says more of itself than n2p2's files, which it has too
        itself = record.argument is Argument.FILE and path.is_file() and path.match(record.recognised_by)
        if itself or (path / record.recognised_by).is_file():
            return f"{record.name}:{model}"
    raise InputError(f"What {model} is does not show.", "Give its engine too, e.g. mace:FILE, n2p2:DIR or lammps:NAME.")


def model_study(spec: str, options: Mapping[str, str], *, name: str, label: str) -> NewStudy:
    """Return the study of a model and imported runs, before any run is in it.

    Args:
        spec: SPEC of the model.
        options: of its engine.
        name: of the study.
        label: what the reference is called.

    Raises:
        InputError: the file that the SPEC names does not exist, or the reference has the name of the model's engine.
    """
    record = find_engine(spec)
    word, _, argument = spec.partition(":")
    if engine_folder(spec) == engine_slug(label):
        raise InputError(f'The reference has the name of the model\'s engine, "{engine_slug(label)}".', "Give --label.")
    inputs: tuple[NamedInput, ...] = ()
    path = ""
    engine = spec
    if record.copied:
        found = Path(argument).expanduser().absolute()
        if not found.exists():
            raise InputError(f"There is no {argument}.", "Check the path of the model.")
        inputs = (NamedInput("surrogate.path", argument, found, stored_path(argument, "surrogate")),)
        engine, path = word, f"path = {as_toml(argument)}\n"
    table = "".join(f"{key} = {as_toml(value)}\n" for key, value in options.items())
    return NewStudy(
        with_defaults(
            TEXT.format(
                name=as_toml(name),
                engine=as_toml(engine),
                path=path,
                options=f"\n[surrogate.options]\n{table}" if table else "",
            )
        ),
        inputs,
    )


def check_same_model(study: StudyFile, spec: str, options: Mapping[str, str]) -> None:
    """Refuse a study of another model.

    Args:
        study: the study file.
        spec: SPEC of the model.
        options: of its engine.

    Raises:
        InputError: it is one, or has no model at all.
    """
    surrogate = study.surrogate
    if surrogate is None or surrogate.runs != "imported":
        raise InputError("The study audits no model by imported runs.", "Give another directory with --out.")
    if surrogate.spec("") != spec or {key: str(value) for key, value in surrogate.options.items()} != dict(options):
        raise InputError(
            f"The study audits {surrogate.spec('')}, with other options or another model than {spec}.",
            "Give another directory with --out, or the same model and options.",
        )
