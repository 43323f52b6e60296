"""GET and POST /settings; POST /settings/switch, /webhook, /disconnect and /leave under it."""

from __future__ import annotations

import azure.functions as func

blueprint = func.Blueprint()  # type: ignore[no-untyped-call]


@blueprint.function_name("settings")
@blueprint.route("settings", methods=["GET", "POST"])
def settings(req: func.HttpRequest) -> func.HttpResponse:
    from functions.settings.handler import save, show
    from shared.web.azure import answer

    return answer(req, admin=save if req.method == "POST" else show)


@blueprint.function_name("settings_switch")
@blueprint.route("settings/switch", methods=["POST"])
def settings_switch(req: func.HttpRequest) -> func.HttpResponse:
    from functions.settings.handler import switch
    from shared.web.azure import answer

    return answer(req, admin=switch)


@blueprint.function_name("settings_webhook")
@blueprint.route("settings/webhook", methods=["POST"])
def settings_webhook(req: func.HttpRequest) -> func.HttpResponse:
    from functions.settings.handler import try_webhook
    from shared.web.azure import answer

    return answer(req, admin=try_webhook)


@blueprint.function_name("settings_disconnect")
@blueprint.route("settings/disconnect", methods=["POST"])
def settings_disconnect(req: func.HttpRequest) -> func.HttpResponse:
    from functions.settings.handler import disconnect
    from shared.web.azure import answer

    return answer(req, admin=disconnect)


@blueprint.function_name("settings_leave")
@blueprint.route("settings/leave", methods=["POST"])
def settings_leave(req: func.HttpRequest) -> func.HttpResponse:
    from functions.settings.handler import leave
    from shared.web.azure import answer

    return answer(req, admin=leave)
