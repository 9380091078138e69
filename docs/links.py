"""Ask every address outside this repository once whether it is there: ``python docs/links.py``.

Addresses are those of the pages, of the program's texts and papers, and of the examples. A DOI is there where doi.org
knows it: publishers refuse programs. Any other address is there unless it answers 404 or 410 or has no server; one that
refuses programs is counted apart, for a person to open. Without a network nothing is asked. The tests check the form of
the same addresses and ask none of them (``tests/test_links.py``).

Exit code 0: all are there. 1: some are not. 2: there is no network.
"""

from __future__ import annotations

import argparse
import json
import re
import socket
import sys
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from enum import StrEnum
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
EXTERNAL = re.compile(r"""(?:https?|ftp):[^\s<>"'`\])|]+|\bdoi:10\.[^\s<>"'`\])|]+""")
REFERENCES = ROOT / "src/llpt/report/references.json"
RESOLVER = "https://doi.org/"
IDENTIFIERS = ("http://www.w3.org/", "http://json-schema.org/", "https://w3id.org/")
"""Names of vocabularies that look like addresses."""
PATIENCE_S = 30.0
AT_ONCE = 4
GONE = {404, 410}


class Answer(StrEnum):
    """What asking an address came to."""

    THERE = "there"
    GONE = "not there"
    REFUSED = "does not answer programs"


def addresses() -> dict[str, str]:
    """Return each address outside with the file that names it first, DOIs as addresses of doi.org."""
    files = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/**/*.md")]
    files += [*ROOT.glob("src/**/*.py"), *ROOT.glob("examples/**/*.toml")]
    found: dict[str, str] = {}
    for path in sorted(files):
        for text in EXTERNAL.findall(path.read_text(encoding="utf-8")):
            found.setdefault(plain(text), path.relative_to(ROOT).as_posix())
    for paper in json.loads(REFERENCES.read_text(encoding="utf-8")):
        if paper.get("doi"):
            found.setdefault(f"{RESOLVER}{paper['doi']}", REFERENCES.relative_to(ROOT).as_posix())
    return {
        address: name for address, name in found.items() if "localhost" not in address and "127.0.0.1" not in address
    }


def plain(text: str) -> str:
    """Return an address without the end of the sentence that it stands in.

    >>> plain("doi:10.1103/PhysRevB.13.5188.")
    'https://doi.org/10.1103/PhysRevB.13.5188'
    """
    text = text.rstrip(".,;:")
    return f"{RESOLVER}{text.removeprefix('doi:')}" if text.startswith("doi:") else text


def can_be_asked(address: str) -> bool:
    """Whether an address is one of a place: no pattern, no name of a vocabulary.

    >>> can_be_asked("https://doi.org/{doi}")
    False
    """
    return not re.search(r"[{}\\]", address) and not address.startswith(IDENTIFIERS)


class _Stay(urllib.request.HTTPRedirectHandler):
    """Follow doi.org nowhere: that it leads on is the answer."""

    def redirect_request(self, req, *others):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN002, ANN202
        return None if req.full_url.startswith(RESOLVER) else super().redirect_request(req, *others)


def ask(address: str) -> Answer:
    """Ask one address once."""
    request = urllib.request.Request(address, headers={"User-Agent": "llpt docs/links.py"})  # noqa: S310
    try:
        with urllib.request.build_opener(_Stay).open(request, timeout=PATIENCE_S):
            return Answer.THERE
    except urllib.error.HTTPError as error:
        if error.code in GONE:
            return Answer.GONE
        return Answer.THERE if error.code in range(300, 400) else Answer.REFUSED
    except urllib.error.URLError as error:
        return Answer.GONE if isinstance(error.reason, socket.gaierror) else Answer.REFUSED
    except OSError:
        return Answer.REFUSED


def has_network() -> bool:
    """Whether the name of doi.org is known here."""
    try:
        socket.getaddrinfo("doi.org", 443)
    except OSError:
        return False
    return True


def main() -> int:
    """Ask all, say which do not answer, and return the exit code."""
    if not has_network():
        print("There is no network: no address was asked.", file=sys.stderr)
        return 2
    asked = {address: name for address, name in addresses().items() if can_be_asked(address)}
    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = dict(zip(asked, pool.map(ask, asked), strict=True))
    for address, answer in answers.items():
        if answer is not Answer.THERE:
            print(f"{answer}: {address} ({asked[address]})")
    counts = {answer: sum(each is answer for each in answers.values()) for answer in Answer}
    print(", ".join(f"{number} {answer}" for answer, number in counts.items()))
    return 1 if counts[Answer.GONE] else 0


if __name__ == "__main__":
    argparse.ArgumentParser(description=__doc__).parse_args()
    raise SystemExit(main())
