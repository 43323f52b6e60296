"""All there is to send something to."""

from __future__ import annotations

from fuzz import answers, calls, id_tokens, kept, pages, provider_answers, webhook
from fuzz.target import Target

TARGETS: dict[str, Target] = {
    target.name: target
    for module in (webhook, pages, answers, provider_answers, calls, kept, id_tokens)
    for target in module.TARGETS
}
