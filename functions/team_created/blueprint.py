"""POST /webhooks/{organization}/{version}/rooms. The nudge leaves through the output binding."""

from __future__ import annotations

import json
import logging
import re
from functools import lru_cache

import azure.functions as func

from functions.team_created.handler import receive
from shared.config import current

blueprint = func.Blueprint()  # type: ignore[no-untyped-call]
_logger = logging.getLogger("webex_teams_to_groups")
# Whoever signs may still write anything into a header.
_UNFIT = re.compile(r"[^A-Za-z0-9_.:-]")


@lru_cache(maxsize=8)
def _say_once(scheme: str) -> None:
    _logger.info("webhook signatures verify by %s", scheme)


@blueprint.function_name("team_created")
@blueprint.route("webhooks/{organization}/{version}/rooms", methods=["POST"])
@blueprint.queue_output("nudge", "nudges", "AzureWebJobsStorage")
def team_created(req: func.HttpRequest, nudge: func.Out[str]) -> func.HttpResponse:
    answer = receive(
        current(),
        req.route_params.get("organization", ""),
        req.route_params.get("version", ""),
        {name.lower(): value for name, value in req.headers.items()},
        req.get_body(),
    )
    if answer.scheme:
        _say_once(answer.scheme)
    if answer.nudge is not None:
        # Before it is on the queue: by this line a delivery of Webex is found again.
        line = {"event": "delivery", "correlation": answer.correlation}
        trace = req.headers.get("trackingid", "")
        _logger.info("%s", json.dumps({**line, "trace": _UNFIT.sub("", trace)[:100]}))
        nudge.set(answer.nudge)
    return func.HttpResponse(answer.text, status_code=answer.status, mimetype="text/plain")
