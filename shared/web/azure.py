"""Between Azure's requests and ours: the one thing that a page's blueprint calls."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

import azure.functions as func

from shared.config import BadSetting
from shared.core.reasons import Refusal
from shared.web.entry import AdminHandler, Handler, refuse, serve, unusable
from shared.web.plain import Plain
from shared.web.visit import Visit, lower, read_cookies, read_form
from shared.wiring import current


def answer(
    req: func.HttpRequest, *, public: Handler | None = None, admin: AdminHandler | None = None
) -> func.HttpResponse:
    """Answer a request by `serve`, whatever it holds."""
    bare = _visit(req, {})
    try:
        wiring = current()
    except BadSetting as error:
        return _response(unusable(error, bare))
    try:
        visit = _visit(req, _form(req))
    except Refusal as refusal:
        return _response(refuse(wiring, bare, refusal))
    return _response(serve(wiring, visit, public=public, admin=admin))


def _visit(req: func.HttpRequest, form: dict[str, str]) -> Visit:
    headers = lower(req.headers.items())
    return Visit(
        method=req.method,
        path=unquote(urlsplit(req.url).path),
        route=dict(req.route_params),
        query=dict(req.params),
        headers=headers,
        form=form,
        cookies=read_cookies(headers.get("cookie", "")),
    )


def _form(req: func.HttpRequest) -> dict[str, str]:
    if req.method != "POST":
        return {}
    return read_form(req.headers.get("content-type", ""), req.get_body())


def _response(plain: Plain) -> func.HttpResponse:
    response = func.HttpResponse(plain.body, status_code=plain.status)
    for name, value in plain.headers:
        # A second header of a name is added: Azure's library reads all Set-Cookie headers.
        response.headers.add(name, value)
    return response
