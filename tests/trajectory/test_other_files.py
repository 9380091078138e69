"""A run or a summary from elsewhere cannot show another file's numbers as its own, whatever HDF5 would allow."""

import h5py
import numpy as np
import pytest
import xarray as xr

from llpt.errors import StorageError
from llpt.observables import load_summary, save_summary
from llpt.trajectory import Trajectory, TrajectoryWriter

from .conftest import make_frame, make_record


def external_link(file, name, secret):
    del file[name]
    file[name] = h5py.ExternalLink(str(secret), name)


def external_storage(file, name, secret):
    shape, dtype = file[name].shape, file[name].dtype
    del file[name]
    file.create_dataset(name, shape, dtype, external=[(str(secret), 0, h5py.h5f.UNLIMITED)])


def virtual_dataset(file, name, secret):
    layout = h5py.VirtualLayout(file[name].shape, file[name].dtype)
    layout[...] = h5py.VirtualSource(str(secret), name, file[name].shape)
    del file[name]
    file.create_virtual_dataset(name, layout)


DATASETS = (
    "particles/trajectory/species",
    "particles/trajectory/position/value",
    "particles/trajectory/position/step",
    "llpt/scalars/free_energy_ev",
)
ATTACKS = [
    *((attack, name) for attack in (external_link, external_storage, virtual_dataset) for name in DATASETS),
    *((external_link, group) for group in ("llpt", "llpt/scalars", "particles/trajectory", "particles")),
]


def read_all(path):
    trajectory = Trajectory.open(path)
    return trajectory.scalars(), list(trajectory.blocks())


@pytest.mark.parametrize(("attack", "name"), ATTACKS)
def test_a_trajectory_shows_only_its_own_numbers(tmp_path, system, attack, name):
    for place in ("run", "secret"):
        writer = TrajectoryWriter(tmp_path / place, system)
        for step in range(3):
            writer.add(make_record(step), make_frame(step))
        writer.close_segment()
    read_all(tmp_path / "run")
    segment, secret = (tmp_path / place / "segments" / "000000.h5" for place in ("run", "secret"))
    with h5py.File(segment, "r+") as file:
        attack(file, name, secret)
    with h5py.File(segment) as file:
        assert np.size(file[name]) if name in DATASETS else len(file[name])  # HDF5 itself would give it
    with pytest.raises(StorageError, match="from another file"):
        read_all(tmp_path / "run")


@pytest.mark.parametrize("attack", [external_link, external_storage, virtual_dataset])
def test_a_summary_shows_only_its_own_numbers(tmp_path, attack):
    for name in ("run.nc", "secret.nc"):
        save_summary(xr.Dataset({"rdf": ("r", np.ones(4))}), tmp_path / name)
    assert load_summary(tmp_path / "run.nc").sizes == {"r": 4}
    with h5py.File(tmp_path / "run.nc", "r+") as file:
        attack(file, "rdf", tmp_path / "secret.nc")
    with pytest.raises(StorageError, match="from another file"):
        load_summary(tmp_path / "run.nc")
