"""Persons and object ids in bucket rows: `p:<bucket>` by person, `o:<bucket>` by object id."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import replace

from shared.core.identity import (
    BUCKETS,
    Filled,
    bucket,
    claims_of,
    contested,
    keep_since,
    mapped_to,
    mark_claims,
    merge_claims,
    merge_people,
    picked,
    put_in,
)
from shared.core.ids import ObjectId, PersonId, pack_uuid, unpack_uuid
from shared.core.model import Identity, IdentityState
from shared.ports import Conflict
from shared.storage.tables import Partition, Row, Step, spread

_RACES = 20
# So often buckets are tried together, and so many bytes at once: in base64 a third more.
_TOGETHER, _PORTION = 2, 2 * 1024 * 1024
Pairs = Collection[tuple[ObjectId, PersonId]]
People = dict[PersonId, Identity]
Claims = dict[ObjectId, frozenset[PersonId]]


class IdentityRows:
    """The port `Identities` over one organization's partition of `Identities`."""

    def __init__(self, rows: Partition) -> None:
        self._rows = rows
        # What is contested in each bucket of claims, and the etag under which it was read.
        self._contested: dict[str, tuple[str, Mapping[bytes, Set[bytes]]]] = {}

    def known(self, people: Iterable[PersonId]) -> People:
        wanted: defaultdict[str, set[PersonId]] = defaultdict(set)
        for person in people:
            wanted[bucket(person)].add(person)
        found: People = {}
        for name, row in self._buckets("p", wanted):
            found |= picked(row.blob("b"), wanted[name])
        return found

    def people_of(self, objects: Iterable[ObjectId]) -> Claims:
        return self._claims_on(set(objects))

    def keep(self, identities: Iterable[Identity]) -> People:
        """Claims first, people then, and last what is claimed no longer, so that a crash in between
        leaves a claim too many, never one too few."""
        new = list(identities)
        before = self.known(i.person for i in new)
        claims = self._stood_by(self._claim(new), new)
        for _ in range(_RACES):
            marked, others = mark_claims(new, claims)
            marked = [keep_since(before.get(i.person), i) for i in marked]
            self._write_people([*marked, *self._rivals(others)])
            # Somebody else's claim may have come before our people were there to be marked, and one
            # of ours may have been taken for given up.
            late = self._stood_by(self._claim(new), new)
            if late == claims:
                self._let_go(
                    [
                        (was.object, was.person)
                        for i in new
                        if (was := before.get(i.person)) and was.object and was.object != i.object
                    ]
                )
                return {i.person: i for i in marked}
            claims = late
        raise Conflict("claims are contended")

    def fill_claims(self, claims: Mapping[int, Sequence[bytes]]) -> None:
        """See `audit.ports`: the directory's audit, some buckets at a time."""
        for name, found, row in self._filled("o", claims):
            etag, after = self._fill(
                name,
                row,
                lambda before, found=found: merge_claims(before, found),  # type: ignore[misc]
            )
            self._contested[name] = etag, contested(after)

    def fill(self, people: Mapping[int, Sequence[bytes]], began: int) -> Filled:
        """Nobody is mapped whose object id somebody else carries, whom the audit need not know: a
        guest, a user whom it did not see, one who was asked about since. As in `keep`, claims are
        read again when everybody is written."""
        before: dict[bytes, bytes] = {}
        judged: tuple[set[PersonId], set[PersonId]] | None = None
        held = False
        for _ in range(_RACES):
            again = self._claimed_twice(people, began)
            if again == judged:
                self._let_go(claims_of(before.values()))
                return Filled(len(before), held)
            judged = twice, others = again
            held = held or bool(twice)
            for record in self._fill_people(people, began, twice):
                before.setdefault(record[:16], record)
            self._write_people(self._rivals(others))
        raise Conflict("claims are contended")

    def _fill_people(
        self, people: Mapping[int, Sequence[bytes]], began: int, twice: set[PersonId]
    ) -> list[bytes]:
        """The records of those who are others than before, as they were."""
        named = {pack_uuid(person) for person in twice}
        changed: list[bytes] = []
        for name, found, row in self._filled("p", people):
            others: list[bytes] = []

            def merge(
                before: bytes, found: Sequence[bytes] = found, others: list[bytes] = others
            ) -> bytes:
                after, others[:] = merge_people(before, found, began, named)
                return after

            self._fill(name, row, merge)
            changed += others
        return changed

    def _claimed_twice(
        self, people: Mapping[int, Sequence[bytes]], began: int
    ) -> tuple[set[PersonId], set[PersonId]]:
        """Whom the audit takes to be mapped while somebody else carries their object id, and who
        those are."""
        claims = self._all_contested()
        found = mapped_to((blob for blobs in people.values() for blob in blobs), claims)
        if not found:
            return set(), set()
        wanted = {i.object for i in found if i.object}
        texts = {o: _texts(claims[pack_uuid(o)]) for o in wanted}
        known = self.known({i.person for i in found}.union(*texts.values()))
        marked, others = mark_claims(
            (i for i in found if i.person not in known or known[i.person].checked <= began),
            _carried(texts, known),
        )
        return {i.person for i in marked if i.state is IdentityState.CLAIMED_TWICE}, others

    def _all_contested(self) -> dict[bytes, Set[bytes]]:
        """Object ids that several people claim. A run asks once for each few buckets of people and
        again when they are written: a bucket of claims is read again where it has changed."""
        now = {row.key: row.etag for row in self._rows.range("o:", "o;", only=["RowKey"])}
        kept = {key: was for key, was in self._contested.items() if now.get(key) == was[0]}
        if changed := now.keys() - kept.keys():
            for row in self._rows.range(min(changed), max(changed) + " "):
                kept[row.key] = row.etag, contested(row.blob("b"))
        self._contested = kept
        return {o: people for _, found in kept.values() for o, people in found.items()}

    def _filled(
        self, kind: str, found: Mapping[int, Sequence[bytes]]
    ) -> Iterator[tuple[str, Sequence[bytes], Row | None]]:
        """The buckets' names, what is new in them, and their rows in one question."""
        names = {f"{kind}:{number:02d}": blobs for number, blobs in found.items() if blobs}
        if names:
            low, high = min(names), max(names) + " "
            rows = {row.key: row for row in self._rows.range(low, high)}
            for name, blobs in names.items():
                yield name, blobs, rows.get(name)

    def _fill(
        self, name: str, row: Row | None, merge: Callable[[bytes], bytes]
    ) -> tuple[str, bytes]:
        """Read again where somebody else wrote it. Answers what is there now."""
        for _ in range(_RACES):
            before = row.blob("b") if row else b""
            after = merge(before)
            if after == before:
                return row.etag if row else "", after
            try:
                etag = self._rows.put(name, spread("b", after), row.etag if row else None)
            except Conflict:
                row = self._rows.get(name)
                continue
            return etag, after
        raise Conflict(f"identities {name} are contended")

    def _let_go(self, claims: Pairs) -> None:
        """Of those who carry another object id by now, or none."""
        if not claims:
            return
        now = self.known(person for _, person in claims)
        dropped = {(o, p) for o, p in claims if p in now and now[p].object != o}
        self._write_claims([], dropped)
        # Somebody may have been heard to carry it again before the claim was gone.
        again = self.known(person for _, person in dropped).values()
        if back := [i for i in again if (i.object, i.person) in dropped]:
            self.keep(back)

    def _stood_by(self, claims: Claims, new: list[Identity]) -> Claims:
        """Without those of people who carry another object id by now: dying between people and
        claims leaves such."""
        several = {person for people in claims.values() if len(people) > 1 for person in people}
        return _carried(claims, self.known(several) | {i.person: i for i in new})

    def _rivals(self, people: Iterable[PersonId]) -> list[Identity]:
        return [
            replace(i, state=IdentityState.CLAIMED_TWICE)
            for i in self.known(people).values()
            if i.object
        ]

    def _claims_on(self, objects: set[ObjectId]) -> Claims:
        buckets = self._buckets("o", {bucket(o) for o in objects})
        return _claims_in((row.blob("b") for _, row in buckets), objects)

    def _buckets(self, kind: str, names: Iterable[str]) -> Iterator[tuple[str, Row]]:
        """The rows that are there of these buckets. Where more than a quarter of all is wanted, one
        question for the range of them is quicker than so many, and reads four times as much at
        most."""
        wanted = sorted(names)
        if len(wanted) <= BUCKETS // 4:
            one_by_one = ((name, self._rows.get(f"{kind}:{name}")) for name in wanted)
            yield from ((name, row) for name, row in one_by_one if row)
            return
        keys = {f"{kind}:{name}": name for name in wanted}
        for row in self._rows.range(min(keys), max(keys) + " "):
            if row.key in keys:
                yield keys[row.key], row

    def _claim(self, new: list[Identity]) -> Claims:
        """Write who claims what now; answers all claims of these objects."""
        return self._write_claims([(i.object, i.person) for i in new if i.object], [])

    def _write_claims(self, add: Pairs, drop: Pairs) -> Claims:
        """All claims of the objects that were added."""
        adds, drops = _by_bucket(add), _by_bucket(drop)

        def merge(name: str, before: bytes) -> bytes:
            kept = {before[i : i + 32] for i in range(0, len(before), 32)}
            return b"".join(sorted(kept - drops[name] | adds[name]))

        after = self._change("o", {*adds, *drops}, merge)
        return _claims_in(after.values(), {o for o, _ in add})

    def _write_people(self, identities: list[Identity]) -> None:
        by_bucket: defaultdict[str, list[Identity]] = defaultdict(list)
        for identity in identities:
            by_bucket[bucket(identity.person)].append(identity)
        self._change("p", by_bucket, lambda name, before: put_in(before, by_bucket[name]))

    def _change(
        self, kind: str, names: Iterable[str], merge: Callable[[str, bytes], bytes]
    ) -> dict[str, bytes]:
        """What is in these buckets after `merge`. As few transactions as they fit into; where
        others write too, each bucket is tried by itself in the end."""
        left, after = sorted(names), dict[str, bytes]()
        for race in range(_RACES):
            rows, steps = dict(self._buckets(kind, left)), dict[str, Step]()
            for name in left:
                row = rows.get(name)
                before = row.blob("b") if row else b""
                after[name] = merge(name, before)
                if after[name] != before:
                    op, etag = ("replace", row.etag) if row else ("insert", "")
                    steps[name] = Step(op, f"{kind}:{name}", spread("b", after[name]), etag)
            left = []
            for together in _portions(after, steps, 0 if race > _TOGETHER else _PORTION):
                try:
                    self._rows.write([steps[name] for name in together])
                except Conflict:
                    left += together
            if not left:
                return after
        raise Conflict(f"identities {kind}:{left[0]} are contended")


def _carried(claims: Mapping[ObjectId, Iterable[PersonId]], known: People) -> Claims:
    """Without those who carry another object id by now. Who is not known is being kept just now."""
    return {
        o: frozenset(p for p in people if p not in known or known[p].object == o)
        for o, people in claims.items()
    }


def _texts(people: Iterable[bytes]) -> set[PersonId]:
    return {PersonId(unpack_uuid(person)) for person in people}


def _by_bucket(pairs: Pairs) -> defaultdict[str, set[bytes]]:
    """Claims as they are kept: the object's bytes, then the person's."""
    found: defaultdict[str, set[bytes]] = defaultdict(set)
    for object_id, person in pairs:
        found[bucket(object_id)].add(pack_uuid(object_id) + pack_uuid(person))
    return found


def _claims_in(blobs: Iterable[bytes], objects: set[ObjectId]) -> Claims:
    """Who claims these; after an audit a bucket holds thousands of others."""
    wanted = {pack_uuid(o): o for o in objects}
    claims: defaultdict[ObjectId, set[PersonId]] = defaultdict(set)
    for blob in blobs:
        for at in range(0, len(blob), 32):
            if object_id := wanted.get(blob[at : at + 16]):
                claims[object_id].add(PersonId(unpack_uuid(blob[at + 16 : at + 32])))
    return {o: frozenset(people) for o, people in claims.items()}


def _portions(after: Mapping[str, bytes], names: Iterable[str], most: int) -> Iterator[list[str]]:
    """Buckets that are written together: as many as `most` bytes hold, or one."""
    portion: list[str] = []
    size = 0
    for name in names:
        if portion and size + len(after[name]) > most:
            yield portion
            portion, size = [], 0
        portion.append(name)
        size += len(after[name])
    if portion:
        yield portion
