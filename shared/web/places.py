"""Our own pages that a sign-in may lead to. Nothing else is ever followed from a query or form."""

from __future__ import annotations

HOME = "/"
PLACES = frozenset(
    (
        HOME,
        "/prerequisites",
        "/permissions",
        "/credentials",
        "/authorized",
        "/settings",
        "/activity",
    )
)


def known_place(text: str) -> str:
    """`text` if it is one of our pages, else the start page: no open redirect."""
    return text if text in PLACES else HOME


def page_of(path: str) -> str:
    """The page of ours whose form is sent to `path`, or which it is; else the start page."""
    if path.startswith("/authorize/"):
        return "/permissions" if path == "/authorize/microsoft" else "/credentials"
    parts = path.split("/")
    return known_place(f"/{parts[1]}") if len(parts) > 1 else HOME


def sign_in_first(path: str) -> str:
    """The address that asks for a sign-in and leads back to the page of `path` afterwards."""
    return f"{HOME}{_leading_to(path)}"


def refused(code: str, path: str) -> str:
    """The page that explains a refusal at `path`. A sign-in there leads back as well."""
    return f"/refused/{code}{_leading_to(path) if code == 'session_ended' else ''}"


def _leading_to(path: str) -> str:
    page = page_of(path)
    return "" if page == HOME else f"?next={page}"
