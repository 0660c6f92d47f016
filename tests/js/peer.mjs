// A peer of another language, for tests/interop: js-libp2p on the wire, our pages above it.
//
//     node --import ./node20.mjs peer.mjs '{"listen": [...], "speaksSync": true}'
//
// It reads one command a line, {"do": ...}, and writes one JSON object a line: what it is, what
// it heard, and what came of each command.

import { randomBytes } from "node:crypto";
import { createInterface } from "node:readline";
import { noise } from "@chainsafe/libp2p-noise";
import { yamux } from "@chainsafe/libp2p-yamux";
import { gossipsub } from "@libp2p/gossipsub";
import { identify } from "@libp2p/identify";
import { tcp } from "@libp2p/tcp";
import { webSockets } from "@libp2p/websockets";
import { multiaddr } from "@multiformats/multiaddr";
import { createLibp2p } from "libp2p";
import { bundleOf, Holding, readBundle } from "./bundle.mjs";
import { Refused } from "./cbor.mjs";
import { found, seal, textOf } from "./record.mjs";
import { compareSets, SYNC } from "./sync.mjs";

const asked = JSON.parse(process.argv[2]);
const NAMES = { network: "main", shard: "0" };
const TOPIC = `/p2pevents/1/${NAMES.network}/${NAMES.shard}`;
const holding = new Holding();
const daily = new Uint8Array(randomBytes(32));
let chapter = null;

const say = (said) => console.log(JSON.stringify(said));

const node = await createLibp2p({
  addresses: { listen: asked.listen },
  transports: [tcp(), webSockets()],
  connectionEncrypters: [noise()],
  streamMuxers: [yamux()],
  services: { identify: identify(), pubsub: gossipsub({ globalSignaturePolicy: "StrictSign" }) },
  connectionMonitor: { enabled: false }, // its ping is a protocol that nobody here speaks
});
const { pubsub } = node.services;

pubsub.addEventListener("message", ({ detail }) => {
  if (detail.topic !== TOPIC) return;
  try {
    for (const item of readBundle(detail.data)) say({ heard: holding.take(item) });
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    say({ refused: error.rule });
  }
});
pubsub.subscribe(TOPIC);

async function compareOn(stream, side) {
  try {
    const result = await compareSets(stream, holding, NAMES);
    say({ compared: side, ...result, ids: [...holding.records.keys()] });
  } catch (error) {
    say({ compared: side, outcome: `failed: ${error.message}` });
    stream.abort(error);
  }
}
if (asked.speaksSync) await node.handle(SYNC, (stream) => compareOn(stream, "asked"));

const COMMANDS = {
  async dial({ address }) {
    const connection = await node.dial(multiaddr(address));
    say({ dialled: connection.remotePeer.toString() });
  },

  // Waits until the other side of gossip is there: it is told of subscriptions and grafts.
  async meet() {
    while (pubsub.getMeshPeers(TOPIC).length === 0) await new Promise((go) => setTimeout(go, 50));
    say({ met: pubsub.getMeshPeers(TOPIC).map(String) });
  },

  found({ name }) {
    const charter = new Uint8Array(randomBytes(32));
    const genesis = found(charter, daily);
    chapter = genesis.id;
    const clock = Date.now();
    const profile = { kind: "profile", chapter, path: ["profile"], authority: chapter, clock };
    const record = seal(daily, profile, { name: [clock, name] });
    const items = [[genesis.entry, null], [record.envelope, record.body]];
    items.forEach((item) => holding.take(item));
    say({ founded: textOf(chapter) });
  },

  add({ title, day, timeZone }) {
    const clock = Date.now();
    const path = [textOf(new Uint8Array(randomBytes(10))).slice(1)];
    const said = { kind: "event", chapter, path, authority: chapter, clock, start: day };
    const when = new Map([["start", `${day}T18:30:00`], ["timeZone", timeZone]]);
    const fields = { title: [clock, title], when: [clock, when, []] };
    const record = seal(daily, said, fields);
    holding.take([record.envelope, record.body]);
    say({ added: textOf(record.id), event: path.join("/") });
  },

  // Publishes all that this peer holds, in one bundle.
  async publish() {
    const held = [...holding.authority.values(), ...holding.records.values()];
    const { recipients } = await pubsub.publish(TOPIC, bundleOf(held.map(({ item }) => item)));
    say({ published: held.length, recipients: recipients.length });
  },

  async sync({ address }) {
    const stream = await node.dialProtocol(multiaddr(address), SYNC);
    await compareOn(stream, "asking");
  },
};

say({ peerId: node.peerId.toString(), addresses: node.getMultiaddrs().map(String) });
for await (const line of createInterface({ input: process.stdin })) {
  const command = JSON.parse(line);
  await COMMANDS[command.do](command);
}
await node.stop();
