"""Where commands look for a study: arguments that several of them take."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Directory = Annotated[Path, typer.Argument(metavar="DIR", help="The directory of a study.", show_default=False)]
