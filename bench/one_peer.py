"""One job by one peer in a process of its own. A JSON object on standard input says which; what it
used is answered as another.

peer: plain, sdks or poller. job: new (a team without a group), known (a team with one) or poll.
attempts: as often it is begun anew after it failed.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

from bench import usage


def main(asked: Mapping[str, Any]) -> None:
    work = _work(asked)
    began, errors = time.perf_counter(), []
    for _ in range(asked["attempts"]):
        try:
            work()
            break
        except Exception as error:  # whatever it dies of is its outcome
            errors.append(f"{type(error).__name__}: {error}"[:200])
    told = {
        "wall": time.perf_counter() - began,
        "cpu": usage.cpu(),
        "memory": usage.peak_memory(),
        "errors": errors,
    }
    print(json.dumps(told))


def _work(asked: Mapping[str, Any]) -> Callable[[], object]:
    """Everything is imported when this returns. What the peers' libraries put off until the first
    call is theirs to answer for."""
    import requests

    from bench.peer import Account, Peer

    account, room = Account(**asked["account"]), asked["room"]
    if asked["peer"] == "poller":
        from bench.poller_peer import PollerPeer

        poller = PollerPeer(account, asked["since"])
        return lambda: poller.poll(time.time())
    peer: Any
    if asked["peer"] == "sdks":
        from bench.sdk_peer import SdkPeer

        peer = SdkPeer(account)
    else:
        peer = Peer(requests.Session(), account, time.sleep)
    done = peer.sync_new_team if asked["job"] == "new" else peer.sync_team
    return lambda: done(room)


if __name__ == "__main__":
    main(json.load(sys.stdin))
