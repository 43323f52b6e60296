"""Persons and object ids in bucket rows: `p:<bucket>` by person, `o:<bucket>` by object id."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import replace
from uuid import UUID

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
from shared.core.ids import ObjectId, PersonId
from shared.core.model import Identity, IdentityState
from shared.ports import Conflict
from shared.storage.tables import Partition, Row, spread

_RACES = 20
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
        """Claims first, so that a crash in between leaves a claim too many, never one too few."""
        new = list(identities)
        before = self.known(i.person for i in new)
        claims = self._stood_by(self._claim(new, before), new)
        for _ in range(_RACES):
            marked, others = mark_claims(new, claims)
            marked = [keep_since(before.get(i.person), i) for i in marked]
            self._write_people([*marked, *self._rivals(others)])
            # Somebody else's claim may have come before our people were there to be marked, and one
            # of ours may have been taken for given up.
            late = self._stood_by(self._claim(new, {}), new)
            if late == claims:
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
                self._drop_claims(before.values())
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
        named = {UUID(person).bytes for person in twice}
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
        texts = {o: _texts(claims[UUID(o).bytes]) for o in wanted}
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

    def _drop_claims(self, changed: Iterable[bytes]) -> None:
        """Of those who carry another object id by now, or none."""
        claims = claims_of(changed)
        now = self.known(person for _, person in claims)
        drop: defaultdict[str, list[tuple[ObjectId, PersonId]]] = defaultdict(list)
        for object_id, person in claims:
            if person in now and now[person].object != object_id:
                drop[bucket(object_id)].append((object_id, person))
        for name in sorted(drop):
            self._write_claims(name, [], drop[name])
        # Somebody may have been heard to carry it again before the claim was gone.
        again = self.known(person for pairs in drop.values() for _, person in pairs)
        dropped = {pair for pairs in drop.values() for pair in pairs}
        self.keep(i for i in again.values() if (i.object, i.person) in dropped)

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
        claims: Claims = {}
        for _, row in self._buckets("o", {bucket(o) for o in objects}):
            claims |= _by_object(_unpack_claims(row.blob("b")))
        return {o: people for o, people in claims.items() if o in objects}

    def _buckets(self, kind: str, names: Iterable[str]) -> Iterator[tuple[str, Row]]:
        """The rows that are there of these buckets. Where more than half of all buckets are wanted,
        one question for the range of them is quicker than so many, and reads at most twice as much.
        """
        wanted = sorted(names)
        if len(wanted) <= BUCKETS // 2:
            one_by_one = ((name, self._rows.get(f"{kind}:{name}")) for name in wanted)
            yield from ((name, row) for name, row in one_by_one if row)
            return
        keys = {f"{kind}:{name}": name for name in wanted}
        for row in self._rows.range(min(keys), max(keys) + " "):
            if row.key in keys:
                yield keys[row.key], row

    def _claim(self, new: list[Identity], before: People) -> Claims:
        """Write who claims what now and no longer; answers all claims of the new objects."""
        add: defaultdict[str, list[tuple[ObjectId, PersonId]]] = defaultdict(list)
        drop: defaultdict[str, list[tuple[ObjectId, PersonId]]] = defaultdict(list)
        for identity in new:
            old = before.get(identity.person)
            if old and old.object and old.object != identity.object:
                drop[bucket(old.object)].append((old.object, identity.person))
            if identity.object:
                add[bucket(identity.object)].append((identity.object, identity.person))
        claims: Claims = {}
        for name in sorted({*add, *drop}):
            claims |= self._write_claims(name, add[name], drop[name])
        wanted = {i.object for i in new}
        return {o: people for o, people in claims.items() if o in wanted}

    def _write_claims(
        self,
        name: str,
        add: list[tuple[ObjectId, PersonId]],
        drop: list[tuple[ObjectId, PersonId]],
    ) -> Claims:
        for _ in range(_RACES):
            row = self._rows.get(f"o:{name}")
            pairs = _unpack_claims(row.blob("b")) if row else set()
            after = (pairs - set(drop)) | set(add)
            if after != pairs:
                try:
                    packed = spread("b", _pack_claims(after))
                    self._rows.put(f"o:{name}", packed, row.etag if row else None)
                except Conflict:
                    continue
            return _by_object(after)
        raise Conflict(f"identities o:{name} are contended")

    def _write_people(self, identities: list[Identity]) -> None:
        by_bucket: defaultdict[str, list[Identity]] = defaultdict(list)
        for identity in identities:
            by_bucket[bucket(identity.person)].append(identity)
        for name in sorted(by_bucket):
            self._write_bucket(name, by_bucket[name])

    def _write_bucket(self, name: str, identities: list[Identity]) -> None:
        for _ in range(_RACES):
            row = self._rows.get(f"p:{name}")
            before, etag = (row.blob("b"), row.etag) if row else (b"", None)
            try:
                self._rows.put(f"p:{name}", spread("b", put_in(before, identities)), etag)
            except Conflict:
                continue
            return
        raise Conflict(f"identities p:{name} are contended")


def _carried(claims: Mapping[ObjectId, Iterable[PersonId]], known: People) -> Claims:
    """Without those who carry another object id by now. Who is not known is being kept just now."""
    return {
        o: frozenset(p for p in people if p not in known or known[p].object == o)
        for o, people in claims.items()
    }


def _texts(people: Iterable[bytes]) -> set[PersonId]:
    return {PersonId(str(UUID(bytes=person))) for person in people}


def _by_object(pairs: set[tuple[ObjectId, PersonId]]) -> Claims:
    claims: defaultdict[ObjectId, set[PersonId]] = defaultdict(set)
    for object_id, person in pairs:
        claims[object_id].add(person)
    return {o: frozenset(people) for o, people in claims.items()}


def _pack_claims(pairs: set[tuple[ObjectId, PersonId]]) -> bytes:
    return b"".join(UUID(o).bytes + UUID(p).bytes for o, p in sorted(pairs))


def _unpack_claims(blob: bytes) -> set[tuple[ObjectId, PersonId]]:
    return {
        (
            ObjectId(str(UUID(bytes=blob[i : i + 16]))),
            PersonId(str(UUID(bytes=blob[i + 16 : i + 32]))),
        )
        for i in range(0, len(blob), 32)
    }
