"""Drives Microsoft's own worker library over an app: python -m tests.conformance.worker APP REPORT

The library keeps one app per process, so this is a process. It reads what to invoke as JSON from
standard input and writes what came of it as JSON to REPORT. The requests get what the real host
puts on the wire (sandbox/host/wire.py).
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import azure_functions_runtime as library
from azure.functions.meta import Datum

from sandbox.host.routes import Route
from sandbox.host.settings import load_host_settings
from sandbox.host.wire import QueueItem, http_datum, queue_datum, timer_datum
from tests.conformance import protos
from tests.conformance.protos import Message, StatusResult, TypedData


def main() -> None:
    folder, report = Path(sys.argv[1]).resolve(), Path(sys.argv[2])
    # With these the library believes that it runs in Linux Consumption.
    for name in ("CONTAINER_NAME", "WEBSITE_INSTANCE_ID"):
        os.environ.pop(name, None)
    sys.path.insert(0, str(folder))
    library.start_threadpool_executor()
    result = asyncio.run(_drive(folder, json.load(sys.stdin)))
    library.stop_threadpool_executor()
    report.write_text(json.dumps(result))


async def _drive(folder: Path, calls: list[dict[str, Any]]) -> dict[str, Any]:
    started = await library.worker_init_request(
        _request(worker_init_request=Message(capabilities={}, function_app_directory=str(folder)))
    )
    if started.result.status != StatusResult.Success:
        return {"refused": started.result.exception.message, "functions": [], "outcomes": []}
    answer = await library.functions_metadata_request(_request())
    functions = {one.name: one for one in answer.function_metadata_results}
    for one in functions.values():
        loaded = await library.function_load_request(
            _request(function_load_request=Message(function_id=one.function_id))
        )
        assert loaded.result.status == StatusResult.Success
    prefix = load_host_settings(folder).route_prefix
    outcomes = [await _invoke(functions[call["function"]], call, prefix) for call in calls]
    return {"refused": "", "functions": sorted(functions), "outcomes": outcomes}


def _request(**kinds: Any) -> Message:
    return Message(request=Message(**kinds), properties={"host": "127.0.0.1", "protos": protos})


async def _invoke(function: Any, call: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    raw = [json.loads(binding) for binding in function.raw_bindings]
    trigger = next(binding for binding in raw if binding["type"].endswith("Trigger"))
    datum, metadata = _input(function.name, trigger, call, prefix)
    answer = await library.invocation_request(
        _request(
            invocation_request=Message(
                invocation_id=str(uuid.uuid4()),
                function_id=function.function_id,
                input_data=[protos.ParameterBinding(name=trigger["name"], data=_typed(datum))],
                trigger_metadata={name: _typed(value) for name, value in metadata.items()},
                trace_context=Message(trace_parent="", trace_state="", attributes={}),
                retry_context=Message(retry_count=0, max_retry_count=0, exception=None),
            )
        )
    )
    if answer.result.status != StatusResult.Success:
        return {"error": answer.result.exception.message}
    messages = [text for out in answer.output_data for text in _messages(out.data)]
    return {"messages": messages, "answer": _answer(answer.return_value)}


def _input(
    name: str, trigger: Mapping[str, Any], call: Mapping[str, Any], prefix: str
) -> tuple[Datum, dict[str, Datum]]:
    if trigger["type"] == "queueTrigger":
        return queue_datum(QueueItem(call["text"], dequeue_count=call.get("dequeue_count", 1)))
    if trigger["type"] == "timerTrigger":
        return timer_datum(past_due=call.get("past_due", False)), {}
    template = "/".join(part for part in (prefix, trigger.get("route", name)) if part)
    url = f"http://localhost{call['path']}"
    params = Route(template).match(call["path"].partition("?")[0])
    assert params is not None, f"{call['path']} is no path of {name}"
    headers = [(key, value) for key, value in call.get("headers", [])]
    return http_datum(call["method"], url, headers, call.get("body", "").encode(), params), {}


def _typed(datum: Datum) -> TypedData:
    if datum.type != "http":
        return TypedData(**{str(datum.type): datum.value})
    value = datum.value
    plain = {
        name: {key: part.value for key, part in value[name].items()}
        for name in ("headers", "params", "query")
    }
    body = TypedData(bytes=value["body"].value)
    method, url = value["method"].value, value["url"].value
    return TypedData(http=Message(method=method, url=url, body=body, **plain))


def _messages(data: TypedData) -> list[str]:
    kind = data.WhichOneof("data")
    if kind == "json":
        return [str(text) for text in json.loads(data.json)]
    return [str(getattr(data, str(kind)))]


def _answer(data: TypedData | None) -> dict[str, Any] | None:
    if data is None:
        return None
    if data.WhichOneof("data") == "string":
        # The type is what the host adds to a plain text.
        headers = {"content-type": "text/plain; charset=utf-8"}
        return {"status": 200, "body": data.string, "headers": headers, "cookies": []}
    answer = data.http
    return {
        "status": int(answer.status_code),
        "body": answer.body.bytes.decode("latin-1"),
        "headers": {name.lower(): text for name, text in answer.headers.items()},
        "cookies": [[cookie.name, cookie.value] for cookie in answer.cookies or []],
    }


if __name__ == "__main__":
    main()
