"""What other commands left in a run's directory joins its observables."""

import json

import pytest
import xarray as xr

from llpt.errors import StorageError
from llpt.observables import estimate_of, with_files


def test_the_conductivity_of_a_run_becomes_a_column(tmp_path):
    place = tmp_path / "optics"
    place.mkdir()
    average = {"value": 2500.0, "error": 300.0, "unit": "S/cm", "effective_samples": 8.0}
    (place / "optics.json").write_text(json.dumps({"averages": {"dc_conductivity": average}}))
    found = estimate_of(with_files(xr.Dataset(), tmp_path), "dc_conductivity")
    assert (found.value, found.error, found.unit) == (2500.0, 300.0, "S/cm")


def test_a_run_without_spectra_is_left_as_it_is_and_a_damaged_file_is_said_so(tmp_path):
    assert not with_files(xr.Dataset(), tmp_path)
    (tmp_path / "optics").mkdir()
    (tmp_path / "optics" / "optics.json").write_text("{")
    with pytest.raises(StorageError, match="damaged"):
        with_files(xr.Dataset(), tmp_path)
