"""``llpt schema``: what editors and other programs check study files, verdicts and model cards by."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import Annotated, Any

import typer

SCHEMA_FILE = "llpt-study.schema.json"
"""What ``llpt init`` calls the schema beside a study file, whose first line names it."""


class Described(StrEnum):
    """A kind of file that has a schema."""

    STUDY = "study"
    VERDICT = "verdict"
    MODEL_CARD = "model-card"


def schema(
    of: Annotated[Described, typer.Argument(help="Which files it describes.")] = Described.STUDY,
) -> None:
    """Print the JSON schema of study files, verdicts or model cards, by which editors complete and check."""
    typer.echo(schema_text(of), nl=False)


def schema_text(kind: Described) -> str:
    """Return the schema of a kind of file as the text of a JSON file."""
    return json.dumps(schema_of(kind), indent=1, ensure_ascii=False) + "\n"


def schema_of(kind: Described) -> dict[str, Any]:
    """Return the JSON schema (Draft 4) of a kind of file; ``x-format`` is the number of the format it describes.

    A schema tells types, ranges and unknown keys; what depends on several keys is checked when a file is read.
    """
    from llpt.json_schema import json_schema  # noqa: PLC0415 - start-up time of the other commands

    match kind:
        case Described.STUDY:
            from llpt.study.file import STUDY_FILE_FORMAT, StudyFile  # noqa: PLC0415

            return json_schema(StudyFile, title="Study file of llpt", version=STUDY_FILE_FORMAT, null=False)
        case Described.VERDICT:
            from llpt import audit  # noqa: PLC0415

            return json_schema(audit.Verdict, title="Verdict of llpt", version=audit.VERDICT_FORMAT, named_numbers=True)
        case Described.MODEL_CARD:
            from llpt.mlp.training import card  # noqa: PLC0415

            return json_schema(card.ModelCard, title="Model card of llpt", version=card.MODEL_CARD_FORMAT)
