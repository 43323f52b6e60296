"""The security team's stores, as they see them: a container in the emulator, and a bucket."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol
from uuid import uuid4
from xml.etree import ElementTree as Xml

import boto3
import requests
from azure.storage.queue import AccountSasPermissions, ResourceTypes, Services, generate_account_sas

from shared.core.archive import Place, parse_place

Lines = list[dict[str, Any]]


class Archive(Protocol):
    @property
    def place(self) -> Place: ...

    def files(self) -> dict[str, bytes]:
        """Everything that is there, by name."""


def parsed(body: bytes) -> Lines:
    return [json.loads(line) for line in body.decode().splitlines()]


def lines(archive: Archive, ending: str) -> Lines:
    """Of all files whose names end so, in the order of their names."""
    found = sorted(archive.files().items())
    return [line for name, body in found if name.endswith(ending) for line in parsed(body)]


@dataclass(frozen=True)
class Container:
    """permissions: of the signature that the app gets; its owner may do anything."""

    endpoint: str
    account: str
    key: str
    name: str
    permissions: str = "cr"

    @classmethod
    def made(cls, connection: str) -> Container:
        told = dict(part.partition("=")[::2] for part in connection.split(";") if part)
        endpoint = told["BlobEndpoint"].rstrip("/")
        made = cls(endpoint, told["AccountName"], told["AccountKey"], f"audit-{uuid4()}")
        answer = requests.put(made._url("", "rwlcd", restype="container"), timeout=10)
        assert answer.status_code == 201, answer.text
        return made

    @property
    def place(self) -> Place:
        return parse_place(f"{self.endpoint}/{self.name}/webex?{self._signature(self.permissions)}")

    def files(self) -> dict[str, bytes]:
        listed = requests.get(self._url("", "rl", restype="container", comp="list"), timeout=10)
        assert listed.status_code == 200, listed.text
        names = [name.text or "" for name in Xml.fromstring(listed.content).iter("Name")]  # noqa: S314
        return {
            name.removeprefix("webex/"): requests.get(
                self._url(f"/{name}", "r"), timeout=10
            ).content
            for name in names
        }

    def _url(self, path: str, permissions: str, **query: str) -> str:
        given = "".join(f"&{name}={value}" for name, value in query.items())
        return f"{self.endpoint}/{self.name}{path}?{self._signature(permissions)}{given}"

    def _signature(self, permissions: str) -> str:
        return str(
            generate_account_sas(
                self.account,
                self.key,
                ResourceTypes(container=True, object=True),
                _permissions(permissions),
                datetime.now(UTC) + timedelta(days=1),
                services=Services(blob=True),
            )
        )


def _permissions(letters: str) -> AccountSasPermissions:
    return AccountSasPermissions(
        read="r" in letters,
        write="w" in letters,
        list="l" in letters,
        create="c" in letters,
        delete="d" in letters,
    )


@dataclass(frozen=True)
class Bucket:
    """With Object Lock; inside moto."""

    name: str
    region: str = "eu-north-1"

    @classmethod
    def made(cls) -> Bucket:
        bucket = cls(f"audit-{uuid4()}")
        bucket._client().create_bucket(
            Bucket=bucket.name,
            ObjectLockEnabledForBucket=True,
            CreateBucketConfiguration={"LocationConstraint": bucket.region},
        )
        return bucket

    @property
    def place(self) -> Place:
        return parse_place(f"s3://{self.name}/webex?region={self.region}")

    def files(self) -> dict[str, bytes]:
        client = self._client()
        found: dict[str, bytes] = {}
        pages = client.get_paginator("list_object_versions").paginate(Bucket=self.name)
        versions = [each for page in pages for each in page.get("Versions", [])]
        for each in versions:
            name = each["Key"].removeprefix("webex/")
            assert name not in found, f"{name} was written twice"
            got: Mapping[str, Any] = client.get_object(Bucket=self.name, Key=each["Key"])
            found[name] = got["Body"].read()
        return found

    def _client(self) -> Any:
        return boto3.client("s3", region_name=self.region)
