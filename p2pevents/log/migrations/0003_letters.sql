-- Letters: what is on its way to the organisers of a chapter. docs/spec/inbox.md.

-- Those that were written here.
CREATE TABLE letter_out (
    id         BLOB NOT NULL UNIQUE,
    chapter    BLOB NOT NULL,
    data       BLOB NOT NULL,    -- as it is sent: sealed
    content    BLOB NOT NULL,    -- what is in it, for whoever wrote it
    written_ms INTEGER NOT NULL,
    carriers   TEXT NOT NULL,    -- the peers that hold it, one a line
    receipt    BLOB,             -- an organiser's word that it was taken
    answer     TEXT NOT NULL     -- what the last peer that did not take it said
) STRICT;

-- Those that this node carries for others, or has fetched for its own person.
CREATE TABLE letter_in (
    number  INTEGER PRIMARY KEY AUTOINCREMENT, -- in order of arrival
    id      BLOB NOT NULL UNIQUE,
    chapter BLOB NOT NULL,
    sender  BLOB NOT NULL,    -- the key that signed the outside
    data    BLOB NOT NULL,
    peer    TEXT NOT NULL,    -- who handed it over
    address TEXT NOT NULL,    -- and from where
    came_ms INTEGER NOT NULL,
    is_mine INTEGER NOT NULL, -- 1 where this node's person may read it
    receipt BLOB
) STRICT;
CREATE INDEX letter_in_chapter ON letter_in (chapter, number);
CREATE INDEX letter_in_came ON letter_in (came_ms);
