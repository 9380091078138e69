"""Options that are fields of settings: the help shows the defaults of the settings, which nobody types again."""

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from llpt.cli.app import app
from llpt.cli.defaults import defaults_of, given

SHARED = {
    "md": ("llpt.dynamics:RunSettings", {"timestep_fs", "thermostat", "positions_every"}),
    "optics": ("llpt.observables:OpticsSettings", {"broadening_ev", "shape", "photon_max_ev", "photon_step_ev"}),
}


@pytest.mark.parametrize("command", SHARED)
def test_the_help_shows_the_defaults_of_the_settings(command):
    path, names = SHARED[command]
    declared = defaults_of(path)
    options = {each.name: each.default for each in get_command(app).commands[command].params}
    assert [options[name] for name in names] == [None] * len(names)
    shown = " ".join(CliRunner().invoke(app, [command, "--help"], env={"COLUMNS": "200"}).stdout.split())
    for name in names:
        assert f"[default: {declared[name]}]" in shown


def test_what_was_not_given_is_left_to_the_settings():
    assert given(steps=10, thermostat=None, positions_every=0) == {"steps": 10, "positions_every": 0}
