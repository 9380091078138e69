import json

import pytest

from llpt.dynamics import RunSettings, Thermostat, timestep_auto
from llpt.dynamics.settings import DEFAULT_THERMOSTAT_TIME_FS
from llpt.engines import Purpose


def test_timestep_auto_stays_in_the_range_of_the_protocol():
    steps = [timestep_auto(t, rho) for t in (300, 650, 1000, 1500, 3000, 10000) for rho in (0.5, 1.0, 1.5)]
    assert min(steps) == 0.17
    assert max(steps) == 0.35


def test_timestep_auto_falls_with_temperature_and_density():
    assert timestep_auto(900.0, 1.0) > timestep_auto(1200.0, 1.0) > timestep_auto(1200.0, 1.3)
    # An atom of thermal speed moves the same fraction of the distance between atoms.
    assert timestep_auto(2000.0, 1.0) * 2000**0.5 == pytest.approx(timestep_auto(1000.0, 1.0) * 1000**0.5)


def test_settings_survive_json():
    settings = RunSettings(ensemble="npt", temperature_k=1000, pressure_gpa=200, steps=7000, seed=1)
    assert RunSettings.model_validate(json.loads(settings.model_dump_json())) == settings
    assert settings.timestep_fs == "auto"


def test_default_times():
    for thermostat in (Thermostat.SVR, Thermostat.LANGEVIN):
        settings = RunSettings(ensemble="nvt", temperature_k=1000, steps=1, seed=1, thermostat=thermostat)
        assert settings.thermostat_time == DEFAULT_THERMOSTAT_TIME_FS[thermostat]
    chosen = RunSettings(ensemble="nvt", temperature_k=1000, steps=1, seed=1, thermostat_time_fs=7.0)
    assert chosen.thermostat_time == 7.0


def test_an_engine_is_told_whether_the_barostat_needs_its_pressure():
    given = {"temperature_k": 900.0, "steps": 10, "seed": 1}
    assert RunSettings(ensemble="npt", pressure_gpa=200.0, **given).purpose is Purpose.CONSTANT_PRESSURE
    assert RunSettings(ensemble="nvt", **given).purpose is Purpose.DYNAMICS
    assert RunSettings(ensemble="nve", **given).purpose is Purpose.DYNAMICS
