// How long js-libp2p's gossip takes from publishing to the message at the neighbour, for
// tests/bench/bench_peers: two hosts in this process, over TCP on loopback.
//
//     node --import ./node20.mjs live.mjs MESSAGES BYTES

import { randomBytes } from "node:crypto";
import { noise } from "@chainsafe/libp2p-noise";
import { yamux } from "@chainsafe/libp2p-yamux";
import { gossipsub } from "@libp2p/gossipsub";
import { identify } from "@libp2p/identify";
import { tcp } from "@libp2p/tcp";
import { createLibp2p } from "libp2p";

const TOPIC = "live";
const PAUSE_MS = 100;
const [messages, bytes] = process.argv.slice(2).map(Number);
const wait = (ms) => new Promise((go) => setTimeout(go, ms));

const host = () =>
  createLibp2p({
    addresses: { listen: ["/ip4/127.0.0.1/tcp/0"] },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    services: { identify: identify(), pubsub: gossipsub({ globalSignaturePolicy: "StrictSign" }) },
  });

const [writer, reader] = [await host(), await host()];
for (const each of [writer, reader]) each.services.pubsub.subscribe(TOPIC);
await writer.dial(reader.getMultiaddrs()[0]);
while (writer.services.pubsub.getMeshPeers(TOPIC).length === 0) await wait(50);

const took = [];
for (let number = 0; number < messages; number += 1) {
  await wait(PAUSE_MS);
  const came = new Promise((go) =>
    reader.services.pubsub.addEventListener("message", go, { once: true }),
  );
  const began = performance.now();
  await writer.services.pubsub.publish(TOPIC, randomBytes(bytes));
  await came;
  took.push(performance.now() - began);
}
took.sort((one, other) => one - other);
console.log(JSON.stringify({ live_ms: took[Math.floor(took.length / 2)] }));
process.exit(0);
