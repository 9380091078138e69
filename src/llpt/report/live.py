"""A campaign in a browser while it runs: its runs as they stand, and its report, served read-only."""

from __future__ import annotations

import hmac
import ipaddress
import json
import math
import mimetypes
import secrets
import socket
import subprocess
import sys
import threading
import time
from collections import deque
from dataclasses import asdict, dataclass
from http import HTTPStatus
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, unquote, urlsplit

from llpt.campaign import short_name
from llpt.errors import StorageError
from llpt.study.outcome import State
from llpt.study.place import StudyPlace
from llpt.study.running_means import RunningMeans
from llpt.study.standing import counted_by_word, work_left_s
from llpt.study.standing_now import study_standing

if TYPE_CHECKING:
    from pathlib import Path

    from llpt.study.standing import RunStanding

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
COOKIE = "llpt-token"
OWN_FILES = {"/": ("live.html", "text/html"), "/page.css": ("page.css", "text/css")}
SERVED = frozenset({".html", ".pdf", ".png", ".csv", ".nc", ".md", ".tex", ".bib"})
"""Kinds of files of a report; nothing else is served."""
LEAST_S_BETWEEN_REPORTS = 60.0
ENDED = frozenset({State.DONE, State.FAILED, State.UNFINISHED})
LINES_KEPT = 6
"""So many last lines of a report that failed say why."""
LONGEST_WAIT_S = 10.0
"""For the last words of a process that has ended."""


@dataclass(frozen=True)
class LiveRun:
    """One node as the page shows it; None is what is not known.

    Args:
        name: which.
        state: what has become of it.
        reason: why; of one at work that is no run, what it does now.
        share_done: of its steps, 0 to 1.
        picoseconds_done: simulated.
        picoseconds: asked for.
        nanoseconds_per_day: its pace.
        temperature_k: mean over the steps that count; of this moment where they are too few.
        temperature_error_k: its error.
        temperature_asked_k: the thermostat's.
        pressure_gpa: as the temperature.
        pressure_error_gpa: its error.
        pressure_asked_gpa: the barostat's.
        density_g_per_cm3: as the temperature.
        density_error_g_per_cm3: its error.
        drift_mev_per_atom_ps: of the conserved quantity.
    """

    name: str
    state: str
    reason: str
    share_done: float | None
    picoseconds_done: float
    picoseconds: float
    nanoseconds_per_day: float | None
    temperature_k: float | None
    temperature_error_k: float | None
    temperature_asked_k: float | None
    pressure_gpa: float | None
    pressure_error_gpa: float | None
    pressure_asked_gpa: float | None
    density_g_per_cm3: float | None
    density_error_g_per_cm3: float | None
    drift_mev_per_atom_ps: float | None


class _Reporting:
    """A process that makes a report, and its last words.

    Args:
        root: the study's directory.
    """

    def __init__(self, root: Path) -> None:
        command = [sys.executable, "-c", "from llpt.cli import program; program()", "report", str(root)]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        self._words: deque[str] = deque(maxlen=LINES_KEPT)
        self._listener = threading.Thread(target=self._hear, daemon=True)
        self._listener.start()

    def _hear(self) -> None:
        """Read as long as the process says something: a full pipe would stop it."""
        assert self._process.stderr is not None  # it was asked for
        with self._process.stderr as stream:
            for line in stream:
                if text := line.decode(errors="replace").strip():
                    self._words.append(text)

    @property
    def at_work(self) -> bool:
        """Whether it has not ended."""
        return self._process.poll() is None

    @property
    def failure(self) -> str:
        """Why it failed; empty where it did not, or has not yet."""
        code = self._process.poll()
        if not code:
            return ""
        self._listener.join(LONGEST_WAIT_S)
        return " ".join(self._words) or f"It ended with exit code {code} and without a word."

    def end(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.wait()


class LiveStudy:
    """What the page asks for; means over what runs at work have written are kept for some seconds.

    Args:
        root: the study's directory.
        report: whether to make the report anew, in a process of its own, as runs are done.

    Raises:
        InputError: the directory holds no study.
    """

    def __init__(self, root: Path, *, report: bool = True) -> None:
        self.place = StudyPlace.found(root)
        self._report = report
        self._guard = threading.Lock()
        self._means = RunningMeans(self.place)
        self._reporting: _Reporting | None = None
        self._reported = (0.0, -1)

    def standing(self) -> str:
        """Return how the study stands as JSON."""
        with self._guard:
            found = study_standing(self.place.root)
            runs = found.runs if found else ()
            if self._report:
                self._keep_report(sum(run.entry.state in ENDED for run in runs))
            left, unknown = work_left_s(runs)
            at_work = max(1, sum(run.entry.state is State.RUNNING for run in runs))
            page = self.place.page
            return json.dumps(
                {
                    "name": self.place.root.name,
                    "at_work": bool(found and found.at_work),
                    "counts": counted_by_word(runs),
                    "picoseconds_done": sum(run.picoseconds_done for run in runs),
                    "picoseconds": sum(run.picoseconds for run in runs),
                    "seconds_left": left / at_work,
                    "of_unknown_pace": unknown,
                    "report_written": page.stat().st_mtime if page.is_file() else None,
                    "report_failed": self._reporting.failure if self._reporting else "",
                    "runs": [asdict(self._live(run)) for run in runs],
                },
                allow_nan=False,
            )

    def _live(self, run: RunStanding) -> LiveRun:
        entry = run.entry
        means = self._means.of(run)
        return LiveRun(
            name=short_name(entry.path),
            state=run.word,
            reason=entry.reason or run.doing,
            share_done=run.share_done,
            picoseconds_done=run.picoseconds_done,
            picoseconds=run.picoseconds,
            nanoseconds_per_day=_finite(run.nanoseconds_a_day),
            temperature_k=_finite(means.temperature_k),
            temperature_error_k=means.temperature_error_k,
            temperature_asked_k=run.temperature_k,
            pressure_gpa=_finite(means.pressure_gpa),
            pressure_error_gpa=means.pressure_error_gpa,
            pressure_asked_gpa=run.pressure_gpa,
            density_g_per_cm3=means.density_g_per_cm3,
            density_error_g_per_cm3=means.density_error_g_per_cm3,
            drift_mev_per_atom_ps=means.drift_mev_per_atom_ps,
        )

    def _keep_report(self, ended: int) -> None:
        """Make the report anew where runs were done or failed since, one process at a time."""
        when, of = self._reported
        if self._reporting is not None and self._reporting.at_work:
            return
        if ended and ended != of and time.monotonic() - when > LEAST_S_BETWEEN_REPORTS:
            self._reported = (time.monotonic(), ended)
            self._reporting = _Reporting(self.place.root)

    def close(self) -> None:
        """End what is still being made."""
        if self._reporting is not None:
            self._reporting.end()


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def _is_everywhere(host: str) -> bool:
    """Whether an address means all of this machine's, and so is none that a browser can be given."""
    try:
        return not host or ipaddress.ip_address(host).is_unspecified
    except ValueError:
        return False


class LiveServer(ThreadingHTTPServer):
    """Serves one study to browsers; nothing can be changed through it.

    Args:
        study: what is served.
        host: address to listen at; other than loopback a token is asked for.
        port: 0 takes any that is free.

    Raises:
        StorageError: the address cannot be listened at.
    """

    daemon_threads = True

    def __init__(self, study: LiveStudy, host: str = "127.0.0.1", port: int = 0) -> None:
        self.study = study
        self.token = "" if host in LOOPBACK else secrets.token_urlsafe(24)
        self.host = host
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        try:
            super().__init__((host, port), _Handler)
        except OSError as error:
            raise StorageError(
                f"{host}:{port} cannot be listened at: {error.strerror or error}.",
                "Give another --port, or stop what listens there.",
            ) from error

    @property
    def url(self) -> str:
        """Where a browser finds it, its token included."""
        name = socket.gethostname() if _is_everywhere(self.host) else self.host
        place = f"[{name}]" if ":" in name else name
        return f"http://{place}:{self.server_address[1]}/{f'?token={self.token}' if self.token else ''}"

    def server_close(self) -> None:
        """Stop listening, and what was being made for the page."""
        super().server_close()
        self.study.close()


class _Handler(BaseHTTPRequestHandler):
    server: LiveServer

    def do_GET(self) -> None:
        """Answer with the page, the standing, or a file of the report."""
        address = urlsplit(self.path)
        if not self._allowed(parse_qs(address.query).get("token", [""])[0]):
            self._send(
                HTTPStatus.FORBIDDEN, b"The address lacks the token that llpt status --web printed.", "text/plain"
            )
            return
        path = unquote(address.path)
        if path in OWN_FILES:
            name, kind = OWN_FILES[path]
            self._send(HTTPStatus.OK, files("llpt.report").joinpath(name).read_bytes(), f"{kind}; charset=utf-8")
        elif path == "/standing.json":
            self._send(HTTPStatus.OK, self.server.study.standing().encode(), "application/json")
        else:
            self._send_file(path)

    def _allowed(self, given: str) -> bool:
        """Return whether this request may see the study: on loopback by that name alone, elsewhere by its token."""
        token = self.server.token
        if not token:
            name = urlsplit(f"//{self.headers.get('Host', '')}").hostname
            return name in LOOPBACK  # a page of others that points its own name here gets nothing
        kept = SimpleCookie(self.headers.get("Cookie", "")).get(COOKIE)
        return any(hmac.compare_digest(token, each) for each in (given, kept.value if kept else ""))

    def _send_file(self, path: str) -> None:
        report = self.server.study.place.report
        target = (report / path.removeprefix("/report/")).resolve()
        fits = path.startswith("/report/") and target.is_relative_to(report.resolve()) and target.suffix in SERVED
        if not fits or not target.is_file():
            self._send(HTTPStatus.NOT_FOUND, b"There is no such page.", "text/plain")
            return
        kind = mimetypes.guess_type(target.name)[0] or "application/octet-stream"
        self._send(HTTPStatus.OK, target.read_bytes(), kind)

    def _send(self, status: HTTPStatus, content: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        if self.server.token and status is HTTPStatus.OK:
            self.send_header("Set-Cookie", f"{COOKIE}={self.server.token}; HttpOnly; SameSite=Strict; Path=/")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Say nothing: requests come every few seconds."""


def serve(root: Path, *, host: str = "127.0.0.1", port: int = 0, report: bool = True) -> LiveServer:
    """Return a server of a study that listens; the caller lets it serve and closes it.

    Args:
        root: the study's directory.
        host: address to listen at; other than loopback every request needs the token of ``LiveServer.url``.
        port: 0 takes any that is free.
        report: whether to make the report anew as runs are done.

    Raises:
        InputError: the directory holds no study.
        StorageError: the address cannot be listened at.
    """
    return LiveServer(LiveStudy(root, report=report), host, port)
