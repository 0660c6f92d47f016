// What gossip carries, as docs/spec/gossip.md has it, and what this peer holds of it.

import { decode, encode, must } from "./cbor.mjs";
import { openEnvelope, openGenesis, readBody, textOf } from "./record.mjs";

const BUNDLE_BYTES_MAX = 65_536;
const AUTHORITY_KINDS = ["grant", "revoke", "keep"];

// GOSSIP-2: returns items of [envelope, body or null].
export function readBundle(data) {
  const items = decode(data, { bytesMax: BUNDLE_BYTES_MAX });
  must(Array.isArray(items) && items.length > 0 && items.length <= 16, "bundle-shape");
  for (const item of items) {
    must(Array.isArray(item) && item.length === 2, "bundle-shape");
    must(item[0] instanceof Uint8Array && item[0].length > 0, "bundle-shape");
    must(item[1] === null || item[1] instanceof Uint8Array, "bundle-shape");
  }
  return items;
}

// The records and entries that were checked, by id as text, in the two collections of sync.
export class Holding {
  authority = new Map();
  records = new Map();

  // Checks an item, keeps it and returns what a person would want to know; throws Refused.
  take([envelope, body]) {
    if (envelope[0] === 0x82) {
      const entry = openGenesis(envelope);
      const id = textOf(entry.id);
      this.authority.set(id, { id: entry.id, item: [envelope, null] });
      return { id, kind: "entry" };
    }
    const record = openEnvelope(envelope, body);
    const { kind, chapter, path, clock } = record.header;
    const id = textOf(record.id);
    const collection = AUTHORITY_KINDS.includes(kind) ? this.authority : this.records;
    collection.set(id, { id: record.id, item: [envelope, record.body] });
    const values = record.body === null ? {} : readBody(record.header, record.body);
    const { title, name } = values;
    return { id, kind, chapter: textOf(chapter), path: path.join("/"), clock, title, name };
  }
}

export function bundleOf(items) {
  return encode(items);
}
