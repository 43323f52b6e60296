"""One function of the app as the worker sees it: its signature checked against its bindings.

The checks and their texts are those of Microsoft's worker, so what does not start in Azure does
not start here either.
"""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import azure.functions as func
from azure.functions.decorators.core import BindingDirection
from azure.functions.meta import get_binding_registry

from sandbox.host.settings import HostConfigError, resolve

TRIGGERS = ("httpTrigger", "queueTrigger", "timerTrigger")
OUTPUTS = ("http", "queue")
RETURN = "$return"


class LoadError(HostConfigError):
    """The worker would refuse this app."""


@dataclass(frozen=True)
class Binding:
    """`raw` is the binding as function.json would have it, settings resolved."""

    name: str
    type: str
    is_output: bool
    raw: Mapping[str, Any]
    python_type: Any = None

    @property
    def converter(self) -> Any:
        """azure.functions' own; for `str` and `bytes` the worker converts nothing."""
        registry: Any = get_binding_registry()  # type: ignore[no-untyped-call]
        return registry.get(self.type)


@dataclass(frozen=True)
class BoundFunction:
    name: str
    call: Callable[..., Any]
    folder: Path
    trigger: Binding
    outputs: tuple[Binding, ...]
    returns: Binding | None
    wants_context: bool


def bind(function: Any, environ: Mapping[str, str]) -> BoundFunction:
    """Check one of FunctionApp.get_functions(). Raises LoadError or HostConfigError."""
    name = str(function.get_function_name())
    call = function.get_user_function()
    annotations = typing.get_type_hints(call)
    bindings = {b.name: b for b in (_binding(b, environ) for b in function.get_bindings())}
    returns = bindings.pop(RETURN, None)
    params = set(inspect.signature(call).parameters)
    wants_context = "context" in params - set(bindings)
    _same_names(name, params - {"context"} if wants_context else params, set(bindings))
    typed = [_typed(name, binding, annotations) for binding in bindings.values()]
    if returns:
        returns = _typed_return(name, returns, annotations)
    return BoundFunction(
        name=name,
        call=call,
        folder=Path(inspect.getfile(call)).parent,
        trigger=_only_trigger(name, typed),
        outputs=tuple(binding for binding in typed if binding.is_output),
        returns=returns,
        wants_context=wants_context,
    )


def _binding(binding: Any, environ: Mapping[str, str]) -> Binding:
    if binding.type not in (*TRIGGERS, *OUTPUTS):
        raise LoadError(f"This host does not serve bindings of type {binding.type!r}.")
    raw = resolve(dict(binding.get_dict_repr()), environ)
    is_output = binding.direction == BindingDirection.OUT.value
    return Binding(name=binding.name, type=binding.type, is_output=is_output, raw=raw)


def _only_trigger(name: str, bindings: list[Binding]) -> Binding:
    triggers = [binding for binding in bindings if binding.type in TRIGGERS]
    if len(triggers) != 1:
        raise _refused(name, "it has no trigger.")
    return triggers[0]


def _same_names(name: str, params: set[str], bound: set[str]) -> None:
    if params - bound:
        raise _refused(
            name,
            "the following parameters are declared in Python but not in function.json: "
            f"{params - bound!r}",
        )
    if bound - params:
        raise _refused(
            name,
            "the following parameters are declared in function.json but not in Python: "
            f"{bound - params!r}",
        )


def _typed(name: str, binding: Binding, annotations: Mapping[str, Any]) -> Binding:
    """The binding with its parameter's type, which must suit it."""
    if binding.name not in annotations:
        return binding
    annotation = annotations[binding.name]
    is_out = (typing.get_origin(annotation) or annotation) is func.Out
    if binding.is_output and not is_out:
        raise _refused(
            name,
            f'binding {binding.name} is declared to have the "out" direction, but its annotation '
            "in Python is not a subclass of azure.functions.Out",
        )
    if is_out and not binding.is_output:
        raise _refused(
            name,
            f'binding {binding.name} is declared to have the "in" direction in function.json, '
            "but its annotation is azure.functions.Out in Python",
        )
    python_type = typing.get_args(annotation)[0] if is_out else annotation
    if python_type not in (str, bytes):
        _check_type(name, binding, python_type, check="output" if is_out else "input")
    return _with_type(binding, python_type)


def _typed_return(name: str, binding: Binding, annotations: Mapping[str, Any]) -> Binding:
    if "return" not in annotations:
        return binding
    python_type = annotations["return"]
    if not isinstance(python_type, type):
        raise _refused(name, f"has invalid non-type return annotation {python_type!r}")
    _check_type(name, binding, python_type, check="output")
    return _with_type(binding, python_type)


def _check_type(name: str, binding: Binding, python_type: Any, check: str) -> None:
    # The worker takes typing.List[str] for a generic type, but not list[str].
    if not isinstance(python_type, type) and not hasattr(python_type, "_name"):
        raise _refused(
            name, f"binding {binding.name} has invalid non-type annotation {python_type!r}"
        )
    if not getattr(binding.converter, f"check_{check}_type_annotation")(python_type):
        shown = getattr(python_type, "__name__", repr(python_type))
        raise _refused(
            name,
            f'type of {binding.name} binding in function.json "{binding.type}" does not match its '
            f'Python annotation "{shown}"',
        )


def _with_type(binding: Binding, python_type: Any) -> Binding:
    return Binding(binding.name, binding.type, binding.is_output, binding.raw, python_type)


def _refused(name: str, reason: str) -> LoadError:
    return LoadError(f"cannot load the {name} function: {reason}")
