-- The log's first tables. docs/log.md explains them together.
--
-- All tables have a rowid, also those that are looked up by hash: a table kept
-- in order of its hashes rewrites a page for every row.

-- What the store is: 'incarnation', 16 random bytes, new when made or restored.
CREATE TABLE store (
    name  TEXT NOT NULL PRIMARY KEY,
    value BLOB NOT NULL
) STRICT;

-- The last numbers given. They are never given again, whatever is deleted.
CREATE TABLE tip (
    one      INTEGER PRIMARY KEY CHECK (one = 1),
    arrival  INTEGER NOT NULL, -- of records and entries, in one sequence
    position INTEGER NOT NULL  -- of whatever enters the set
) STRICT;
INSERT INTO tip VALUES (1, 0, 0);

-- Chapters and authors by small numbers, so that 32 bytes are written once.
CREATE TABLE chapter (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id     BLOB NOT NULL UNIQUE CHECK (length(id) = 32)
) STRICT;
CREATE TABLE author (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    key    BLOB NOT NULL UNIQUE CHECK (length(key) = 32)
) STRICT;

-- One row a record: what it is looked up by. Its bytes are in `content`.
-- Columns repeat what the header says and only find it; the header is read anew.
-- standing: 3 in the set, 5 waiting, 6 set aside. One flipped bit makes none of them
-- another of them.
CREATE TABLE record (
    arrival  INTEGER PRIMARY KEY,
    id       BLOB NOT NULL,
    chapter  INTEGER NOT NULL,
    author   INTEGER NOT NULL,
    kind     TEXT NOT NULL,
    path     TEXT NOT NULL,     -- components joined by '/'
    clock    INTEGER NOT NULL,  -- ms since 1970, as its author says
    start    TEXT,              -- YYYY-MM-DD, the header's start hint
    bytes    INTEGER NOT NULL,  -- of envelope and body, the body there or not
    standing INTEGER NOT NULL CHECK (standing IN (3, 5, 6)),
    since_ms INTEGER NOT NULL,  -- since when it stands there
    position INTEGER,           -- in the set, else null
    lacks    INTEGER            -- 1 the body has not come, 2 it was erased, null it is there
) STRICT;
CREATE UNIQUE INDEX record_id ON record (id);
CREATE INDEX record_object ON record (chapter, kind, path);
-- With the chapter: of a window of a large log, the rows of those that are not followed stay unread.
CREATE INDEX record_start ON record (start, chapter) WHERE start IS NOT NULL;
CREATE UNIQUE INDEX record_position ON record (position) WHERE position IS NOT NULL;
CREATE INDEX record_outside ON record (standing, since_ms) WHERE standing <> 3;
CREATE INDEX record_bodiless ON record (lacks) WHERE lacks IS NOT NULL;

-- One row a record: its bytes, exactly as signed.
CREATE TABLE content (
    arrival   INTEGER PRIMARY KEY,
    envelope  BLOB NOT NULL,
    body      BLOB,
    signature INTEGER NOT NULL -- CRC-32 of the envelope's signature, which the id leaves out
) STRICT;

-- Charter entries, of every branch.
CREATE TABLE entry (
    arrival  INTEGER PRIMARY KEY,
    id       BLOB NOT NULL UNIQUE,
    chapter  INTEGER NOT NULL,
    seq      INTEGER NOT NULL,
    envelope BLOB NOT NULL,     -- snapshot and signatures
    standing INTEGER NOT NULL CHECK (standing IN (3, 5, 6)),
    since_ms INTEGER NOT NULL,
    seen_ms  INTEGER NOT NULL,  -- first sight, which a recovery's wait counts from
    position INTEGER
) STRICT;
CREATE INDEX entry_chapter ON entry (chapter, seq);
CREATE UNIQUE INDEX entry_position ON entry (position) WHERE position IS NOT NULL;

-- How much each key has in each chapter, kept with every write: caps are asked for
-- on every record that comes in.
CREATE TABLE tally (
    chapter  INTEGER NOT NULL,
    author   INTEGER NOT NULL,
    standing INTEGER NOT NULL,
    records  INTEGER NOT NULL,
    bytes    INTEGER NOT NULL,
    PRIMARY KEY (chapter, author, standing)
) STRICT;

-- Full text, by arrival: which words a record has, and not where, so that no text
-- can be read back from it. The text itself is not repeated here.
CREATE VIRTUAL TABLE text USING fts5 (
    words,
    content = '',
    columnsize = 0,
    detail = none,
    tokenize = 'unicode61 remove_diacritics 2'
);
-- Words are gathered in memory, 16 MiB at most, before they are written.
INSERT INTO text (text, rank) VALUES ('hashsize', 16777216);
-- How far the index has come, and by which version of the program's texts.
CREATE TABLE indexed (
    one     INTEGER PRIMARY KEY CHECK (one = 1),
    arrival INTEGER NOT NULL,
    version INTEGER NOT NULL
) STRICT;
INSERT INTO indexed VALUES (1, 0, 0);
-- Records whose body came when the index had passed them.
CREATE TABLE late (arrival INTEGER PRIMARY KEY) STRICT;

-- What only this node knows; never sent.
CREATE TABLE follow (
    chapter    BLOB NOT NULL UNIQUE,
    petname    TEXT NOT NULL,
    since_ms   INTEGER NOT NULL,
    floor_seq  INTEGER, -- from the link's check: the least entry number
    floor_hash BLOB     -- and the beginning of that entry's id
) STRICT;
CREATE TABLE peer (
    peer        TEXT NOT NULL PRIMARY KEY,
    addresses   TEXT NOT NULL, -- one a line, the best first
    seen_ms     INTEGER NOT NULL,
    incarnation BLOB,          -- of its log, and how far we have read in it
    position    INTEGER
) STRICT;
CREATE TABLE delivery (
    item         BLOB NOT NULL UNIQUE, -- an own record or entry
    announced_ms INTEGER,              -- null while it waits
    peers        INTEGER NOT NULL
) STRICT;
CREATE INDEX delivery_waiting ON delivery (announced_ms) WHERE announced_ms IS NULL;
CREATE TABLE pin (
    chapter BLOB NOT NULL PRIMARY KEY,
    entry   BLOB NOT NULL -- the newest charter entry that this node's person accepted
) STRICT;
CREATE TABLE note (
    key   TEXT NOT NULL PRIMARY KEY,
    value BLOB NOT NULL
) STRICT;
