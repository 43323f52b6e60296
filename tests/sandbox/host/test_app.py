from __future__ import annotations

import json
from pathlib import Path

import pytest

from sandbox.host.app import FunctionsApp
from sandbox.host.binding import LoadError
from sandbox.host.settings import HostConfigError
from tests.sandbox.host.conftest import SAMPLE, app_of


def echoed(app: FunctionsApp, url: str, **given: object) -> dict[str, object]:
    answer = app.invoke_http("POST", url, **given).answer  # type: ignore[arg-type]
    assert answer
    assert answer.status == 203
    seen: dict[str, object] = json.loads(answer.body)
    return seen


def test_empty_query_parameters_are_dropped_and_repeated_ones_joined(sample: FunctionsApp) -> None:
    seen = echoed(sample, "/echo/x?a=1&b=&a=2%2C3&c")

    assert seen["params"] == {"a": "1,2,3"}


def test_header_names_are_lower_cased_and_repeated_ones_joined(sample: FunctionsApp) -> None:
    seen = echoed(
        sample, "/echo/x", headers=[("X-Spark-Signature", "a"), ("x-spark-signature", "b")]
    )

    assert seen["headers"] == {"x-spark-signature": "a,b"}


def test_a_body_of_unknown_length_does_not_arrive(sample: FunctionsApp) -> None:
    chunked = echoed(sample, "/echo/x", headers={"Transfer-Encoding": "chunked"}, body=b"lost")
    counted = echoed(sample, "/echo/x", headers={"Content-Length": "4"}, body=b"kept")
    implied = echoed(sample, "/echo/x", body=b"kept")

    assert (chunked["body"], counted["body"], implied["body"]) == ("", "kept", "kept")


def test_route_parameters_are_decoded_and_optional_ones_left_out(sample: FunctionsApp) -> None:
    assert echoed(sample, "/echo/a%20b/7")["route_params"] == {"first": "a b", "second": "7"}
    assert echoed(sample, "/ECHO/x")["route_params"] == {"first": "x"}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/nowhere"),
        ("DELETE", "/echo/x"),
        ("HEAD", "/echo/x"),
        ("GET", "/echo/x/not-a-number"),
        ("GET", "/echo/x/1/more"),
    ],
)
def test_what_no_route_answers_is_not_found(sample: FunctionsApp, method: str, path: str) -> None:
    answer = sample.invoke_http(method, path).answer

    assert answer
    assert answer.status == 404


def test_an_empty_route_can_be_served(sample: FunctionsApp) -> None:
    answer = sample.invoke_http("GET", "/").answer

    assert answer
    assert (answer.status, answer.body) == (200, b"home")
    assert answer.header("content-type") == "text/plain; charset=utf-8"


def test_outputs_are_handed_back_with_the_answer(sample: FunctionsApp) -> None:
    invocation = sample.invoke_http("POST", "/jobs", body=b"hello")

    assert invocation.answer
    assert invocation.answer.status == 202
    assert [write.messages for write in invocation.writes] == [("hello",)]
    assert invocation.writes[0].queue.startswith("work-")


def test_what_a_function_raises_reaches_the_caller_and_no_output_does(
    sample: FunctionsApp,
) -> None:
    with pytest.raises(ValueError, match="after the output was set"):
        sample.invoke_http("POST", "/jobs?fail=1", body=b"hello")


def test_cookies_are_written_as_the_real_host_writes_them(sample: FunctionsApp) -> None:
    answer = sample.invoke_http("GET", "/cookies").answer

    assert answer
    assert answer.body == b"\x00\xff"
    assert [value for name, value in answer.headers if name == "Set-Cookie"] == [
        "one=a%20b; path=/; secure; samesite=lax; httponly",
        "two=2; max-age=60",
    ]


def test_a_function_without_an_answer_fails(sample: FunctionsApp) -> None:
    with pytest.raises(TypeError, match='unsupported type "http" for Python type "NoneType"'):
        sample.invoke_http("GET", "/nothing")


def test_a_queue_function_sees_the_message_and_its_count(sample: FunctionsApp) -> None:
    invocation = sample.invoke_queue("do_work", '{"a": 1}', dequeue_count=2)

    (message,) = invocation.writes[0].messages
    assert json.loads(message)["text"] == '{"a": 1}'
    assert json.loads(message)["dequeue_count"] == 2


def test_an_async_function_runs_too(sample: FunctionsApp) -> None:
    assert sample.invoke_queue("do_poison", "x").writes[0].messages == ("poison: x",)


def test_a_list_output_is_one_message_each(sample: FunctionsApp) -> None:
    invocation = sample.invoke_timer("nightly", past_due=True)

    assert invocation.writes[0].messages == ("one", "past due: True")


def test_a_value_that_no_binding_takes_fails_the_invocation(sample: FunctionsApp) -> None:
    with pytest.raises(RuntimeError, match=r"without a \$return binding returned a non-None"):
        sample.invoke_queue("returns", "x")


def test_the_context_is_handed_over_where_it_is_asked_for(sample: FunctionsApp) -> None:
    answer = sample.invoke_http("GET", "/context").answer

    assert answer
    assert answer.body == b"with_context 36"


QUEUE = '@app.queue_trigger(arg_name="message", queue_name="q", connection="AzureWebJobsStorage")\n'
OUT = '@app.queue_output(arg_name="out", queue_name="q", connection="AzureWebJobsStorage")\n'
APP = "app = func.FunctionApp()\n"


REFUSED = [
    (
        APP + QUEUE + "def f(message: func.QueueMessage, extra): ...",
        "the following parameters are declared in Python but not in function.json: {'extra'}",
    ),
    (
        APP + OUT + QUEUE + "def f(message: func.QueueMessage): ...",
        "but not in Python: {'out'}",
    ),
    (APP + QUEUE + "def f(message: func.HttpRequest): ...", "does not match its Python"),
    (APP + QUEUE + "def f(message: func.Out[str]): ...", 'declared to have the "in"'),
    (
        APP + OUT + QUEUE + "def f(message: func.QueueMessage, out: str): ...",
        "not a subclass of azure.functions.Out",
    ),
    (
        APP + OUT + QUEUE + "def f(message: func.QueueMessage, out: func.Out[list[str]]): ...",
        "invalid non-type annotation",
    ),
    (APP + "other = func.FunctionApp()", "More than one FunctionApp or other top level"),
    ("", "Could not find top level function app instances in function_app.py"),
    ("import no_such_module_anywhere", "Please check the requirements.txt file"),
]


@pytest.mark.parametrize(("code", "text"), REFUSED)
def test_what_the_worker_would_refuse_is_refused(tmp_path: Path, code: str, text: str) -> None:
    with pytest.raises(LoadError) as refusal:
        FunctionsApp.load(app_of(tmp_path, code), {})

    assert text in str(refusal.value)


def test_two_functions_of_one_name_are_refused(tmp_path: Path) -> None:
    twice = APP + (QUEUE + "def f(message: func.QueueMessage): ...\n") * 2

    with pytest.raises(ValueError, match="does not have a unique function name"):
        FunctionsApp.load(app_of(tmp_path, twice), {})


def test_a_setting_that_is_missing_is_named() -> None:
    with pytest.raises(HostConfigError, match="'%WORK%' does not resolve to a value"):
        FunctionsApp.load(SAMPLE, {})
