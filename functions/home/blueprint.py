"""GET /, /health, /style.css, /script.js, /icon.svg, /refused/{code}, and whatever is nowhere."""

from __future__ import annotations

import azure.functions as func

blueprint = func.Blueprint()  # type: ignore[no-untyped-call]


# An empty route is not served as such: https://github.com/Azure/Azure-Functions/issues/2473.
@blueprint.function_name("home")
@blueprint.route("{ignored:maxlength(0)?}", methods=["GET"])
def home(req: func.HttpRequest) -> func.HttpResponse:
    from functions.home.handler import card, welcome
    from shared.web.azure import answer

    return answer(req, public=welcome, admin=card)


@blueprint.function_name("health")
@blueprint.route("health", methods=["GET"])
def health(req: func.HttpRequest) -> func.HttpResponse:
    from functions.home.handler import health, health_at_desk
    from shared.web.azure import answer

    return answer(req, public=health, admin=health_at_desk)


@blueprint.function_name("style")
@blueprint.route("style.css", methods=["GET"])
def style(req: func.HttpRequest) -> func.HttpResponse:
    from functions.home.handler import style
    from shared.web.azure import answer

    return answer(req, public=style)


@blueprint.function_name("script")
@blueprint.route("script.js", methods=["GET"])
def script(req: func.HttpRequest) -> func.HttpResponse:
    from functions.home.handler import script
    from shared.web.azure import answer

    return answer(req, public=script)


@blueprint.function_name("icon")
@blueprint.route("icon.svg", methods=["GET"])
def icon(req: func.HttpRequest) -> func.HttpResponse:
    from functions.home.handler import icon
    from shared.web.azure import answer

    return answer(req, public=icon)


@blueprint.function_name("refused")
@blueprint.route("refused/{code}", methods=["GET"])
def refused(req: func.HttpRequest) -> func.HttpResponse:
    from functions.home.handler import refused, refused_at_desk
    from shared.web.azure import answer

    return answer(req, public=refused, admin=refused_at_desk)


# The last of all routes: every other is more particular. It also meets a reload of what was a POST.
@blueprint.function_name("lost")
@blueprint.route("{*path}", methods=["GET"])
def lost(req: func.HttpRequest) -> func.HttpResponse:
    from functions.home.handler import lost, lost_at_desk
    from shared.web.azure import answer

    return answer(req, public=lost, admin=lost_at_desk)
