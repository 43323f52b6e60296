"""GET /activity, POST /activity/retry, POST /activity/replay."""

from __future__ import annotations

import azure.functions as func

blueprint = func.Blueprint()  # type: ignore[no-untyped-call]


@blueprint.function_name("activity")
@blueprint.route("activity", methods=["GET"])
def activity(req: func.HttpRequest) -> func.HttpResponse:
    from functions.activity.handler import show
    from shared.web.azure import answer

    return answer(req, admin=show)


@blueprint.function_name("activity_retry")
@blueprint.route("activity/retry", methods=["POST"])
def activity_retry(req: func.HttpRequest) -> func.HttpResponse:
    from functions.activity.handler import retry
    from shared.web.azure import answer

    return answer(req, admin=retry)


@blueprint.function_name("activity_replay")
@blueprint.route("activity/replay", methods=["POST"])
def activity_replay(req: func.HttpRequest) -> func.HttpResponse:
    from functions.activity.handler import replay
    from shared.web.azure import answer

    return answer(req, admin=replay)
