"""What operators read: a structured line for each change of state."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from shared.core.errors import Failure, Permanent


@dataclass(frozen=True)
class Log:
    """One structured line a change of state; bound to organization and team by the caller."""

    write: Callable[[str, Mapping[str, object]], None]

    def __call__(self, event: str, **facts: object) -> None:
        self.write(event, facts)

    def about(self, **known: object) -> Log:
        """The same log, in which every line says this as well."""
        return Log(lambda event, facts: self.write(event, {**known, **facts}))

    def failed(self, event: str, failure: Failure, **facts: object) -> None:
        """With the code of what a person must mend: alerts wait for it."""
        code = {"code": failure.code} if isinstance(failure, Permanent) else {}
        self.write(event, {**facts, **code, "error": str(failure), "trace": failure.where.trace})
