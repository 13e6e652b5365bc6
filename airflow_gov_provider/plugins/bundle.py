"""The React bundle: where Airflow's UI finds it, and on which pages it shows it.

Airflow loads the bundle as a module and takes the component from ``globalThis[name]``. All entries
have one name and one address, since a browser runs a module once however often it is asked for.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fastapi import APIRouter, Response

NAME = "Governance"
PREFIX = "/governance"

_WWW = Path(__file__).parent / "www"
_MAIN = _WWW / "dist" / "main.js"
_ICONS = ("icon.svg", "icon_dark.svg")
# The name after /plugin/; links between the pages are built on the first (components/paths.ts).
_PLACES = {
    "nav": "governance",
    "dag": "governance_dag",
    "dag_run": "governance_run",
    "task_instance": "governance_task",
}
_NOT_BUILT = """\
globalThis.Governance = function Governance() {
  return globalThis.React.createElement(
    "p",
    { role: "alert", style: { padding: "1rem" } },
    "The Governance pages are not built in this installation. In a checkout, run `make install`; " +
      "an installed package carries them, so install it again.",
  );
};
"""

_log = logging.getLogger(__name__)


def react_apps() -> list[dict[str, Any]]:
    """Entries for ``AirflowPlugin.react_apps``: one in the navigation, and a tab a page."""
    return [_entry(destination, route) for destination, route in _PLACES.items()]


def _entry(destination: str, route: str) -> dict[str, Any]:
    version, root = _version(), PREFIX.removeprefix("/")
    entry = {
        "name": NAME,
        "bundle_url": f"{root}/ui/main.js?v={version}",
        "destination": destination,
        "url_route": route,
        "icon": f"{root}/ui/icon.svg?v={version}",
        "icon_dark_mode": f"{root}/ui/icon_dark.svg?v={version}",
    }
    return entry | ({"nav_top_level": True} if destination == "nav" else {})


@cache
def _version() -> str:
    """Of what is served, so that a browser never shows the pages of an older installation."""
    return hashlib.sha256(_main()).hexdigest()[:12]


@cache
def _main() -> bytes:
    """As it was when this process first asked, so that its version and what is served agree."""
    try:
        return _MAIN.read_bytes()
    except FileNotFoundError:
        _log.error("%s is missing: the Governance pages were not built", _MAIN)
        return _NOT_BUILT.encode()


def router() -> APIRouter:
    """What serves the bundle and its icons, to whoever is signed in.

    A browser keeps an answer for as long as its address names that version.
    """
    from fastapi import APIRouter

    files = APIRouter(prefix="/ui", include_in_schema=False)
    files.add_api_route("/main.js", _serve(_main, "text/javascript"))
    for name in _ICONS:
        files.add_api_route(f"/{name}", _serve((_WWW / name).read_bytes, "image/svg+xml"))
    return files


def _serve(read: Callable[[], bytes], media_type: str) -> Callable[[], Response]:
    from fastapi import Response

    content, headers = read(), {"Cache-Control": "private, max-age=31536000, immutable"}

    def file() -> Response:
        return Response(content, media_type=f"{media_type}; charset=utf-8", headers=headers)

    return file
