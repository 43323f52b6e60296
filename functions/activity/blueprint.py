"""GET /activity and POST /activity/retry, replay, held, unrefuse, direction, restore, find and
connect; GET and POST /activity/preview."""

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


@blueprint.function_name("activity_held")
@blueprint.route("activity/held", methods=["POST"])
def activity_held(req: func.HttpRequest) -> func.HttpResponse:
    from functions.activity.handler import decide
    from shared.web.azure import answer

    return answer(req, admin=decide)


@blueprint.function_name("activity_unrefuse")
@blueprint.route("activity/unrefuse", methods=["POST"])
def activity_unrefuse(req: func.HttpRequest) -> func.HttpResponse:
    from functions.activity.handler import drop_refusals
    from shared.web.azure import answer

    return answer(req, admin=drop_refusals)


@blueprint.function_name("activity_direction")
@blueprint.route("activity/direction", methods=["POST"])
def activity_direction(req: func.HttpRequest) -> func.HttpResponse:
    from functions.activity.handler import lead
    from shared.web.azure import answer

    return answer(req, admin=lead)


@blueprint.function_name("activity_restore")
@blueprint.route("activity/restore", methods=["POST"])
def activity_restore(req: func.HttpRequest) -> func.HttpResponse:
    from functions.activity.handler import restore
    from shared.web.azure import answer

    return answer(req, admin=restore)


@blueprint.function_name("activity_find")
@blueprint.route("activity/find", methods=["POST"])
def activity_find(req: func.HttpRequest) -> func.HttpResponse:
    from functions.activity.connecting import find
    from shared.web.azure import answer

    return answer(req, admin=find)


@blueprint.function_name("activity_connect")
@blueprint.route("activity/connect", methods=["POST"])
def activity_connect(req: func.HttpRequest) -> func.HttpResponse:
    from functions.activity.connecting import connect
    from shared.web.azure import answer

    return answer(req, admin=connect)


@blueprint.function_name("activity_preview")
@blueprint.route("activity/preview", methods=["GET", "POST"])
def activity_preview(req: func.HttpRequest) -> func.HttpResponse:
    from functions.activity.trials import act, show
    from shared.web.azure import answer

    return answer(req, admin=act if req.method == "POST" else show)
