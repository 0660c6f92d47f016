// Deterministic CBOR as docs/spec/cbor.md has it: a Map, an Array, a Uint8Array, a string, a
// number, true, false or null, each with one encoding.

export class Refused extends Error {
  constructor(rule) {
    super(rule);
    this.rule = rule;
  }
}

export function must(holds, rule) {
  if (!holds) throw new Refused(rule);
}

const INTEGER_MAX = BigInt(Number.MAX_SAFE_INTEGER);
const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

// Returns the one value that the bytes are; throws Refused.
export function decode(bytes, { bytesMax = 65_536, depthMax = 8, itemsMax = 512 } = {}) {
  must(bytes.length <= bytesMax, "cbor-bytes");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  let items = 0;

  function argument(low) {
    if (low < 24) return BigInt(low);
    must(low !== 31, "cbor-indefinite");
    must(low < 28, "cbor-reserved");
    const width = 1 << (low - 24);
    must(at + width <= bytes.length, "cbor-truncated");
    let value = 0n;
    for (const end = at + width; at < end; at++) value = (value << 8n) | BigInt(view.getUint8(at));
    const least = [24n, 1n << 8n, 1n << 16n, 1n << 32n][low - 24];
    must(value >= least, "cbor-shortest");
    return value;
  }

  function take(count) {
    must(count <= BigInt(bytes.length - at), "cbor-truncated");
    at += Number(count);
    return bytes.slice(at - Number(count), at);
  }

  function item(depth) {
    must(++items <= itemsMax, "cbor-items");
    must(at < bytes.length, "cbor-truncated");
    const head = bytes[at++];
    const low = head & 31;
    switch (head >> 5) {
      case 0:
      case 1: {
        must(low !== 31, "cbor-reserved");
        const value = argument(low);
        must(value <= (head < 32 ? INTEGER_MAX : INTEGER_MAX - 1n), "cbor-integer");
        return Number(head < 32 ? value : -1n - value);
      }
      case 2:
        return take(argument(low));
      case 3: {
        const raw = take(argument(low));
        try {
          return UTF8.decode(raw);
        } catch {
          throw new Refused("cbor-utf8");
        }
      }
      case 4: {
        const count = argument(low);
        must(depth < depthMax, "cbor-depth");
        must(count <= BigInt(itemsMax - items), "cbor-items");
        return Array.from({ length: Number(count) }, () => item(depth + 1));
      }
      case 5: {
        const count = argument(low);
        must(depth < depthMax, "cbor-depth");
        must(2n * count <= BigInt(itemsMax - items), "cbor-items");
        const map = new Map();
        let before = null;
        for (let entry = 0n; entry < count; entry++) {
          const from = at;
          const key = item(depth + 1);
          must(typeof key === "string", "cbor-key");
          const encoded = bytes.slice(from, at);
          const order = before === null ? 1 : compare(encoded, before);
          must(order !== 0, "cbor-duplicate");
          must(order > 0, "cbor-order");
          before = encoded;
          map.set(key, item(depth + 1));
        }
        return map;
      }
      case 6:
        throw new Refused("cbor-tag");
      default:
        must(low < 28, "cbor-reserved");
        must(low >= 20 && low <= 22, "cbor-simple");
        return [false, true, null][low - 20];
    }
  }

  const value = item(0);
  must(at === bytes.length, "cbor-trailing");
  return value;
}

// Returns the one encoding of a value.
export function encode(value) {
  if (value === false) return Uint8Array.of(0xf4);
  if (value === true) return Uint8Array.of(0xf5);
  if (value === null) return Uint8Array.of(0xf6);
  if (typeof value === "number") return value < 0 ? head(1, -1 - value) : head(0, value);
  if (typeof value === "string") {
    const raw = new TextEncoder().encode(value);
    return join(head(3, raw.length), raw);
  }
  if (value instanceof Uint8Array) return join(head(2, value.length), value);
  if (Array.isArray(value)) return join(head(4, value.length), ...value.map(encode));
  const entries = [...value].map(([key, each]) => [encode(key), encode(each)]);
  entries.sort(([one], [other]) => compare(one, other));
  return join(head(5, entries.length), ...entries.flat());
}

function head(major, argument) {
  if (argument < 24) return Uint8Array.of((major << 5) | argument);
  const power = [2 ** 8, 2 ** 16, 2 ** 32].findIndex((limit) => argument < limit);
  const size = power < 0 ? 3 : power;
  const bytes = new Uint8Array(1 + 2 ** size);
  bytes[0] = (major << 5) | (24 + size);
  for (let at = bytes.length - 1, rest = BigInt(argument); at > 0; at--, rest >>= 8n)
    bytes[at] = Number(rest & 255n);
  return bytes;
}

export function join(...parts) {
  return new Uint8Array(Buffer.concat(parts));
}

export function compare(one, other) {
  return Buffer.compare(one, other);
}
