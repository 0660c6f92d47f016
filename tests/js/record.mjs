// Records and a chapter's first entry, as docs/spec/record.md and docs/spec/charter.md have them.

import { createHash, randomBytes } from "node:crypto";
import { ed25519 } from "@noble/curves/ed25519.js";
import { compare, decode, encode, join, must, Refused } from "./cbor.mjs";

const { Point } = ed25519;
const ORDER = Point.Fn.ORDER;
const NAME = Buffer.from("p2pevents/1/record");
const ENTRY_NAME = Buffer.from("p2pevents/1/entry");
const ZERO = Uint8Array.of(0);
const TEMPLATE = Uint8Array.of(0x84, 0x43, 0xa1, 0x01, 0x27, 0xa0);
const ENVELOPE_BYTES_MAX = 1_099;
const HEADER_BYTES_MAX = 1_024;
const BODY_BYTES_MAX = 16_384;

export function sha256(...parts) {
  return new Uint8Array(createHash("sha256").update(join(...parts)).digest());
}

// REC-3. Written out, because libraries differ in what they let pass.
export function isSigned(key, message, signature) {
  try {
    const author = Point.fromBytes(key);
    if (author.is0() || !author.isTorsionFree()) return false;
    const s = littleEndian(signature.slice(32));
    const r = signature.slice(0, 32);
    if (s >= ORDER || Point.fromBytes(r).isSmallOrder()) return false;
    const hash = littleEndian(createHash("sha512").update(join(r, key, message)).digest());
    const expected = Point.BASE.multiplyUnsafe(s).subtract(author.multiplyUnsafe(hash % ORDER));
    return compare(expected.toBytes(), r) === 0;
  } catch {
    return false; // not the canonical encoding of a point
  }
}

function littleEndian(bytes) {
  return BigInt(`0x${Buffer.from(bytes).reverse().toString("hex")}`);
}

function toBeSigned(header) {
  const name = encode(new Uint8Array(NAME));
  const parts = [Uint8Array.of(0x84), encode("Signature1"), TEMPLATE.slice(1, 5), name];
  return join(...parts, encode(header));
}

// REC-22.
export function textOf(bytes) {
  let text = "b";
  for (let bit = 0; bit < bytes.length * 8; bit += 5) {
    const pair = (bytes[bit >> 3] << 8) | (bytes[(bit >> 3) + 1] ?? 0);
    text += "abcdefghijklmnopqrstuvwxyz234567"[(pair >> (11 - (bit & 7))) & 31];
  }
  return text;
}

// REC-1 to REC-7 and REC-11: returns {id, header, body}, or throws Refused.
export function openEnvelope(envelope, body) {
  must(envelope.length <= ENVELOPE_BYTES_MAX, "envelope-bytes");
  const short = envelope[6] < 0x58;
  const headed = short ? 7 : envelope[6] === 0x58 ? 8 : 9;
  const header = envelope.slice(headed, envelope.length - 66);
  const signature = envelope.slice(envelope.length - 64);
  const fits = join(TEMPLATE, encode(header), Uint8Array.of(0x58, 0x40), signature);
  must(compare(fits, envelope) === 0, "envelope-template");
  const read = readHeader(header);
  must(isSigned(read.author, toBeSigned(header), signature), "envelope-signature");
  if (body !== null && body !== undefined) {
    must(body.length === read.size, "body-size");
    must(compare(sha256(body), read.body) === 0, "body-hash");
  }
  return { id: sha256(NAME, ZERO, header), header: read, body: body ?? null };
}

const isBytes32 = (value) => value instanceof Uint8Array && value.length === 32;
const isUpTo = (max) => (value) => Number.isInteger(value) && value >= 0 && value <= max;
const isText = (form) => (value) => typeof value === "string" && form.test(value);
const isComponent = isText(/^[a-z0-9][a-z0-9-]{0,15}$/);
const HEADER = {
  v: (value) => value === 1,
  kind: isText(/^[a-z][a-z-]{0,15}$/),
  chapter: isBytes32,
  path: (value) =>
    Array.isArray(value) && value.length > 0 && value.length <= 4 && value.every(isComponent),
  author: isBytes32,
  authority: isBytes32,
  clock: isUpTo(Number.MAX_SAFE_INTEGER),
  body: isBytes32,
  size: isUpTo(BODY_BYTES_MAX),
  start: isText(/^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/),
};

// REC-6.
export function readHeader(bytes) {
  const map = decode(bytes, { bytesMax: HEADER_BYTES_MAX });
  must(map instanceof Map, "header-shape");
  const asked = Object.keys(HEADER).filter((key) => key !== "start" || map.has("start"));
  must(map.size === asked.length && asked.every((key) => map.has(key)), "header-fields");
  must(HEADER.v(map.get("v")), "header-version");
  for (const key of asked) must(HEADER[key](map.get(key)), `header-${key}`);
  return Object.fromEntries(map);
}

const MAPS = new Set(["localizations", "links", "participants", "keywords"]);
const GUARDED = new Set(["when", "where", "status", "stream", "retracted"]);
// docs/spec/kinds.md: fields that none of these kinds has are nobody's concern (REC-19).
const PAGE = ["retracted", "locale", "localizations", "links"];
const GATHERING = [
  ...PAGE, "title", "description", "when", "where", "status", "stream",
  "participants", "keywords", "languages", "imported",
];
const FIELDS = {
  profile: [
    ...PAGE, "name", "city", "description", "country", "timeZone", "languages",
    "addresses", "publicUrl", "inbox",
  ],
  event: [...GATHERING, "edition", "series"],
  series: GATHERING,
  occurrence: [...GATHERING, "edition"],
  session: [...GATHERING, "type", "room", "recording", "level"],
};

// REC-13 to REC-21, the values themselves apart: returns {field: value}, maps by entry.
export function readBody(header, body) {
  let map;
  try {
    map = decode(body, { bytesMax: BODY_BYTES_MAX });
  } catch (error) {
    throw error instanceof Refused ? new Refused("void-cbor") : error;
  }
  const known = FIELDS[header.kind];
  must(known !== undefined, "void-kind");
  must(map instanceof Map && map.size === 2 && map.has("salt"), "void-shape");
  const [salt, fields] = [map.get("salt"), map.get("fields")];
  must(salt instanceof Uint8Array && salt.length === 16, "void-salt");
  must(fields instanceof Map, "void-shape");
  const values = {};
  for (const [name, field] of fields) {
    if (!known.includes(name)) continue;
    if (MAPS.has(name)) {
      must(field instanceof Map, "void-field");
      values[name] = {};
      for (const [entry, each] of field) values[name][entry] = readField(each, 2, header);
    } else {
      values[name] = readField(field, GUARDED.has(name) ? 3 : 2, header);
    }
  }
  const { when } = values;
  if (when instanceof Map && (when.has("start") || when.has("day"))) {
    const day = when.get("day") ?? String(when.get("start")).slice(0, 10);
    must(header.start === day, "void-start");
  }
  return values;
}

function readField(field, length, header) {
  must(Array.isArray(field) && field.length === length, "void-field");
  const [clock, value, seen = []] = field;
  must(isUpTo(header.clock)(clock), "void-clock");
  must(Array.isArray(seen) && seen.length <= 64, "void-seen");
  let before = new Uint8Array(0);
  for (const each of seen) {
    must(Array.isArray(each) && each.length === 2 && isBytes32(each[0]), "void-seen");
    must(compare(each[0], before) > 0 && isUpTo(clock - 1)(each[1]), "void-seen");
    [before] = each;
  }
  return value;
}

// CH-1 to CH-11 of a genesis with one lead: returns {id, leads}, or throws Refused.
export function openGenesis(bytes) {
  const entry = decode(bytes, { bytesMax: 4_096 });
  must(Array.isArray(entry) && entry.length === 2, "entry-shape");
  const [snapshot, signatures] = entry;
  const map = decode(snapshot, { bytesMax: 2_677 });
  must(map.get("seq") === 0 && map.get("prev").length === 0, "entry-prev");
  const leads = map.get("leads");
  const signed = join(ENTRY_NAME, ZERO, snapshot);
  for (const [charter] of leads) {
    const found = signatures.find(([key]) => compare(key, charter) === 0);
    must(found !== undefined, "chain-genesis");
    must(isSigned(charter, signed, found[1]), "entry-signature");
  }
  return { id: sha256(signed), leads };
}

// Founds a chapter of one lead without guardians. A seed is 32 bytes.
export function found(charterSeed, dailySeed) {
  const charter = ed25519.getPublicKey(charterSeed);
  const lead = [charter, ed25519.getPublicKey(dailySeed)];
  const snapshot = encode(
    new Map(
      Object.entries({
        v: 1, seq: 0, k: 0, prev: [], keeps: [], removed: [], guardians: [],
        leads: [lead], refused: true, salt: new Uint8Array(randomBytes(16)),
      }),
    ),
  );
  const signed = join(ENTRY_NAME, ZERO, snapshot);
  const entry = encode([snapshot, [[charter, ed25519.sign(signed, charterSeed)]]]);
  return { id: sha256(signed), entry };
}

// Seals a record of these fields: {name: [clock, value] or [clock, value, seen]}.
export function seal(seed, { kind, chapter, path, authority, clock, start }, fields) {
  const salt = new Uint8Array(randomBytes(16));
  const body = encode(new Map([["salt", salt], ["fields", new Map(Object.entries(fields))]]));
  const said = {
    v: 1, kind, chapter, path, authority, clock,
    author: ed25519.getPublicKey(seed), body: sha256(body), size: body.length,
    ...(start === undefined ? {} : { start }),
  };
  const header = encode(new Map(Object.entries(said)));
  const signature = ed25519.sign(toBeSigned(header), seed);
  return {
    id: sha256(NAME, ZERO, header),
    envelope: join(TEMPLATE, encode(header), Uint8Array.of(0x58, 0x40), signature),
    body,
  };
}
