"""The choices beside the switch: saved, refused in words, and never undone by somebody else's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from urllib.parse import urlencode

import pytest

from shared.admin.ports import Actor
from shared.core.brake import HANDFUL
from shared.core.ids import PersonId
from shared.core.model import Limits
from shared.sync.waking import WAKE
from tests.journeys.stage import Stage
from tests.pages import steps
from tests.pages.at_work import Bench, bench
from tests.pages.visitor import Visitor

Make = Callable[..., Stage]
SAVE = "Save"
# What a form carries when nobody touched it, and every other value of each field.
KEPT = {
    "public_groups": "private",
    "direction": "both",
    "guests": "no",
    "limit_remove": "20",
    "limit_remove_share": "25",
    "limit_add": "100",
    "limit_add_share": "100",
    "mark": "made",
    "mark_ends": "no",
    "honour_creation": "yes",
    "link_folders": "yes",
    "space_folders": "no",
    "default_folder": "default",
    "folder_linkers": "folders,spaces,people",
    "language": "",
}
NUMBERS = [name for name in KEPT if name.startswith("limit_")]
OTHERS = [
    ("public_groups", "public"),
    ("direction", "group"),
    ("direction", "team"),
    ("guests", "yes"),
    ("limit_remove", "0"),
    ("limit_remove", "5000"),
    ("limit_remove_share", "1000"),
    ("limit_add", "21"),
    ("limit_add_share", "0"),
    ("mark", "all"),
    ("mark", "none"),
    ("mark_ends", "yes"),
    ("honour_creation", "no"),
    ("link_folders", "no"),
    ("space_folders", "yes"),
    ("default_folder", "reference"),
    ("folder_linkers", "people,folders,spaces"),
    ("language", "sv"),
    ("language", "en"),
]


@pytest.fixture
def ready(make_stage: Make) -> Bench:
    return bench(make_stage(configured=True))


def shown(here: Bench) -> dict[str, str]:
    """What the form carries as it is opened."""
    form = here.visitor.get("/settings").document.form(SAVE)
    return {name: value for name, value in form.values() if not name.startswith("was_")}


def test_the_form_shows_what_is_kept(ready: Bench) -> None:
    assert shown(ready) == KEPT


@pytest.mark.parametrize(("name", "value"), OTHERS)
def test_a_choice_is_saved_shown_again_and_in_the_audit(
    ready: Bench, name: str, value: str
) -> None:
    ready.visitor.get("/settings")

    page = ready.visitor.press(SAVE, **{name: value})

    assert page.said == "Saved."
    assert shown(ready) == {**KEPT, name: value}
    assert ready.audit()[0] == ("Adam Admin", f"setting_{name}", KEPT[name], value)


def test_saving_what_is_there_changes_nothing_and_leaves_no_line(ready: Bench) -> None:
    before = ready.audit()
    ready.visitor.get("/settings")

    page = ready.visitor.press(SAVE)

    assert page.said == "Nothing was changed."
    assert ready.audit() == before


def test_several_changes_are_several_lines_in_words_in_both_languages(ready: Bench) -> None:
    ready.visitor.get("/settings")
    page = ready.visitor.press(SAVE, public_groups="public", folder_linkers="people,spaces,folders")
    ready.visitor.language = "sv"
    swedish = ready.visitor.get("/settings")

    told = {tuple(row[2:]) for row in page.document.tables[-1][1:3]}
    assert told == {
        (
            "New groups are",
            "Private: only the team's people get in",
            "Public: everybody in your organization can join them",
        ),
        (
            "Who links folders, in this order",
            "Whoever may link folders, Compliance officer, Full administrator",
            "Full administrator, Compliance officer, Whoever may link folders",
        ),
    }
    assert "Offentliga: alla i organisationen kan gå med i dem" in swedish.text


@pytest.mark.parametrize("name", sorted(KEPT))
@pytest.mark.parametrize("value", ["<script>alert(1)</script>", "PUBLIC", "%(x)s", "å" * 500])
def test_a_wrong_value_is_refused_beside_the_field_and_keeps_what_was_typed(
    ready: Bench, name: str, value: str
) -> None:
    was = {f"was_{n}": v for n, v in KEPT.items()}
    other = "language" if name != "language" else "direction"
    typed = {"language": "sv", "direction": "team"}[other]

    page = ready.visitor.post("/settings", {**KEPT, **was, name: value, other: typed})

    told = page.document.root.first(id=f"{name}-error")
    assert page.status == 422
    assert page.title.startswith("Not saved")
    assert told is not None
    refused = "Give a whole number from 0 to" if name in NUMBERS else "Choose one of these."
    assert refused in told.text
    assert value[:60] in told.text
    assert "<script>alert" not in page.body
    assert dict(page.document.form(SAVE).values())[other] == typed
    assert ready.audit()[0][1] == "consent"
    assert shown(ready) == KEPT


@pytest.mark.parametrize("value", ["-1", "5001", "1.5", "1 000", "²", "９", "0x10", "", "9" * 5000])
def test_a_limit_that_is_no_such_number_is_refused_and_says_which_are(
    ready: Bench, value: str
) -> None:
    ready.visitor.get("/settings")

    page = ready.visitor.press(SAVE, limit_remove=value)

    told = page.document.root.first(id="limit_remove-error")
    assert page.status == 422
    assert told is not None
    assert told.text.startswith("The brake: people removed at once")
    assert "from 0 to 5,000." in told.text
    assert page.links["The brake: people removed at once"] == "#limit_remove"
    assert shown(ready) == KEPT


def test_a_limit_typed_with_noughts_or_spaces_is_the_number(ready: Bench) -> None:
    ready.visitor.get("/settings")

    ready.visitor.press(SAVE, limit_add=" 0050 ", limit_remove="020")

    assert ready.settings.limits == Limits(add=50)
    assert [line[1:] for line in ready.audit()[:1]] == [("setting_limit_add", "100", "50")]
    assert ready.audit()[1][1] == "consent"


def test_the_limits_read_as_one_sentence_in_both_languages(ready: Bench) -> None:
    english = ready.visitor.get("/settings").text
    ready.visitor.language = "sv"
    swedish = ready.visitor.get("/settings").text

    assert "Ask me before a look removes more than people or % of a team, or adds" in english
    assert "Fråga mig innan en kontroll tar bort fler än personer eller % av ett team" in swedish
    # What its hint says of a handful.
    assert HANDFUL == 5
    assert "only for more than five people" in english


def test_two_who_change_different_limits_do_not_disturb_each_other(ready: Bench) -> None:
    other = Visitor(ready.stage)
    steps.sign_in(other, ready.stage.org.add_person("Eva Else", roles=("id_full_admin",)))
    ready.visitor.get("/settings")
    other.get("/settings")
    ready.visitor.press(SAVE, limit_remove="10")

    other.press(SAVE, limit_add="30")

    assert ready.settings.limits == Limits(remove=10, add=30)


@pytest.mark.parametrize(
    ("choice", "key"),
    [({"direction": "team"}, "direction"), ({"guests": "yes"}, "guests")]
    + [({name: "7"}, "limits") for name in NUMBERS],
)
def test_a_choice_wakes_the_teams_that_it_concerns(
    ready: Bench, choice: dict[str, str], key: str
) -> None:
    ready.visitor.get("/settings")
    ready.visitor.press(SAVE, **choice)

    kept = ready.office.services.organizations.kept(WAKE)
    assert kept is not None
    # The tenant was connected a moment before.
    assert kept.state["changed"] == sorted(["consent", key])


def test_two_administrators_at_once_do_not_undo_each_others_changes(ready: Bench) -> None:
    eva = ready.stage.org.add_person("Eva Else", roles=("id_full_admin",))
    other = Visitor(ready.stage)
    steps.sign_in(other, eva)
    ready.visitor.get("/settings")
    other.get("/settings")

    first = ready.visitor.press(SAVE, public_groups="public")
    ready.stage.clock.advance(1)
    second = other.press(SAVE, direction="group")

    assert (first.said, second.said) == ("Saved.", "Saved.")
    assert shown(ready) == {**KEPT, "public_groups": "public", "direction": "group"}
    assert [line[0] for line in ready.audit()[:2]] == ["Eva Else", "Adam Admin"]


def test_who_changes_what_somebody_else_just_changed_is_told_and_asked(ready: Bench) -> None:
    other = Visitor(ready.stage)
    steps.sign_in(other, ready.stage.org.add_person("Eva Else", roles=("id_full_admin",)))
    ready.visitor.get("/settings")
    other.get("/settings")
    ready.visitor.press(SAVE, direction="team")

    told = other.press(SAVE, direction="group", public_groups="public")

    assert told.status == 422
    assert "Somebody else changed this" in told.text
    assert "It is now: The Webex team" in told.text
    assert shown(ready) == {**KEPT, "direction": "team"}
    other.submit(told, SAVE)
    assert shown(ready) == {**KEPT, "direction": "group", "public_groups": "public"}


def test_two_who_choose_the_same_agree(ready: Bench) -> None:
    other = Visitor(ready.stage)
    steps.sign_in(other, ready.stage.org.add_person("Eva Else", roles=("id_full_admin",)))
    ready.visitor.get("/settings")
    other.get("/settings")
    ready.visitor.press(SAVE, direction="team")

    page = other.press(SAVE, direction="team")

    assert page.said == "Nothing was changed."
    assert page.status == 200
    assert ready.settings.direction == "team"


def test_a_kept_order_of_fewer_accounts_stays_until_it_is_changed(ready: Bench) -> None:
    organizations = ready.office.services.organizations
    organizations.save_settings(lambda s: replace(s, folder_linkers=("spaces",)))
    ready.visitor.get("/settings")

    ready.visitor.press(SAVE, language="sv")

    assert ready.settings.folder_linkers == ("spaces",)
    assert ready.settings.language == "sv"


def test_the_form_leaves_the_switch_and_the_connection_alone(ready: Bench) -> None:
    before = ready.settings

    ready.visitor.post("/settings", {"on": "1", "tenant": "x", "epoch": "9", "language": "sv"})

    assert (ready.settings.on, ready.settings.tenant) == (False, before.tenant)
    assert ready.settings.epoch == before.epoch


def test_new_groups_are_made_as_chosen(ready: Bench) -> None:
    ready.visitor.get("/settings")
    ready.visitor.press(SAVE, public_groups="public")
    ready.turn_on()
    stage = ready.stage
    team = stage.team(stage.person())

    stage.settle()

    group = stage.group_of(team)
    assert group is not None
    assert group.visibility == "Public"


def test_another_sites_form_saves_nothing(ready: Bench) -> None:
    page = ready.visitor.post(
        "/settings", {"public_groups": "public"}, source="https://elsewhere.example/page"
    )

    assert steps.refused_with(page) == "cross_site"
    assert shown(ready) == KEPT


def test_older_changes_are_a_link_away_and_each_is_shown_once(ready: Bench) -> None:
    office, actor = ready.office, Actor(PersonId("x"), "Eva Else")
    for number in range(130):
        office.record(actor, "retry", after=f"Team {number:03d}")
    first = ready.visitor.get("/settings")
    second = ready.visitor.get(first.links["Older changes"].partition("#")[0])
    third = ready.visitor.get(second.links["Older changes"].partition("#")[0])

    shown = [row[-1] for page in (first, second, third) for row in page.document.tables[-1][1:]]
    assert [len(page.document.tables[-1]) - 1 for page in (first, second)] == [20, 100]
    assert sorted(t for t in shown if t.startswith("Team")) == [f"Team {n:03d}" for n in range(130)]
    assert "Older changes" not in third.links
    assert third.links["Newest changes"] == "/settings#audit"


@pytest.mark.parametrize("after", ["x", "' or 1 eq 1", "9999999999999:", "\u00e5"])
def test_what_is_no_key_of_a_change_shows_the_newest(ready: Bench, after: str) -> None:
    page = ready.visitor.get(f"/settings?{urlencode({'after': after})}")

    assert page.document.tables[-1][1:] == ready.visitor.get("/settings").document.tables[-1][1:]
