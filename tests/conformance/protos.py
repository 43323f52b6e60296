"""What the worker library calls `protos`: the messages between host and worker, without gRPC.

The library builds and reads them by attribute alone, so plain objects will do.
https://github.com/Azure/azure-functions-language-worker-protobuf
"""

from __future__ import annotations

from typing import Any, ClassVar


class Message:
    """Holds what it was given; a field that was not set is an AttributeError."""

    def __init__(self, **fields: Any) -> None:
        self.__dict__.update(fields)

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(name)

    def WhichOneof(self, group: str) -> str | None:  # noqa: N802  (protobuf's name)
        """The one field that is set. None of the messages here has two groups."""
        names = [name for name, value in vars(self).items() if value is not None]
        return names[-1] if names else None


class StatusResult(Message):
    Failure: ClassVar[int] = 0
    Success: ClassVar[int] = 1


class BindingInfo(Message):
    """The directions are those of azure.functions' BindingDirection."""

    undefined: ClassVar[int] = 0
    out: ClassVar[int] = 1
    inout: ClassVar[int] = 2


class RpcHttpCookie(Message):
    class SameSite:
        Lax = "lax"
        Strict = "strict"
        ExplicitNone = "none"


# "None" is no name that Python lets a class body assign.
setattr(RpcHttpCookie.SameSite, "None", "")


class TypedData(Message):
    """Exactly one of string, json, bytes, http, int and double."""


class ParameterBinding(Message):
    """`name`, and then `data` as the one of `rpc_data`."""


class RpcHttp(Message):
    pass


class RpcException(Message):
    pass


class RpcFunctionMetadata(Message):
    pass


class RpcRetryOptions(Message):
    pass


class WorkerMetadata(Message):
    pass


class WorkerInitResponse(Message):
    pass


class FunctionMetadataResponse(Message):
    pass


class FunctionLoadResponse(Message):
    pass


class InvocationResponse(Message):
    pass


class NullableString(Message):
    pass


class NullableBool(Message):
    pass


class NullableDouble(Message):
    pass


class NullableTimestamp(Message):
    pass


class Timestamp(Message):
    pass
