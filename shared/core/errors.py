"""Two families of failure: one says when to come back, the other what a person must do.

Each keeps where it happened: method, path, status and the provider's trace id, never a token.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Where:
    """One outside call that failed. `trace` is Webex's trackingid or Graph's request-id."""

    provider: str = ""
    method: str = ""
    path: str = ""
    status: int = 0
    trace: str = ""

    def __str__(self) -> str:
        return f"{self.provider} {self.method} {self.path} -> {self.status} [{self.trace}]"


class Failure(Exception):
    """An outside call did not do what was asked."""

    def __init__(self, message: str = "", where: Where | None = None) -> None:
        super().__init__(message)
        self.where = where or Where()

    def __str__(self) -> str:
        return f"{super().__str__()} ({self.where})" if self.where.provider else super().__str__()


class Transient(Failure):
    """Will pass by itself. `retry_after` is in seconds, None where nobody said."""

    def __init__(
        self, message: str = "", where: Where | None = None, retry_after: float | None = None
    ) -> None:
        super().__init__(message, where)
        self.retry_after = retry_after


class Throttled(Transient):
    """The quota of a credential is used up. Nothing was done."""

    def __init__(
        self,
        message: str = "",
        where: Where | None = None,
        retry_after: float | None = None,
        capability: str = "",
    ) -> None:
        super().__init__(message, where, retry_after)
        self.capability = capability


class Unavailable(Transient):
    """The provider failed or did not answer; nothing is known to have changed."""


class NewerSchema(Transient):
    """A table of ours is of a newer version of the app. It passes when that version is back."""

    code = "newer_version"


class AnswerUnknown(Transient):
    """A write was sent and no answer came: it may or may not have happened."""


class Interrupted(Transient):
    """The look may not go on: the switch moved, or the lease was lost."""


class Permanent(Failure):
    """Stays until a person acts. `code` names the sentence and remedy in `core.reasons`."""

    code = "unexpected_refusal"


class NotThere(Permanent):
    """404: the thing asked for is not there, or not yet."""

    code = "not_there"


class ConsentMissing(Permanent):
    """Microsoft gives no token, or refuses one for want of a permission."""

    code = "consent_missing"


class CertificateUnreadable(ConsentMissing):
    """The certificate by which the app proves to Microsoft who it is is none."""

    code = "certificate_unreadable"


class PermissionMissing(Permanent):
    """Microsoft's token lacks the application permission for this call."""

    code = "permission_missing"


class CredentialMissing(Permanent):
    """No Webex credential is kept for a capability, or it no longer works."""

    code = "credential_missing"


class Forbidden(Permanent):
    """Webex refuses this call to this credential."""

    code = "webex_forbids"


class Stuck(Permanent):
    """The audit of the directory did not get past one place, whatever was tried."""

    code = "audit_stuck"


class ArchiveRefused(Permanent):
    """The store of the archive does not take files from us."""

    code = "archive_refused"


class Refused(Permanent):
    """The provider judged the request wrong: it says so in `kind` (see microsoft.protocol)."""

    def __init__(
        self, message: str = "", where: Where | None = None, kind: str = "", body: object = None
    ) -> None:
        super().__init__(message, where)
        self.kind = kind
        self.body = body


class DeltaLost(Permanent):
    """What changed can no longer be told from this address: begin again with `latest`."""
