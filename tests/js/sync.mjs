// One comparison by docs/spec/sync.md, over a libp2p stream: by need and by position. Sets so
// large or so unlike that they are compared by ranges are beyond this peer, which then says so.

import { createHash, randomBytes } from "node:crypto";
import { compare, decode, encode, join, must } from "./cbor.mjs";
import { sha256 } from "./record.mjs";

export const SYNC = "/p2pevents/sync/1.0.0";
const FRAME_BYTES_MAX = 278_528;
const PREFIX_BYTES = 8;
const [HELLO, PAGE, ACK, END, PUSH, TAKEN, SINCE, NEED, , WANT] = Array(10).keys();

// SYNC-9.
export function fingerprint(ids) {
  const lanes = new Uint16Array(1_024);
  for (const id of ids) {
    const hash = createHash("shake128", { outputLength: 2_048 });
    const added = hash.update("p2pevents/1/lthash\0").update(id).digest();
    for (let lane = 0; lane < lanes.length; lane++) lanes[lane] += added.readUInt16LE(2 * lane);
  }
  const state = Buffer.alloc(2_048);
  lanes.forEach((value, lane) => state.writeUInt16LE(value, 2 * lane));
  return sha256(new Uint8Array(state));
}

// SYNC-5, both ways.
function packed(items) {
  const parts = items.flatMap(([envelope, body]) => {
    const lengths = Buffer.alloc(4);
    lengths.writeUInt16BE(envelope.length);
    lengths.writeUInt16BE(body === null ? 0 : body.length + 1, 2);
    return [new Uint8Array(lengths), envelope, body ?? new Uint8Array(0)];
  });
  return join(...parts);
}

function itemsOf(bytes) {
  const lengths = Buffer.from(bytes);
  const items = [];
  for (let at = 0; at < bytes.length; ) {
    must(at + 4 <= bytes.length, "message-items");
    const middle = at + 4 + lengths.readUInt16BE(at);
    const more = lengths.readUInt16BE(at + 2);
    const end = middle + Math.max(0, more - 1);
    must(middle > at + 4 && end <= bytes.length, "message-items");
    items.push([bytes.slice(at + 4, middle), more === 0 ? null : bytes.slice(middle, end)]);
    at = end;
  }
  return items;
}

// SYNC-2 and SYNC-3: whole messages in, whole messages out.
class Messages {
  constructor(stream) {
    this.stream = stream;
    this.chunks = stream[Symbol.asyncIterator]();
    this.buffered = new Uint8Array(0);
  }

  async take(count) {
    while (this.buffered.length < count) {
      const { value, done } = await this.chunks.next();
      must(!done, "the stream ended");
      this.buffered = join(this.buffered, value.subarray());
    }
    const taken = this.buffered.slice(0, count);
    this.buffered = this.buffered.slice(count);
    return taken;
  }

  // Returns the next message; pushes are answered on the way, wants are not (SYNC-27).
  async receive(holding) {
    for (;;) {
      const length = Buffer.from(await this.take(4)).readUInt32BE();
      must(length > 0 && length <= FRAME_BYTES_MAX, "frame-size");
      const message = decode(await this.take(length), {
        bytesMax: FRAME_BYTES_MAX, itemsMax: 65_536,
      });
      must(Array.isArray(message) && Number.isInteger(message[0]), "message-shape");
      if (message[0] === PUSH) {
        itemsOf(message[1]).forEach((item) => holding.take(item));
        await this.send([TAKEN, true]);
      } else if (message[0] !== TAKEN && message[0] !== WANT) {
        return message;
      }
    }
  }

  async send(message) {
    const frame = encode(message);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(frame.length);
    if (!this.stream.send(join(new Uint8Array(length), frame))) await this.stream.onDrain();
  }
}

// Compares and exchanges until both sides have sent their end. Returns how it came out.
export async function compareSets(stream, holding, { network, shard }) {
  const messages = new Messages(stream);
  const snapshot = [[...holding.authority.values()], [...holding.records.values()]];
  const prints = () =>
    [holding.authority, holding.records].map((each) =>
      fingerprint([...each.values()].map(({ id }) => id)),
    );
  const size = snapshot[0].length + snapshot[1].length;
  const nonce = new Uint8Array(randomBytes(16));
  const log = [new Uint8Array(randomBytes(16)), size];
  const own = prints();
  await messages.send([HELLO, 1, network, shard, null, true, nonce, log, ...own, null]);
  const hello = await messages.receive(holding);
  must(hello[0] === HELLO && hello[1] === 1, "message-turn");
  must(hello[2] === network && hello[3] === shard, "another network");
  const theirs = hello.slice(8, 10);
  const unlike = [0, 1].filter((each) => compare(own[each], theirs[each]) !== 0);
  if (unlike.length === 0) return { outcome: "equal", received: 0, sent: 0 };

  let received = 0;
  let sent = 0;
  for (const each of unlike) {
    const done = await exchange(messages, holding, snapshot[each], size);
    received += done.received;
    sent += done.sent;
  }
  const after = prints();
  await messages.send([END, ...after, received, new Map()]);
  const end = await messages.receive(holding);
  must(end[0] === END, "message-turn");
  const isEqual = [0, 1].every((each) => compare(after[each], end[each + 1]) === 0);
  return { outcome: isEqual ? "equal" : "unfinished", received, sent };
}

// SYNC-10 to SYNC-16, one collection.
async function exchange(messages, holding, mine, position) {
  const prefixes = join(...mine.map(({ id }) => id.slice(0, PREFIX_BYTES)));
  await messages.send([SINCE, mine.length, mine.length, prefixes]);
  const [code, total, count, theirs] = await messages.receive(holding);
  must(code === SINCE, "message-turn");

  let awaitsPages = false;
  if (theirs === null) {
    must(2 * (total - mine.length) >= count, "these sets want ranges");
    awaitsPages = true;
  } else if (count > 0) {
    const bits = new Uint8Array(Math.ceil(count / 8));
    const held = new Set(mine.map(({ id }) => hex(id.slice(0, PREFIX_BYTES))));
    for (let each = 0; each < count; each++)
      if (!held.has(hex(theirs.slice(8 * each, 8 * each + 8)))) bits[each >> 3] |= 1 << (each & 7);
    awaitsPages = bits.some((byte) => byte !== 0);
    await messages.send([NEED, bits]);
  }

  let awaitsNeed = mine.length > 0;
  let awaitsAck = false;
  let received = 0;
  let sent = 0;
  while (awaitsPages || awaitsNeed || awaitsAck) {
    const message = await messages.receive(holding);
    if (message[0] === PAGE && awaitsPages) {
      const items = itemsOf(message[1]);
      items.forEach((item) => holding.take(item));
      received += items.length;
      awaitsPages = !message[3];
      await messages.send([ACK]);
    } else if (message[0] === NEED && awaitsNeed) {
      awaitsNeed = false;
      const bits = message[1];
      const wanted = mine.filter((_, each) => ((bits[each >> 3] ?? 0) >> (each & 7)) & 1);
      if (wanted.length > 0) {
        awaitsAck = true;
        sent = wanted.length;
        await messages.send([PAGE, packed(wanted.map(({ item }) => item)), position, true]);
      }
    } else {
      must(message[0] === ACK && awaitsAck, "message-turn");
      awaitsAck = false;
    }
  }
  return { received, sent };
}

function hex(bytes) {
  return Buffer.from(bytes).toString("hex");
}
