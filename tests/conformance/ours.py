"""Our host over an app, in the words of worker.py: python -m tests.conformance.ours APP REPORT"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from sandbox.host.app import FunctionsApp, Invocation
from sandbox.host.settings import HostConfigError


def main() -> None:
    folder, report = Path(sys.argv[1]), Path(sys.argv[2])
    calls = json.load(sys.stdin)
    result: dict[str, Any]
    try:
        app = FunctionsApp.load(folder)
    except HostConfigError as error:
        result = {"refused": str(error), "functions": [], "outcomes": []}
    else:
        outcomes = [_outcome(app, call) for call in calls]
        result = {"refused": "", "functions": sorted(app.functions), "outcomes": outcomes}
    report.write_text(json.dumps(result))


def _outcome(app: FunctionsApp, call: Mapping[str, Any]) -> dict[str, Any]:
    try:
        invocation = _invoke(app, call)
    except Exception as error:  # whatever the function raised
        return {"error": f"{type(error).__name__}: {error}"}
    messages = [str(text) for write in invocation.writes for text in write.messages]
    return {"messages": messages, "answer": _answer(invocation)}


def _invoke(app: FunctionsApp, call: Mapping[str, Any]) -> Invocation:
    if "path" in call:
        headers = [(name, text) for name, text in call.get("headers", [])]
        body = call.get("body", "").encode()
        url = f"http://localhost{call['path']}"
        return app.invoke_http(call["method"], url, headers, body)
    if "text" in call:
        return app.invoke_queue(call["function"], call["text"], call.get("dequeue_count", 1))
    return app.invoke_timer(call["function"], past_due=call.get("past_due", False))


def _answer(invocation: Invocation) -> dict[str, Any] | None:
    if not invocation.answer:
        return None
    given = invocation.answer
    headers = {name.lower(): text for name, text in given.headers if name != "Set-Cookie"}
    cookies = [
        [name, unquote(morsel.value)]
        for key, text in given.headers
        if key == "Set-Cookie"
        for name, morsel in SimpleCookie(text).items()
    ]
    body = given.body.decode("latin-1")
    return {"status": given.status, "body": body, "headers": headers, "cookies": cookies}


if __name__ == "__main__":
    main()
