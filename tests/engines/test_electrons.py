"""The same structures at many electronic temperatures: followed, resumed, and the same as from nothing."""

import numpy as np
import pytest

from llpt.engines import evaluate, label_at_electronic_temperatures, label_file, make_engine, read_evaluated
from llpt.errors import InputError
from llpt.structure import atomic_fluid, label_of, molecular_fluid

OPTIONS = {"ecut_ry": 15.0, "kpoints": "gamma"}
TEMPERATURES = (3000.0, 6000.0)


@pytest.fixture(scope="module")
def frames():
    return [make(atoms=2, density_g_per_cm3=0.9, seed=1) for make in (molecular_fluid, atomic_fluid)]


def test_every_point_is_that_from_nothing_and_a_stopped_one_goes_on(tmp_path, frames):
    points = []

    def stop(done, temperature_k):
        points.append((done, temperature_k))
        if done == 3:
            raise KeyboardInterrupt

    arguments = {"spec": "dft", "options": OPTIONS, "temperatures_k": TEMPERATURES}
    with pytest.raises(KeyboardInterrupt):
        label_at_electronic_temperatures(tmp_path, frames, **arguments, on_point=stop)
    label_at_electronic_temperatures(tmp_path, frames, **arguments, on_point=lambda *point: points.append(point))
    assert [done for done, _ in points] == [1, 2, 3, 3, 4]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["T3000.extxyz", "T6000.extxyz"]
    for value in TEMPERATURES:
        fresh = evaluate(frames, make_engine("dft", {**OPTIONS, "electronic_temperature_k": value}))
        followed = read_evaluated(label_file(tmp_path, value))
        for one, other in zip(fresh, followed, strict=True):
            assert other.info["electronic_temperature_k"] == value
            for name, tolerance in (("free_energy", 1e-6), ("energy", 1e-5), ("forces", 1e-4), ("stress", 1e-5)):
                np.testing.assert_allclose(label_of(other, name), label_of(one, name), atol=tolerance)


def test_an_engine_without_electrons_is_refused(tmp_path, frames):
    with pytest.raises(InputError, match="no electrons"):
        label_at_electronic_temperatures(
            tmp_path, frames, spec="ase:ase.calculators.lj.LennardJones", options={}, temperatures_k=[600.0]
        )
