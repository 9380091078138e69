"""What stands under the help of each command: examples that work as they stand, and the page that tells more."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Guide:
    """How a command is used.

    Args:
        examples: commands, each whole.
        page: of the documentation in a copy of the repository; after # the heading.
    """

    examples: tuple[str, ...]
    page: str

    @property
    def epilogue(self) -> str:
        """The text under the help, one paragraph a line."""
        return "\n\n".join(("Examples:", *(f"[bold]{each}[/]" for each in self.examples), f"More: {self.page}"))


GUIDES = {
    "init": Guide(
        (
            "llpt init study.toml",
            "llpt init study.toml --atoms 64",
            "llpt init study.toml --from vasp-runs --from mace:my.model",
        ),
        "docs/study-file.md",
    ),
    "plan": Guide(("llpt plan examples/quick.toml", "llpt plan examples/karasiev2021.toml --all"), "docs/start.md"),
    "run": Guide(
        ("llpt run examples/quick.toml", "llpt run study.toml --out results --only 'dft/N256/*' --stop-after 3h"),
        "docs/study-file.md",
    ),
    "status": Guide(("llpt status quick", "llpt status quick --web"), "docs/report.md#while-a-campaign-runs"),
    "analyse": Guide(("llpt analyse quick", "llpt analyse results/karasiev2021"), "docs/analysis.md"),
    "report": Guide(("llpt report quick --pdf", "LLPT_STYLE=mine.mplstyle llpt report quick"), "docs/report.md"),
    "audit": Guide(
        ("llpt audit study", "llpt audit study --reference vasp-pbe --surrogate mace --json"), "docs/verdict.md"
    ),
    "audit verdict": Guide(
        ("llpt audit verdict study", "llpt audit verdict study --reference dft --surrogate model"), "docs/verdict.md"
    ),
    "audit electronic-temperature": Guide(
        (
            "llpt audit electronic-temperature run -o electrons --option xc=scan-l --option ecut_ry=60",
            "llpt audit electronic-temperature a.extxyz -o electrons --from-k 500 --to-k 3000 --grid-k 250",
        ),
        "docs/audit.md#electronic-temperature",
    ),
    "audit transfer": Guide(
        (
            "llpt audit transfer liquids.extxyz -e model:potential --trained labels.extxyz -o transfer",
            "llpt audit transfer large.extxyz -e model:one -e model:two --trained a.extxyz --trained b.extxyz -o two",
        ),
        "docs/audit.md#transfer",
    ),
    "audit-model": Guide(
        (
            "llpt audit-model mace:my.model vasp-runs -o audit --label 'VASP PBE'",
            "llpt audit-model n2p2:potential vasp-runs -o audit --dry-run",
        ),
        "docs/howto/audit-vasp.md",
    ),
    "certify": Guide(("llpt certify quick", "llpt certify audit"), "docs/importing.md#audit-and-verification"),
    "explain": Guide(("llpt explain study", "llpt explain study --json > why.json"), "docs/audit.md"),
    "verify": Guide(
        ("llpt verify quick", "llpt verify study.tar.gz --all"), "docs/importing.md#audit-and-verification"
    ),
    "archive": Guide(
        (
            "llpt archive quick",
            "llpt archive quick --without-trajectories --without-potentials --out quick-small.zip",
        ),
        "docs/importing.md#audit-and-verification",
    ),
    "import": Guide(
        (
            "llpt import XDATCAR OUTCAR -o study --role reference --label 'VASP PBE' -T 900 -P 200",
            "llpt import frames.extxyz -o study --role surrogate --label MACE -T 900 -P 200 --timestep-fs 2.5",
            "llpt import vasp-runs -o study --role reference --label 'VASP PBE' --dry-run",
        ),
        "docs/importing.md",
    ),
    "export": Guide(
        (
            "llpt export vasp examples/karasiev2021.toml -o vasp-runs",
            "llpt export cp2k study.toml -o cp2k-runs --template slurm.sh",
        ),
        "docs/howto/export-vasp.md",
    ),
    "evaluate": Guide(
        (
            "llpt evaluate in.extxyz --engine dft -o out.extxyz --option ecut_ry=60 --option kpoints=mean-value",
            "llpt evaluate in.extxyz --engine model:potential -o out.extxyz",
            "llpt evaluate labelled.extxyz --engine mace:my.model --compare -o errors.pdf",
        ),
        "docs/engines.md",
    ),
    "md": Guide(
        (
            "llpt md start.extxyz -e dft -T 1000 -P 200 -n 1000 --seed 1 -o run",
            "llpt md start.extxyz -e model:potential --ensemble nvt -T 900 -n 5000 --seed 2 -o run",
        ),
        "docs/dynamics.md",
    ),
    "optics": Guide(
        (
            "llpt optics run --frames 8 --option kpoints=4x4x4",
            "llpt optics snapshots.extxyz -o spectrum --bands 60 --broadening-ev 0.3",
        ),
        "docs/dft.md#optical-conductivity",
    ),
    "train": Guide(
        (
            "llpt train quick/runs/dft/N32/P100/T1600 quick/runs/dft/N32/P100/T2200 -o potential --discard 200",
            "llpt train --recipe active --option kpoints=spacing:0.74 -o potential",
        ),
        "docs/potentials.md#training",
    ),
    "schema": Guide(
        ("llpt schema study", "llpt schema verdict > verdict.schema.json"), "docs/study-file.md#in-an-editor"
    ),
    "doctor": Guide(("llpt doctor", "llpt doctor --no-trials"), "docs/engines.md"),
}


def guide_of_export(program: str) -> Guide:
    """Return that of ``llpt export PROGRAM --help``."""
    examples = (
        f"llpt export {program} study.toml -o {program}-runs",
        f"llpt export {program} study -o {program}-runs --template slurm.sh",
    )
    return Guide(examples, GUIDES["export"].page)
