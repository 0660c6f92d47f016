// Two sets compared by negentropy, in nostr-tools' JavaScript, each time that a line comes in:
// how much processor time both sides took, and the one that answers.
//
//     node negentropy.mjs RECORDS DIFFER
//
// Both sets are loaded and sealed beforehand. What differs is scattered; half of it each side has.

import { createHash } from "node:crypto";
import { createInterface } from "node:readline";
// The package has this and does not export it.
import { Negentropy, NegentropyStorageVector } from "./node_modules/nostr-tools/lib/esm/nip77.js";

const [records, differ] = process.argv.slice(2).map(Number);
const YEAR_S = 365 * 24 * 3_600;
const FRAME_BYTES_MAX = 16 * 2 ** 20; // far more than comes

const sets = [new NegentropyStorageVector(), new NegentropyStorageVector()];
const every = Math.floor((records + differ) / differ);
for (let at = 0; at < records + differ; at++) {
  const id = createHash("sha256").update(`${records} ${at}`).digest("hex");
  const clock = 1_700_000_000 + Math.floor((at / records) * YEAR_S);
  const only = at % every === 0 && at < differ * every ? (at / every) % 2 : null;
  sets.forEach((set, side) => (only === null || only === side) && set.insert(clock, id));
}
sets.forEach((set) => set.seal());

function processorMs() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

function compare() {
  const sides = sets.map((set) => new Negentropy(set, FRAME_BYTES_MAX));
  const took = [0, 0];
  const timed = (side, act) => {
    const began = processorMs();
    const answer = act();
    took[side] += processorMs() - began;
    return answer;
  };
  let found = 0;
  let bytes = 0;
  const note = () => found++;
  let message = timed(0, () => sides[0].initiate());
  for (let side = 1; message !== null; side = 1 - side) {
    bytes += message.length / 2;
    message = timed(side, () => sides[side].reconcile(message, note, note));
  }
  return { both_ms: took[0] + took[1], answering_ms: took[1], bytes, found };
}

console.log(JSON.stringify({ loaded: sets.map((set) => set.size()) }));
for await (const _ of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(compare()));
}
