"""Every module that writes is tried on a disk that refuses: one that is added must name the test that does so."""

import ast
from pathlib import Path

import pytest

import llpt

ROOT = Path(llpt.__file__).parent
TESTS = Path(__file__).parent

WRITERS = {
    *("write_atomically", "atomic_stream", "atomic_text", "atomic_directory", "put_directory", "append_text"),
    *("open_to_append", "make_directory", "make_scratch", "scratch_directory", "copy"),
}
"""What ``llpt.files`` offers to those who write."""

PRODUCTS = "test_products.py"
STUDIES = "test_products_of_studies.py"
TABLE = {
    "audit/verdict.py": (PRODUCTS, "test_verdict"),
    "cli/auditing_models.py": (STUDIES, "test_errors_of_an_audited_model"),
    "cli/electronic_temperature.py": (STUDIES, "test_electronic_temperatures"),
    "cli/transfer.py": (STUDIES, "test_errors_outside_of_the_training"),
    "cli/planning.py": (PRODUCTS, "test_study_file"),
    "dft/calculator.py": (PRODUCTS, "test_state_of_the_dft_engine_and_optics"),
    "dft/generate_pseudopotentials.py": (PRODUCTS, "test_pseudopotentials"),
    "dynamics/ase_integrator.py": (PRODUCTS, "test_checkpoint_of_a_run"),
    "dynamics/checkpoint.py": (PRODUCTS, "test_checkpoint_of_a_run"),
    "dynamics/ipi_integrator.py": (STUDIES, "test_state_of_ipi"),
    "dynamics/run_directory.py": (PRODUCTS, "test_lock_and_log_of_a_run"),
    "engines/abinit.py": ("engines/test_abinit.py", "test_input_and_log_on_a_disk_that_refuses"),
    "engines/cp2k_engine.py": ("engines/test_cp2k.py", "test_input_and_log_on_a_disk_that_refuses"),
    "engines/one_run.py": ("engines/test_cp2k.py", "test_input_and_log_on_a_disk_that_refuses"),
    "engines/electrons.py": (STUDIES, "test_electronic_temperatures"),
    "engines/espresso_engine.py": (STUDIES, "test_state_of_pw_x"),
    "engines/espresso_process.py": ("engines/test_optional.py", "test_input_and_logs_of_pw_x_on_a_disk_that_refuses"),
    "engines/espresso.py": (PRODUCTS, "test_pseudopotentials"),
    "engines/evaluation.py": (PRODUCTS, "test_labelled_frames"),
    "engines/vasp.py": ("engines/test_optional.py", "test_a_full_disk_under_vasp_is_no_failure_of_the_engine"),
    "learning/recipes.py": (PRODUCTS, "test_recipe"),
    "mlp/fitting/checkpoint.py": (PRODUCTS, "test_checkpoint_of_a_fit"),
    "mlp/potential/files.py": (PRODUCTS, "test_potential"),
    "mlp/training/card.py": (PRODUCTS, "test_model_card"),
    "observables/optics.py": (PRODUCTS, "test_state_of_the_dft_engine_and_optics"),
    "observables/summary.py": (PRODUCTS, "test_averages_of_a_run"),
    "report/drawing.py": (PRODUCTS, "test_figure"),
    "report/figure_data.py": (STUDIES, "test_numbers_of_a_figure_methods_and_table_of_runs"),
    "report/label_errors_figure.py": (STUDIES, "test_figure_of_errors_on_labels"),
    "report/methods.py": (STUDIES, "test_numbers_of_a_figure_methods_and_table_of_runs"),
    "report/page.py": ("report/test_page.py", "test_a_page_that_cannot_be_written_leaves_the_old_one"),
    "report/printing.py": (STUDIES, "test_printed_page"),
    "report/run_tables.py": (STUDIES, "test_numbers_of_a_figure_methods_and_table_of_runs"),
    "run_file.py": (PRODUCTS, "test_record_of_a_run"),
    "study/archive.py": (STUDIES, "test_archive"),
    "study/child.py": (STUDIES, "test_locks_logs_and_directories"),
    "study/explaining.py": (STUDIES, "test_explanation"),
    "study/export_cp2k.py": (STUDIES, "test_folders_for_other_programs"),
    "study/export_vasp.py": (STUDIES, "test_folders_for_other_programs"),
    "study/exporting.py": (STUDIES, "test_folders_for_other_programs"),
    "study/growing.py": (STUDIES, "test_growth"),
    "study/imported_changes.py": (STUDIES, "test_changes_of_imported_runs"),
    "study/imported_record.py": (PRODUCTS, "test_imported_runs"),
    "study/importing.py": (PRODUCTS, "test_imported_runs"),
    "study/inputs.py": (PRODUCTS, "test_study_with_its_inputs"),
    "study/job_files.py": (PRODUCTS, "test_job_outcome_and_progress"),
    "study/jobs.py": (PRODUCTS, "test_job_outcome_and_progress"),
    "study/layout.py": (PRODUCTS, "test_study_with_its_inputs"),
    "study/lock.py": (STUDIES, "test_locks_logs_and_directories"),
    "study/nodes/other_labels.py": (STUDIES, "test_labels_and_derivatives_of_another_engine"),
    "study/lines_table.py": (PRODUCTS, "test_table_of_lines"),
    "study/observables_table.py": (PRODUCTS, "test_table_of_observables"),
    "study/observing.py": (STUDIES, "test_locks_logs_and_directories"),
    "cli/trust.py": (STUDIES, "test_what_was_agreed_to_is_asked_again_where_it_cannot_be_kept"),
    "study/paces.py": (STUDIES, "test_paces_are_not_remembered_where_they_cannot_be"),
    "study/process.py": (STUDIES, "test_locks_logs_and_directories"),
    "study/stopping.py": (STUDIES, "test_a_stop_is_asked_for_on_a_disk_that_refuses"),
    "study/taking.py": ("study/test_taking.py", "test_a_disk_that_refuses_takes_no_run_in_part"),
    "study/verifying.py": (
        STUDIES,
        "test_a_full_disk_for_temporary_files_is_no_sign_that_a_study_was_changed",
    ),
    "study/worker.py": (STUDIES, "test_locks_logs_and_directories"),
    "trajectory/extxyz.py": (PRODUCTS, "test_exported_trajectory"),
    "trajectory/foreign/own.py": (STUDIES, "test_copied_trajectory"),
    "trajectory/master.py": (PRODUCTS, "test_whole_trajectory_and_its_table"),
    "trajectory/thermo.py": (PRODUCTS, "test_whole_trajectory_and_its_table"),
    "trajectory/writer.py": (PRODUCTS, "test_segments_of_a_trajectory"),
}
"""Module, and the test that has it write on a full disk and on one that is read-only."""


def imports_of(module):
    """Return what a module imports from where: pairs of module and name."""
    found = set()
    for node in ast.walk(ast.parse(module)):
        if isinstance(node, ast.ImportFrom):
            found |= {(node.module, alias.name) for alias in node.names}
        elif isinstance(node, ast.Import):
            found |= {(alias.name, "") for alias in node.names}
    return found


def test_every_module_that_writes_is_tried_on_a_disk_that_refuses():
    found = set()
    for path in ROOT.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        if path == ROOT / "files.py" or "files" not in text:
            continue
        imports = imports_of(text)
        assert not imports & {("llpt", "files"), ("llpt.files", "")}, f"{path}: import the writers by their names"
        if {name for module, name in imports if module == "llpt.files"} & WRITERS:
            found.add(path.relative_to(ROOT).as_posix())
    assert found == TABLE.keys()


@pytest.mark.parametrize(("file", "test"), sorted(set(TABLE.values())))
def test_the_tests_of_the_table_are_there(file, test):
    functions = {
        node.name: {argument.arg for argument in node.args.args}
        for node in ast.parse((TESTS / file).read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef)
    }
    assert "disk" in functions.get(test, ())
