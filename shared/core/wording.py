"""A sentence and what to do about it, as an administrator is told."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Reason:
    sentence: str
    remedy: str
