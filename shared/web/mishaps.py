"""What becomes of a visit that did not go well: a line for the log, and a page that helps."""

from __future__ import annotations

import json
import logging
import re

from shared.core import reasons
from shared.core.errors import Failure, NewerSchema, Permanent
from shared.core.reasons import Refusal
from shared.web import places
from shared.web.answers import Cookie, Page, Redirect
from shared.web.visit import Visit

_logger = logging.getLogger("webex_teams_to_groups")
_SILENT = "provider_silent"
_WORD = re.compile(r"[a-z][a-z.-]{1,19}")


def refused(
    refusal: Refusal, where: str, organization: str = "", cookies: tuple[Cookie, ...] = ()
) -> Redirect:
    """where: see `place`. To a page of its own, so that a reload repeats nothing."""
    _write(
        "refused", code=refusal.code, detail=refusal.detail, path=where, organization=organization
    )
    return Redirect(places.refused(refusal.code, where), cookies)


def failed(failure: Failure, where: str, organization: str) -> Redirect:
    """A call to a provider failed and nobody behind this knew better."""
    code = failure.code if isinstance(failure, Permanent | NewerSchema) else _SILENT
    code = code if code in reasons.codes() else _SILENT
    _write(
        "page_failed",
        code=code,
        path=where,
        organization=organization,
        error=str(failure),
        trace=failure.where.trace,
    )
    return Redirect(f"/refused/{code}")


def unusable(error: Exception, where: str) -> Page:
    """A setting is missing or wrong: the message names it and holds no secret."""
    _write("bad_setting", path=where, error=str(error))
    return Page("problem.html", {"setting": str(error), "reference": ""}, 500)


def broken(error: Exception, where: str, reference: str) -> Page:
    """A mistake of ours. The log has all of it, the page only what to ask for.

    The exception's text stays out of the log: nobody knows what is in it.
    """
    frames = _frames(error)
    _write("page_broken", path=where, reference=reference, error=type(error).__name__, at=frames)
    return Page("problem.html", {"setting": "", "reference": reference}, 500)


def place(visit: Visit) -> str:
    """The path for the log: the words of our own routes. Anything else may be a hand-over's token,
    or a spoiled one."""
    parts = visit.path.split("/")
    return "/".join(part if not part or _WORD.fullmatch(part) else "…" for part in parts[:8])


def _frames(error: Exception) -> list[str]:
    from traceback import extract_tb

    return [f"{f.filename}:{f.lineno} {f.name}" for f in extract_tb(error.__traceback__)[-6:]]


def _write(event: str, **facts: object) -> None:
    line = {"event": event, **{name: fact for name, fact in facts.items() if fact != ""}}
    _logger.warning("%s", json.dumps(line, default=str, ensure_ascii=False))
