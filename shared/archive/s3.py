"""A bucket of Amazon S3, Object Lock or not, by boto3: an extra, see requirements-s3.txt.

Sources: https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
(If-None-Match creates only), /object-lock.html (uploads into such a bucket need a checksum). Whose
account: https://docs.aws.amazon.com/boto3/latest/guide/credentials.html.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any

from shared.core.archive import Place
from shared.core.errors import AnswerUnknown, ArchiveRefused, Throttled, Where


@dataclass
class S3Store:
    """The port `Store`. Safe for threads."""

    place: Place
    _client: Any = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def create(self, name: str, body: bytes) -> bool:
        client = self._made()
        from botocore.exceptions import BotoCoreError, ClientError

        key = f"{self.place.prefix}{name}"
        try:
            client.put_object(
                Bucket=self.place.address,
                Key=key,
                Body=body,
                ContentType="application/x-ndjson",
                IfNoneMatch="*",
                ChecksumAlgorithm="SHA256",
            )
        except ClientError as error:
            return _judged(error.response, key)
        except BotoCoreError as error:
            # Its text may quote what was sent.
            text = f"no answer: {type(error).__name__}"
            raise AnswerUnknown(text, Where("s3", "PUT", f"/{key}")) from None
        return True

    def _made(self) -> Any:
        """Raises ArchiveRefused where boto3 is not installed."""
        with self._lock:
            if self._client is None:
                self._client = _client(self.place.region)
            return self._client


def _client(region: str) -> Any:
    try:
        import boto3
        from botocore.config import Config
    except ImportError as error:
        raise ArchiveRefused(
            "boto3 is not installed: add the lines of requirements-s3.txt to requirements.txt"
        ) from error
    patience = Config(
        connect_timeout=5, read_timeout=30, retries={"total_max_attempts": 2, "mode": "standard"}
    )
    return boto3.client("s3", region_name=region or None, config=patience)


def _judged(response: Any, key: str) -> bool:
    """False where there is such an object. Raises core.errors."""
    code = str(response.get("Error", {}).get("Code", ""))
    told = response.get("ResponseMetadata", {})
    status = int(told.get("HTTPStatusCode") or 0)
    where = Where("s3", "PUT", f"/{key}", status, str(told.get("RequestId") or ""))
    if status == 412:
        return False
    if status in (429, 503):
        raise Throttled("throttled", where, None, "")
    if status >= 500 or status == 409:
        # 409: another write of the same name is under way.
        raise AnswerUnknown(f"the bucket did not take it: {code}", where)
    raise ArchiveRefused(f"the bucket refuses a new object: {code}", where)
