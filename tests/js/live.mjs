// How long js-libp2p's gossip takes from publishing to the message at the neighbour, for
// tests/bench/bench_peers: two hosts in a process each, over TCP on loopback. Both read the
// machine's one monotonic clock.
//
//     node --import ./node20.mjs live.mjs MESSAGES BYTES

import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { noise } from "@chainsafe/libp2p-noise";
import { yamux } from "@chainsafe/libp2p-yamux";
import { gossipsub } from "@libp2p/gossipsub";
import { identify } from "@libp2p/identify";
import { tcp } from "@libp2p/tcp";
import { multiaddr } from "@multiformats/multiaddr";
import { createLibp2p } from "libp2p";

const TOPIC = "live";
const PAUSE_MS = 100;
const NEIGHBOUR = "neighbour";
const wait = (ms) => new Promise((go) => setTimeout(go, ms));
const now_ms = () => Number(process.hrtime.bigint()) / 1e6;

const host = await createLibp2p({
  addresses: { listen: ["/ip4/127.0.0.1/tcp/0"] },
  transports: [tcp()],
  connectionEncrypters: [noise()],
  streamMuxers: [yamux()],
  services: { identify: identify(), pubsub: gossipsub({ globalSignaturePolicy: "StrictSign" }) },
});
const { pubsub } = host.services;
pubsub.subscribe(TOPIC);

if (process.argv[2] === NEIGHBOUR) {
  const came = [];
  pubsub.addEventListener("message", () => came.push(now_ms()));
  console.log(String(host.getMultiaddrs()[0]));
  process.stdin.resume();
  await once(process.stdin, "end");
  console.log(JSON.stringify(came));
  process.exit(0);
}

const [messages, bytes] = process.argv.slice(2).map(Number);
const neighbour = spawn(process.execPath, [...process.execArgv, process.argv[1], NEIGHBOUR], {
  stdio: ["pipe", "pipe", "inherit"],
});
const lines = createInterface({ input: neighbour.stdout })[Symbol.asyncIterator]();
await host.dial(multiaddr((await lines.next()).value));
while (pubsub.getMeshPeers(TOPIC).length === 0) await wait(50);

const began = [];
for (let number = 0; number < messages; number += 1) {
  await wait(PAUSE_MS);
  began.push(now_ms());
  await pubsub.publish(TOPIC, randomBytes(bytes));
}
await wait(10 * PAUSE_MS);
neighbour.stdin.end();
const came = JSON.parse((await lines.next()).value);
if (came.length !== messages) throw new Error(`${came.length} of ${messages} came`);
const took = came.map((at, number) => at - began[number]).sort((one, other) => one - other);
console.log(JSON.stringify({ live_ms: took[Math.floor(took.length / 2)] }));
process.exit(0);
