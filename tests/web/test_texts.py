"""Every text of a page has its Swedish, and the catalogue holds nothing else."""

from __future__ import annotations

import re

from babel.messages.catalog import Message

from tests.web import catalogue

_PLACE = re.compile(r"%\((\w+)\)s|%%|%")


def _known() -> dict[catalogue.Text, Message]:
    return {m.id if isinstance(m.id, str) else tuple(m.id): m for m in catalogue.swedish() if m.id}


def _used() -> set[catalogue.Text]:
    return set(catalogue.in_templates()) | catalogue.in_code()


def test_every_text_has_its_swedish() -> None:
    known = _known()

    missing = sorted(str(text) for text in _used() if text not in known)
    assert not missing, "\n".join(["No Swedish for:", *missing])


def test_the_catalogue_holds_no_text_that_no_page_shows() -> None:
    unused = sorted(str(text) for text in _known() if text not in _used())

    assert not unused, "\n".join(["Shown nowhere:", *unused])


def test_no_translation_is_empty_or_doubtful() -> None:
    for text, message in _known().items():
        forms = _forms(message)

        assert all(forms), text
        assert not message.fuzzy, text
        assert (len(forms) == 1) is isinstance(text, str), text


def test_placeholders_agree() -> None:
    for text, message in _known().items():
        given = {_places(part) for part in ([text] if isinstance(text, str) else text)}
        wanted = set().union(*given)
        forms = _forms(message)

        assert all(set(_places(form)) <= wanted for form in forms), text
        assert set(_places(forms[-1])) == wanted, text


def test_a_percent_sign_is_written_so_that_it_is_shown() -> None:
    for text, message in _known().items():
        for part in [*([text] if isinstance(text, str) else text), *_forms(message)]:
            assert "%" not in _PLACE.findall(part) and not _lonely(part), part


def _forms(message: Message) -> list[str]:
    return [message.string] if isinstance(message.string, str) else list(message.string or ())


def _lonely(text: str) -> bool:
    return any(match.group() == "%" for match in _PLACE.finditer(text))


def _places(text: str) -> frozenset[str]:
    return frozenset(name for name in _PLACE.findall(text) if name)
