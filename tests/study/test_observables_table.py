import csv
import math
from types import SimpleNamespace

import xarray as xr

from llpt.campaign import Role
from llpt.campaign.observed import ObservedRun
from llpt.observables import put_estimate
from llpt.statistics import Estimate
from llpt.study.observables_table import write_observables


def observed(engine, **estimates):
    summary = xr.Dataset({"rdf": ("r", [0.0, 1.0]), "rdf_error": ("r", [0.0, 0.1])})
    summary.attrs |= {"n_atoms": 64, "temperature_k": 900.0, "pressure_gpa": 200.0, "production_fs": 1800.0}
    for name, estimate in estimates.items():
        put_estimate(summary, name, estimate)
    return ObservedRun.from_summary(summary, role=Role.REFERENCE, engine=engine)


def test_every_scalar_is_a_column_with_its_error_and_nothing_unknown_is_a_number(tmp_path):
    dense = observed(
        "dft",
        density=Estimate(1.0123456, 0.001, "g/cm^3", 40.0),
        viscosity=Estimate.unknown("Pa s"),
    )
    bare = observed("mace", density=Estimate(1.1, math.nan, "g/cm^3", 2.0), q6=Estimate(0.2, 0.01, "", 9.0))
    put_estimate(bare.summary, "solid_fraction", Estimate(0.9, 0.05, "", 20.0))
    planned = [SimpleNamespace(identity=run.identity, engine=f"{run.engine}:file") for run in (dense, bare)]
    write_observables(tmp_path / "observables.csv", SimpleNamespace(runs=planned), [dense, bare])
    with (tmp_path / "observables.csv").open(encoding="utf-8") as stream:
        first, second = csv.DictReader(stream)
    assert first["run"] == "dft/N64/P200/T900"
    assert (first["engine"], second["engine"]) == ("dft:file", "mace:file")
    assert float(first["density (g/cm^3)"]) == 1.0123456
    assert float(first["density error"]) == 0.001
    assert float(first["density effective samples"]) == 40.0
    assert first["viscosity (Pa s)"] == ""
    assert first["q6"] == ""
    assert (first["solid"], second["solid"]) == ("", "yes")
    assert second["density error"] == ""
    assert float(second["q6"]) == 0.2
    assert float(second["production_ps"]) == 1.8
    assert "rdf" not in first
