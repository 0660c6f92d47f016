"""Follows, peers, deliveries, pins and notes, in the log's own SQLite store."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from types import NoneType
from typing import Any, Final

from p2pevents.log.local import (
    Cursor,
    Delivery,
    Follow,
    KnownPeer,
    LocalState,
    check_note,
    check_peer,
)
from p2pevents.log.store import Store
from p2pevents.record.ids import ChapterId, EntryId

__all__ = ["SqliteLocal"]

# What a row must be made of. A row that a flipped bit made something else is passed over:
# nothing here is worth more than that the node starts.
_FOLLOW: Final = (bytes, str, int, (int, NoneType), (bytes, NoneType))
_PEER: Final = (str, str, int)
_CURSOR: Final = (bytes, int)
_DELIVERY: Final = (bytes, (int, NoneType), int)
_PIN: Final = (bytes, bytes)


class SqliteLocal(LocalState):
    """Each method is one statement, and each write one transaction."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def follows(self) -> list[Follow]:
        return self._follows("ORDER BY rowid", ())

    def following(self, chapter: ChapterId) -> Follow | None:
        return next(iter(self._follows("WHERE chapter = ?", (chapter,))), None)

    def _follows(self, rest: str, values: Sequence[object]) -> list[Follow]:
        return [
            Follow(
                chapter=chapter,
                petname=petname,
                since_ms=since_ms,
                floor_seq=floor_seq,
                floor_hash=floor_hash,
            )
            for chapter, petname, since_ms, floor_seq, floor_hash in self._sound(
                _FOLLOW,
                f"SELECT chapter, petname, since_ms, floor_seq, floor_hash FROM follow {rest}",
                values,
            )
        ]

    def set_follow(self, follow: Follow) -> None:
        self._write(
            "INSERT INTO follow VALUES (?, ?, ?, ?, ?) ON CONFLICT (chapter) DO UPDATE SET"
            " petname = excluded.petname, since_ms = excluded.since_ms,"
            " floor_seq = excluded.floor_seq, floor_hash = excluded.floor_hash",
            (
                follow.chapter,
                follow.petname,
                follow.since_ms,
                follow.floor_seq,
                follow.floor_hash,
            ),
        )

    def unfollow(self, chapter: ChapterId) -> None:
        self._write("DELETE FROM follow WHERE chapter = ?", (chapter,))

    def peers(self) -> list[KnownPeer]:
        return self._peers("ORDER BY seen_ms DESC, peer", ())

    def peer(self, peer: str) -> KnownPeer | None:
        return next(iter(self._peers("WHERE peer = ?", (peer,))), None)

    def set_peer(self, peer: KnownPeer) -> None:
        check_peer(peer)
        cursor = peer.cursor
        self._write(
            "INSERT OR REPLACE INTO peer VALUES (?, ?, ?, ?, ?)",
            (
                peer.peer,
                "\n".join(peer.addresses),
                peer.seen_ms,
                cursor and cursor.incarnation,
                cursor and cursor.position,
            ),
        )

    def forget_peer(self, peer: str) -> None:
        self._write("DELETE FROM peer WHERE peer = ?", (peer,))

    def outbox(self) -> list[Delivery]:
        return self._deliveries("WHERE announced_ms IS NULL ORDER BY rowid", ())

    def deliveries(self, ids: Collection[bytes]) -> dict[bytes, Delivery]:
        found = {}
        for item in ids:
            for delivery in self._deliveries("WHERE item = ?", (item,)):
                found[item] = delivery
        return found

    def set_delivery(self, delivery: Delivery) -> None:
        self._write(
            "INSERT INTO delivery VALUES (?, ?, ?) ON CONFLICT (item) DO UPDATE SET"
            " announced_ms = excluded.announced_ms, peers = excluded.peers",
            (delivery.item, delivery.announced_ms, delivery.peers),
        )

    def pins(self) -> dict[ChapterId, EntryId]:
        return dict(self._sound(_PIN, "SELECT chapter, entry FROM pin"))

    def pin(self, chapter: ChapterId) -> EntryId | None:
        rows = self._sound(_PIN, "SELECT chapter, entry FROM pin WHERE chapter = ?", (chapter,))
        return next((entry for _, entry in rows), None)

    def set_pin(self, chapter: ChapterId, entry: EntryId | None) -> None:
        if entry is None:
            self._write("DELETE FROM pin WHERE chapter = ?", (chapter,))
        else:
            self._write("INSERT OR REPLACE INTO pin VALUES (?, ?)", (chapter, entry))

    def note(self, key: str) -> bytes | None:
        row = self._store.row("SELECT value FROM note WHERE key = ?", (key,))
        return row[0] if row is not None and type(row[0]) is bytes else None

    def set_note(self, key: str, value: bytes | None) -> None:
        if value is None:
            self._write("DELETE FROM note WHERE key = ?", (key,))
        else:
            check_note(value)
            self._write("INSERT OR REPLACE INTO note VALUES (?, ?)", (key, value))

    def _peers(self, rest: str, values: Sequence[object]) -> list[KnownPeer]:
        rows = self._sound(
            _PEER,
            f"SELECT peer, addresses, seen_ms, incarnation, position FROM peer {rest}",
            values,
        )
        return [
            KnownPeer(
                peer=peer,
                addresses=tuple(addresses.split("\n") if addresses else ()),
                seen_ms=seen_ms,
                cursor=Cursor(incarnation=cursor[0], position=cursor[1])
                if _is_made_of(cursor, _CURSOR)
                else None,
            )
            for peer, addresses, seen_ms, *cursor in rows
        ]

    def _deliveries(self, rest: str, values: Sequence[object]) -> list[Delivery]:
        rows = self._sound(
            _DELIVERY,
            f"SELECT item, announced_ms, peers FROM delivery {rest}",
            values,
        )
        return [
            Delivery(item=item, announced_ms=announced_ms, peers=peers)
            for item, announced_ms, peers in rows
        ]

    def _sound(
        self, types: Sequence[Any], sql: str, values: Sequence[object] = ()
    ) -> Iterator[Any]:
        """Yield the rows of a query that begin with values of these types."""
        return (row for row in self._store.rows(sql, values) if _is_made_of(row, types))

    def _write(self, sql: str, values: Sequence[object]) -> None:
        with self._store.transaction():
            self._store.execute(sql, values)


def _is_made_of(row: Sequence[object], types: Sequence[Any]) -> bool:
    return all(isinstance(value, of) for value, of in zip(row, types, strict=False))
