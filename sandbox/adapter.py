"""A requests transport that hands a call to a cloud in this process: no socket, same code."""

from __future__ import annotations

import io
from http.client import responses
from typing import Any

import requests
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict

from sandbox.kit import AnswerLost, Cloud, parse_request


class CloudAdapter(BaseAdapter):
    """Mount on a session under the base URL that the cloud stands in for."""

    def __init__(self, cloud: Cloud) -> None:
        super().__init__()
        self.cloud = cloud

    def send(  # type: ignore[override]  # the rest of the signature is about sockets
        self, request: requests.PreparedRequest, **options: Any
    ) -> requests.Response:
        body = request.body or b""
        raw = body.encode() if isinstance(body, str) else body
        headers = {k: str(v) for k, v in request.headers.items()}
        assert request.method and request.url
        try:
            answer = self.cloud.handle(parse_request(request.method, request.url, headers, raw))
        except AnswerLost as lost:
            raise requests.ConnectionError(f"connection reset: {lost}") from lost
        response = requests.Response()
        response.status_code = answer.status
        response.reason = responses.get(answer.status, "")
        response.headers = CaseInsensitiveDict(answer.headers)
        content = answer.content()
        if content:
            response.headers.setdefault("Content-Type", "application/json;charset=UTF-8")
        response.raw = io.BytesIO(content)
        # Whoever sits in between may put another content there, however it is read.
        response._content = content
        response._content_consumed = True  # type: ignore[attr-defined]
        response.url = request.url
        response.request = request
        return response

    def close(self) -> None:
        pass
