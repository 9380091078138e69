"""Optical conductivity and reflectivity of a set of snapshots: averages with errors, convergence, and files.

A directory of results holds ``snapshots/*.json``, one for each snapshot and written when it is done, so that the same
call again computes only what is missing; ``optics.json`` (averages, settings, convergence) and ``spectrum.csv``.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import ValidationError
from scipy import stats

from llpt.dft import dielectric_function, reflectivity
from llpt.errors import InputError, StorageError
from llpt.files import make_directory, write_atomically
from llpt.json_values import plain
from llpt.observables.optics_response import OpticsSettings, SnapshotResponse, response_of
from llpt.observables.record import FileObservable, Quantity
from llpt.run_file import DescribedEngine
from llpt.statistics import Estimate, sample_estimate

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from ase import Atoms
    from numpy.typing import NDArray

    from llpt.engines.kohn_sham.engine import KohnShamEngine

OPTICS_FILE = "optics.json"
SPECTRUM_FILE = "spectrum.csv"
SNAPSHOTS = "snapshots"
FOLDER = "optics"
"""Of a run's directory, where its optics lie."""
_FORMAT = 2
_ONE_SIGMA = 0.841344746068543
SUM_RULE_TOLERANCE = 0.02
"""A share of the sum rule beyond which bands, or k-points, are too few."""
LASER_EV = 2.33
"""Photon energy of the scalar reflectivity: 532 nm, the light of the usual probe laser."""


@dataclass(frozen=True)
class ConvergencePoint:
    """The dc conductivity with one number of bands and one broadening, averaged over snapshots.

    Args:
        bands: number of bands.
        broadening_ev: width of the lines, eV.
        dc_conductivity: S/cm.
        sum_rule: share of the sum rule.
    """

    bands: int
    broadening_ev: float
    dc_conductivity: Estimate
    sum_rule: Estimate


@dataclass(frozen=True)
class OpticsResult:
    """Averages over snapshots. Curves are arrays (n,) over photon energy with a standard error each.

    Args:
        scalars: by the names of the quantities of ``OPTICS`` (see :class:`llpt.dft.OpticalSpectrum`); ``reflectivity``
            at ``LASER_EV`` only where the photon energies reach it.
        photon_energy_ev: eV.
        curves: ``conductivity_real``, ``conductivity_imag`` (S/cm), ``epsilon_real``, ``epsilon_imag``,
            ``reflectivity``; dielectric function and reflectivity are those of the averaged conductivity.
        errors: one standard error of each, by the same names; NaN for a single snapshot.
        convergence: with bands and broadening.
        snapshots: how many.
    """

    scalars: dict[str, Estimate]
    photon_energy_ev: NDArray[np.float64]
    curves: dict[str, NDArray[np.float64]]
    errors: dict[str, NDArray[np.float64]]
    convergence: tuple[ConvergencePoint, ...]
    snapshots: int

    @property
    def lacks_bands(self) -> bool:
        """Whether the bands miss more of the sum rule than ``SUM_RULE_TOLERANCE``: more of them are needed."""
        return abs(self.scalars["found_share"].value - 1.0) > SUM_RULE_TOLERANCE

    @property
    def lacks_kpoints(self) -> bool:
        """Whether the mesh of k-points puts the sum rule off by more than ``SUM_RULE_TOLERANCE``."""
        return abs(self.scalars["mesh_share"].value) > SUM_RULE_TOLERANCE


def optics_of_snapshots(
    frames: Sequence[Atoms],
    engine: KohnShamEngine,
    settings: OpticsSettings,
    directory: Path,
    *,
    on_snapshot: Callable[[int], None] | None = None,
) -> OpticsResult:
    """Compute what is not yet in ``directory``, average, and write ``optics.json`` and ``spectrum.csv`` there.

    Args:
        frames: snapshots of one state: the same number of atoms, far enough apart in time to be independent (the
            errors take them to be).
        engine: the DFT engine, at the settings wanted.
        settings: bands, broadening, photon energies.
        directory: where the results lie; made if it is not there.
        on_snapshot: called with the number of snapshots done after each.

    Raises:
        InputError: no snapshots, snapshots of different sizes, or one that cannot be computed.
        EngineError: no self-consistency or bands that did not converge.
        StorageError: the directory cannot be written.
    """
    if not frames:
        raise InputError("there are no snapshots.", "Give at least one frame.")
    if len({len(frame) for frame in frames}) > 1:
        raise InputError("the snapshots have different numbers of atoms.", "Average snapshots of one system at a time.")
    make_directory(directory / SNAPSHOTS)
    responses = []
    for number, frame in enumerate(frames):
        path = directory / SNAPSHOTS / f"{_identity(frame, engine, settings)}.json"
        response = _read(path)
        if response is None:
            response = response_of(frame, engine, settings)
            write_atomically(path, response.model_dump_json())
        responses.append(response)
        if on_snapshot is not None:
            on_snapshot(number + 1)
    result = average_responses(responses, settings)
    _write(result, engine, settings, directory)
    return result


def _identity(frame: Atoms, engine: KohnShamEngine, settings: OpticsSettings) -> str:
    """Name what is computed: the same snapshot at the same settings has the same name."""
    description = engine.describe()
    options = {key: value for key, value in description.options.items() if key != "device"}
    text = json.dumps([_FORMAT, options, description.content_hash, settings.as_kept], sort_keys=True, default=str)
    digest = hashlib.sha256(text.encode())
    atoms: Any = frame
    for array in (atoms.cell.array, atoms.positions):
        digest.update(np.ascontiguousarray(array, dtype=np.float64).tobytes())
    return digest.hexdigest()[:16]


def _read(path: Path) -> SnapshotResponse | None:
    """Return the response of a snapshot that was done before; None where it is not there or was damaged."""
    try:
        return SnapshotResponse.model_validate_json(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, ValidationError):
        return None


CONDUCTIVITY = Quantity("dc_conductivity", "σ_dc", "S/cm", "dc conductivity")
SUM_RULE = Quantity("sum_rule", "", "", "share of the sum rule")
REFLECTIVITY = Quantity("reflectivity", "R", "", f"reflectivity at {LASER_EV:g} eV")
_OF_EACH_SNAPSHOT = (
    CONDUCTIVITY,
    SUM_RULE,
    Quantity("intraband_share", "", "", "share of the sum rule within bands"),
    Quantity("mesh_share", "", "", "what the finite mesh adds to the sum rule"),
    Quantity("projector_share", "", "", "what projectors add to the sum rule"),
    Quantity("found_share", "", "", "share of the sum rule without these two"),
    Quantity("level_spacing", "", "eV", "mean spacing of the levels"),
)


def average_responses(responses: Sequence[SnapshotResponse], settings: OpticsSettings) -> OpticsResult:
    """Average the responses of snapshots; errors are one standard error with Student's factor, or the jackknife's.

    Args:
        responses: of each snapshot.
        settings: they were made with.
    """
    photon = settings.photon_energy_ev
    sigma = np.array([np.array(r.conductivity_real) + 1j * np.array(r.conductivity_imag) for r in responses])
    curves = _curves(photon, sigma.mean(0))
    count = len(responses)
    if count > 1:
        # Leaving out one snapshot at a time carries the error through the reflectivity, which is not linear.
        others = [_curves(photon, (sigma.sum(0) - one) / (count - 1)) for one in sigma]
        factor = float(stats.t.ppf(_ONE_SIGMA, count - 1)) * math.sqrt((count - 1) ** 2 / count)
        errors = {name: factor * np.std([o[name] for o in others], axis=0, ddof=1) for name in curves}
    else:
        errors = {name: np.full(photon.shape, math.nan) for name in curves}
    convergence = tuple(
        ConvergencePoint(
            bands=round(float(np.mean([row.bands for row in rows]))),
            broadening_ev=rows[0].broadening_ev,
            dc_conductivity=sample_estimate([row.dc_conductivity for row in rows], CONDUCTIVITY.unit),
            sum_rule=sample_estimate([row.sum_rule for row in rows], SUM_RULE.unit),
        )
        for rows in zip(*(r.convergence for r in responses), strict=True)
    )
    scalars = {
        each.name: sample_estimate([getattr(response, each.name) for response in responses], each.unit)
        for each in _OF_EACH_SNAPSHOT
    }
    if photon[0] <= LASER_EV <= photon[-1]:
        value, error = (float(np.interp(LASER_EV, photon, kind["reflectivity"])) for kind in (curves, errors))
        scalars[REFLECTIVITY.name] = Estimate(value, error, REFLECTIVITY.unit, float(count), max(count - 1.0, 1.0))
    return OpticsResult(
        scalars=scalars,
        photon_energy_ev=photon,
        curves=curves,
        errors=errors,
        convergence=convergence,
        snapshots=count,
    )


def _curves(photon: NDArray[np.float64], sigma: NDArray[np.complex128]) -> dict[str, NDArray[np.float64]]:
    epsilon = dielectric_function(photon, sigma)
    return {
        "conductivity_real": sigma.real,
        "conductivity_imag": sigma.imag,
        "epsilon_real": epsilon.real,
        "epsilon_imag": epsilon.imag,
        "reflectivity": reflectivity(epsilon),
    }


def _float(value: Any) -> float:
    return math.nan if value is None else float(value)


def _write(result: OpticsResult, engine: KohnShamEngine, settings: OpticsSettings, directory: Path) -> None:
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    names = list(result.curves)
    writer.writerow(["photon_energy_ev", *(column for name in names for column in (name, f"{name}_error"))])
    for i, energy in enumerate(result.photon_energy_ev):
        row = [x for name in names for x in (result.curves[name][i], result.errors[name][i])]
        writer.writerow([f"{energy:.6g}", *(f"{x:.8g}" for x in row)])
    write_atomically(directory / SPECTRUM_FILE, table.getvalue())
    content = {
        "format": _FORMAT,
        "snapshots": result.snapshots,
        "engine": DescribedEngine.of(engine.describe()).model_dump(mode="json"),
        "settings": settings.as_kept,
        "averages": {name: plain(estimate) for name, estimate in result.scalars.items()},
        "convergence": [
            {
                "bands": row.bands,
                "broadening_ev": row.broadening_ev,
                "dc_conductivity": plain(row.dc_conductivity),
                "sum_rule": plain(row.sum_rule),
            }
            for row in result.convergence
        ],
    }
    write_atomically(directory / OPTICS_FILE, json.dumps(content, indent=1) + "\n")


def read_optics(directory: Path) -> dict[str, Estimate]:
    """Return the averages that ``llpt optics`` left in a directory; nothing where it was not run.

    Args:
        directory: the directory of results; for a run, its subdirectory ``optics``.

    Raises:
        StorageError: ``optics.json`` is damaged.
    """
    path = directory / OPTICS_FILE
    if not path.is_file():
        return {}
    try:
        averages = json.loads(path.read_text(encoding="utf-8"))["averages"]
        return {
            name: Estimate(
                _float(entry["value"]),
                _float(entry["error"]),
                str(entry["unit"]),
                _float(entry["effective_samples"]),
                float(entry.get("degrees_of_freedom") or math.inf),
            )
            for name, entry in averages.items()
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise StorageError(f"{path} is damaged: {error}.", "Run llpt optics again.") from error


OPTICS = FileObservable(
    name="optics", quantities=(*_OF_EACH_SNAPSHOT, REFLECTIVITY), read=lambda directory: read_optics(directory / FOLDER)
)
