"""A little of everything that the host serves. Its queues' names are settings, one set per test."""

import json
import threading

# The worker refuses list[str] in func.Out.
from typing import List  # noqa: UP035

import azure.functions as func

STORAGE = "AzureWebJobsStorage"
# `hold` waits for it; a test opens it.
gate = threading.Event()
app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
more = func.Blueprint()


@app.route(route="echo/{first}/{second:int?}", methods=["GET", "POST"])
def echo(req: func.HttpRequest) -> func.HttpResponse:
    """What arrived, as JSON."""
    seen = {
        "method": req.method,
        "url": req.url,
        "headers": dict(req.headers),
        "params": dict(req.params),
        "route_params": dict(req.route_params),
        "body": req.get_body().decode(),
    }
    return func.HttpResponse(json.dumps(seen), status_code=203, mimetype="application/json")


@app.route(route="jobs", methods=["POST"])
@app.queue_output(arg_name="message", queue_name="%WORK%", connection=STORAGE)
def take_work(req: func.HttpRequest, message: func.Out[str]) -> func.HttpResponse:
    message.set(req.get_body().decode())
    if req.params.get("fail"):
        raise ValueError("after the output was set")
    return func.HttpResponse(status_code=202)


@app.route(route="cookies")
async def cookies(req: func.HttpRequest) -> func.HttpResponse:
    answer = func.HttpResponse(b"\x00\xff", mimetype="application/octet-stream")
    answer.headers.add("Set-Cookie", 'one="a b"; Path=/; Secure; HttpOnly; SameSite=Lax')
    answer.headers.add("Set-Cookie", "two=2; Max-Age=60")
    return answer


@app.route(route="{ignored:maxlength(0)?}", methods=["GET"])
def home(req: func.HttpRequest) -> str:
    return "home"


@app.route(route="nothing")
def nothing(req: func.HttpRequest) -> func.HttpResponse:
    return None


@app.queue_trigger(arg_name="message", queue_name="%WORK%", connection=STORAGE)
@app.queue_output(arg_name="done", queue_name="%DONE%", connection=STORAGE)
def do_work(message: func.QueueMessage, done: func.Out[str]) -> None:
    """Tells what it was given; `fail` fails."""
    text = message.get_body().decode()
    if text == "fail":
        done.set("must not be written")
        raise ValueError("asked to fail")
    done.set(
        json.dumps(
            {
                "text": text,
                "dequeue_count": message.dequeue_count,
                "id": message.id,
                "inserted": message.insertion_time.isoformat(),
            }
        )
    )


@app.queue_trigger(arg_name="message", queue_name="%WORK%-poison", connection=STORAGE)
@app.queue_output(arg_name="done", queue_name="%DONE%", connection=STORAGE)
async def do_poison(message: func.QueueMessage, done: func.Out[str]) -> None:
    done.set("poison: " + message.get_body().decode())


@app.queue_trigger(arg_name="message", queue_name="%HOLD%", connection=STORAGE)
@app.queue_output(arg_name="done", queue_name="%DONE%", connection=STORAGE)
def hold(message: func.QueueMessage, done: func.Out[str]) -> None:
    gate.wait(60)
    done.set(f"held {message.get_body().decode()}")


@more.timer_trigger(arg_name="timer", schedule="0 0 4 * * *")
@more.queue_output(arg_name="messages", queue_name="%DONE%", connection=STORAGE)
def nightly(timer: func.TimerRequest, messages: func.Out[List[str]]) -> None:  # noqa: UP006
    messages.set(["one", f"past due: {timer.past_due}"])


@more.queue_trigger(arg_name="message", queue_name="%HOLD%-returns", connection=STORAGE)
def returns(message: func.QueueMessage):
    return "a value that no binding takes"


@more.route(route="context")
def with_context(req: func.HttpRequest, context: func.Context) -> str:
    return f"{context.function_name} {len(context.invocation_id)}"


app.register_functions(more)
