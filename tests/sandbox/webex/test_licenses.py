"""Licences, for administrators."""

from __future__ import annotations

import pytest

from sandbox.webex import Organization, Person, WebexCloud

from .conftest import Client, SignIn

LICENSES = "/v1/licenses"


@pytest.fixture
def reader(org: Organization, sign_in: SignIn) -> Client:
    person = org.add_person("Rita Readonly", roles={"id_readonly_admin"})
    return sign_in(person, "spark-admin:licenses_read")


def names(client: Client) -> list[str]:
    return [item["name"] for item in client.items(LICENSES)]


def test_a_messaging_licence_is_listed_with_its_units(reader: Client, ada: Person) -> None:
    licence = next(item for item in reader.items(LICENSES) if item["name"] == "Messaging")

    assert licence["totalUnits"] > licence["consumedUnits"] == 2
    assert reader.get(f"{LICENSES}/{licence['id']}").json() == licence
    assert reader.get(f"{LICENSES}/unknown").status_code == 404


def test_it_may_be_called_otherwise_or_not_be_listed(webex: WebexCloud, reader: Client) -> None:
    webex.switches.messaging_licence = "Advanced messaging"
    assert "Advanced messaging" in names(reader)

    webex.switches.messaging_licence = ""

    assert len(names(reader)) == 1
    assert "essaging" not in names(reader)[0]


def test_only_an_administrator_with_the_scope_may_look(
    full_admin: Client, ada: Person, sign_in: SignIn
) -> None:
    assert full_admin.get(LICENSES).status_code == 403
    assert sign_in(ada, "spark-admin:licenses_read").get(LICENSES).status_code == 403


def test_another_organizations_licences_are_forbidden(
    reader: Client, org: Organization, stranger: Person
) -> None:
    assert reader.get(LICENSES, orgId=org.id).status_code == 200
    assert reader.get(LICENSES, orgId=stranger.org_id).status_code == 403
