"""A study with a bridge and a budget: labels are nodes of the plan, and ``llpt explain`` says what they mean."""

import json
import math
import re
from pathlib import Path

import pytest
from tests.studies import ENGINES, soft_study
from typer.testing import CliRunner

from llpt.campaign.explained import CampaignExplanation
from llpt.cli.app import app
from llpt.errors import InputError
from llpt.study import Ledger, State, make_plan, parse_study
from llpt.study.archive import opened
from llpt.study.cost import StepTimes
from llpt.study.explaining import difference_from
from llpt.study.explaining_runs import labels_beforehand, two_phases
from llpt.study.inputs import named_inputs
from llpt.study.nodes.coupled import PlannedCoupled
from llpt.study.nodes.other_labels import PlannedOtherLabels
from llpt.study.verifying import verify

STUDY = """
[study]
name = "A soft fluid against one a little softer"
seed = 3
[system]
atoms = 24
[state]
pressures_gpa = 200.0
temperatures_k = 900
[dynamics]
steps = 300
discard = 60
settle_steps = 50
positions_every = 2
[reference]
engine = "ase:engines_for_tests.Soft"
threads = 1
[surrogate]
engine = "ase:engines_for_tests.Soft"
options = { sigma = 1.205 }
threads = 1
[tests]
start = { start = "atomic" }
[bridge]
snapshots = 20
[budget]
snapshots = 12
[[budget.choices]]
name = "a-wider-core"
options = { sigma = 1.216 }
"""


def labels_of(text):
    return [node for node in make_plan(parse_study(text)).nodes if isinstance(node, PlannedOtherLabels)]


def test_both_sides_are_labelled_by_the_other_and_the_reference_by_each_choice():
    nodes = {node.path: node for node in labels_of(STUDY)}
    both = {path for path in nodes if path.startswith("labels/bridge/")}
    assert both == {
        f"labels/bridge/{engine}-N24-P200-T900{end}" for engine in ("soft", "soft-surrogate") for end in ("", "-start1")
    }
    labels = nodes["labels/bridge/soft-N24-P200-T900"].job(Path())
    assert labels.options["sigma"] == 1.205
    assert labels.run == "runs/soft/N24/P200/T900"
    changed = nodes["labels/budget/soft-N24-P200-T900/a-wider-core"].job(Path())
    assert (changed.options["sigma"], changed.snapshots) == (1.216, 12)
    assert "sigma" not in nodes["labels/budget/soft-N24-P200-T900/as-it-is"].job(Path()).options
    assert not any(path.startswith("labels/budget/soft-surrogate") for path in nodes)


REFERENCE = 'engine = "ase:engines_for_tests.Soft"\nthreads = 1\n[surrogate]'
DFT = STUDY.replace(
    REFERENCE, 'engine = "dft"\nkpoints = "2x2x2"\nelectronic_temperature = 800\nthreads = 1\n[surrogate]'
).replace("options = { sigma = 1.216 }", "options = { ecut_ry = 90 }")


def test_a_dft_reference_gets_a_finer_mesh_and_electrons_at_the_temperature_of_the_run():
    text = (
        DFT
        + """
[[budget.choices]]
name = "electrons-ionic"
electronic_temperature = "ionic"
"""
    )
    nodes = {node.path.rpartition("/")[2]: node for node in labels_of(text) if "/budget/" in node.path}
    assert set(nodes) == {"as-it-is", "kpoints-4x4x4", "a-wider-core", "electrons-ionic"}
    assert nodes["kpoints-4x4x4"].job(Path()).options["kpoints"] == "4x4x4"
    temperatures = {name: node.job(Path()).options["electronic_temperature_k"] for name, node in nodes.items()}
    assert temperatures["electrons-ionic"] == 900.0
    assert temperatures["as-it-is"] == temperatures["kpoints-4x4x4"] == 800.0
    paid = {name: node.cost_s(StepTimes()) for name, node in nodes.items()}
    assert paid["kpoints-4x4x4"] > 2.0 * paid["as-it-is"]
    assert paid["kpoints-4x4x4"] > paid["a-wider-core"] > paid["as-it-is"]
    without = text.replace("[budget]", "[budget]\nkpoints = false")
    assert not any("kpoints" in node.path for node in labels_of(without))


def test_a_coupling_is_a_run_of_both_between_their_runs():
    nodes = make_plan(parse_study(STUDY.replace("[bridge]", "[bridge]\ncouplings = 0.5"))).nodes
    coupled = {node.path: node for node in nodes if isinstance(node, PlannedCoupled)}
    assert set(coupled) == {f"labels/bridge/soft-N24-P200-T900{end}-coupling0.5" for end in ("", "-start1")}
    node = coupled["labels/bridge/soft-N24-P200-T900-coupling0.5"]
    job = node.job(Path())
    assert node.after == (job.start,) == ("runs/soft/N24/P200/T900",)
    assert (job.coupling, job.surrogate_options["sigma"]) == (0.5, 1.205)
    assert job.reference.settings.seed != node.run.dynamics.seed
    with pytest.raises(InputError, match="couplings"):
        parse_study(STUDY.replace("[bridge]", "[bridge]\ncouplings = 1.0"))


def test_a_potential_among_the_choices_is_copied_into_the_study(tmp_path):
    """Two of one name lie apart, each in the folder of its choice."""
    choices = ""
    for name in ("first", "second"):
        (tmp_path / name / "potential").mkdir(parents=True)
        choices += f'[[budget.choices]]\nname = "{name}"\nengine = "n2p2:{name}/potential"\n'
    text = STUDY + choices
    stored = {item.key: item.stored for item in named_inputs(parse_study(text), tmp_path)}
    nodes = {node.path.rpartition("/")[2]: node for node in labels_of(text) if "/budget/" in node.path}
    for name in ("first", "second"):
        assert stored[f"budget.choices.{name}.engine"] == f"inputs/choices/{name}/potential"
        assert nodes[name].job(Path()).engine == f"n2p2:inputs/choices/{name}/potential"
    with pytest.raises(InputError, match="does not exist"):
        named_inputs(parse_study(text.replace("second/", "third/")), tmp_path)


def test_two_pseudopotentials_of_one_name_are_refused(tmp_path):
    text = STUDY.replace('engine = "ase:engines_for_tests.Soft"', 'engine = "dft"\npseudopotential = "a/H.upf"', 1)
    text += '[[budget.choices]]\nname = "other"\noptions = { pseudopotential = "b/H.upf" }\n'
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "H.upf").touch()
    with pytest.raises(InputError, match="two files of one name"):
        named_inputs(parse_study(text), tmp_path)


def test_without_runs_of_both_phases_the_budget_labels_what_there_is():
    text = DFT.replace('[tests]\nstart = { start = "atomic" }\n', "")
    assert sum("/budget/" in node.path for node in labels_of(text)) == 3


def test_labels_may_be_confined_to_some_states():
    assert not labels_of(STUDY.replace("[bridge]", "[bridge]\ntemperatures_k = 800").split("[budget]")[0])
    without_phases = STUDY.replace('[tests]\nstart = { start = "atomic" }\n', "").split("[budget]")[0]
    assert two_phases(parse_study(without_phases)) is None
    assert {node.path for node in labels_of(without_phases)} == {
        "labels/bridge/soft-N24-P200-T900",
        "labels/bridge/soft-surrogate-N24-P200-T900",
    }


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        (("options = { sigma = 1.216 }", ""), "changes nothing"),
        (('name = "a-wider-core"', 'name = "as-it-is"'), "changes nothing"),
        (("[bridge]\nsnapshots = 20", "[bridge]\nsnapshots = 2"), "snapshots"),
    ],
)
def test_what_cannot_be_labelled_is_refused(change, cause):
    with pytest.raises(InputError, match=cause):
        parse_study(STUDY.replace(*change))


def test_a_bridge_needs_two_sides():
    with pytest.raises(InputError, match="one side only"):
        parse_study(STUDY.split("[surrogate]", maxsplit=1)[0] + "[bridge]\n")


def test_how_many_labels_it_takes_is_said_beforehand(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(ENGINES)
    path = tmp_path / "soft.toml"
    path.write_text(STUDY, encoding="utf-8")
    shown = " ".join(CliRunner().invoke(app, ["plan", str(path)]).stdout.split())
    spread = 0.36 * math.sqrt(24 / 64) * 900.0 / (25.0 * 24)
    least, most = (math.ceil((spread / latent) ** 2) for latent in (0.090, 0.027))
    assert f"24 atoms near 900 K: a shift known to 25 K takes {least} to {most} independent labels" in shown
    assert "asks for 20 snapshots" in shown
    assert not labels_beforehand(parse_study(STUDY.replace("[bridge]\nsnapshots = 20", "")))


@pytest.fixture(scope="module")
def root(tmp_path_factory, warm_programs):
    place = tmp_path_factory.mktemp("explained")
    text = STUDY.replace("[bridge]", "[bridge]\ncouplings = 0.5")
    return soft_study(warm_programs / "llpt", place, text, timeout_s=900)


@pytest.fixture
def llpt(command, monkeypatch):
    """A function that runs a command in this process, which finds the engines of the tests."""
    monkeypatch.syspath_prepend(ENGINES)
    return command


@pytest.mark.slow
def test_explain_gives_residuals_free_energies_and_kelvins(root, llpt):
    with Ledger(root / "study.db") as ledger:
        assert {entry.state for entry in ledger.entries()} == {State.DONE}
    code, shown, said = llpt("explain", root)
    assert code == 0, said
    assert "Where the kelvins come from" in shown
    assert "both phases at 900 K" in shown
    found = json.loads((root / "results/bridge.json").read_text())
    assert not found["refused"]
    assert len(found["states"]) == 2
    for state in found["states"]:
        difference = state["difference"]
        assert difference["method"] != "not determined", difference["reason"]
        assert difference["lower"]["value"] <= difference["upper"]["value"]
        assert difference["value"]["value"] > 0.0  # the reference is the harder one
        assert state["density"]["value"]["unit"] == "g/cm^3"
    assert found["residuals"]["missing"] == ""
    (shift,) = found["shifts"]
    assert shift["explanation"]["finding"] == "not resolved"  # it is one fluid
    assert [row["choice"] for row in found["budgets"][0]["rows"]] == ["a-wider-core"]
    table = (root / "results/labelled-frames.csv").read_text().splitlines()
    assert "difference (meV/atom)" in table[0]
    assert len(table) == 1 + 6 * 20  # both sides and the run between them, at both starts


@pytest.mark.slow
def test_the_answers_can_be_had_as_json(root, llpt):
    assert json.loads(llpt("explain", root, "--json")[1])["states"]


@pytest.mark.slow
def test_the_report_has_the_table_of_kelvins(root):
    page = (root / "report/index.html").read_text(encoding="utf-8")
    assert "Errors by phase, neighbours, density and temperature" in page
    assert "a-wider-core" in page


def test_a_part_that_was_taken_out_of_a_stored_explanation_is_found():
    fresh = CampaignExplanation(residuals=None, states=(), shifts=(), crossovers=(), budgets=(), refused={})
    kept = json.loads(fresh.to_json())
    assert not difference_from(json.dumps(kept), fresh)
    del kept["states"]
    assert difference_from(json.dumps(kept), fresh).startswith("states stands in one of them alone")
    assert difference_from("[]", fresh) == "its form"
    assert difference_from("{", fresh) == "it is damaged"


@pytest.mark.slow
def test_a_stored_free_energy_that_was_edited_is_found(root, llpt):
    assert llpt("verify", root)[0] == 0
    path = root / "results/bridge.json"
    text = path.read_text(encoding="utf-8")
    found = json.loads(text)
    found["states"][0]["difference"]["value"]["value"] += 0.01
    path.write_text(json.dumps(found), encoding="utf-8")
    code, said, _ = llpt("verify", root)
    path.write_text(text, encoding="utf-8")
    assert code != 0
    assert "states[0].difference.value.value" in " ".join(said.split())


@pytest.mark.slow
def test_what_is_wrong_stands_in_the_verdict_by_name_and_an_edit_of_it_is_found(root, llpt):
    path = root / "results/verdict.json"
    text = path.read_text(encoding="utf-8")
    verdict = json.loads(text)
    found = {(each["cause"], each["side"]): each for each in verdict["diagnoses"]}
    for side in ("reference", "surrogate"):
        for cause in ("forces against the energy", "pressure against the energy"):
            assert found[cause, side]["presence"] == "absent", found[cause, side]
    assert abs(found["size of the forces", "surrogate"]["size"]["value"]) > 1.0  # the other core is a little wider
    assert found["mass of the atoms", "both"]["presence"] == "absent"
    assert "forces against the energy" in llpt("audit", root)[1]
    found["size of the forces", "surrogate"]["size"]["value"] = 0.0
    path.write_text(json.dumps(verdict), encoding="utf-8")
    code, said, _ = llpt("verify", root)
    path.write_text(text, encoding="utf-8")
    assert code != 0
    assert "verdict, stored and recomputed: differ: diagnoses" in " ".join(said.split())


@pytest.mark.slow
def test_a_label_that_was_edited_is_found(root, llpt):
    path = next((root / "labels/bridge").rglob("labels.extxyz"))
    text = path.read_text(encoding="utf-8")
    found = []
    for damage in (lambda energy: f"{float(energy) + 0.001:.6f}", lambda energy: f"1{energy}-"):
        path.write_text(
            re.sub(r"(?<=free_energy=)(\S+)", lambda at, d=damage: d(at[0]), text, count=1), encoding="utf-8"
        )
        code, said, _ = llpt("verify", root)
        found.append((code, " ".join(said.split())))
    path.write_text(text, encoding="utf-8")
    for code, said in found:
        assert code == 1
        assert "what it left, ledger and disk" in said


@pytest.mark.slow
def test_without_trajectories_what_rests_on_them_cannot_be_told_and_the_rest_is_checked(root, llpt, tmp_path):
    """The labels of the run itself lie in its trajectory: neither a mismatch nor a pass is known of the kelvins."""
    packed = tmp_path / "soft.zip"
    assert llpt("archive", root, "--without-trajectories", "--out", packed)[0] == 0
    code, said, _ = llpt("verify", packed)
    said = " ".join(said.split())
    assert code == 1
    assert "mismatch" not in said
    assert said.count("cannot be told:") == 1
    assert "cannot be told: study: free energies and kelvins, stored and recomputed: results/bridge.json" in said
    assert "rest on the trajectories that the archive was packed without" in said
    with opened(packed) as unpacked:
        verdict = unpacked / "results/verdict.json"
        document = json.loads(verdict.read_text(encoding="utf-8"))
        labels = next((unpacked / "labels/budget").rglob("labels.extxyz"))
        document["reasons"] = document["reasons"][1:]
        verdict.write_text(json.dumps(document), encoding="utf-8")
        labels.write_text(labels.read_text(encoding="utf-8") + " ", encoding="utf-8")
        differing = {(each.subject, each.what) for each in verify(unpacked) if not each.passed and each.can_be_told}
    assert differing == {
        ("study", "files, archive and disk"),
        ("study", "verdict, stored and recomputed"),
        (labels.parent.relative_to(unpacked).as_posix(), "what it left, ledger and disk"),
    }
