// The work of a bench by hypercore: what its caller asks for, as one line of JSON.
//
//     node hypercore.mjs serve DIR BLOCKS BYTES    append blocks, then serve them until stdin ends
//     node hypercore.mjs take DIR KEY PORT BLOCKS  replicate them all to an empty core
//
// `serve` says how long appending took, one by one and in hundreds, and after that, for each line
// on stdin, appends one block and says when. `take` says how long it took from dialling until it
// had all, the bytes on the wire, and then when each further block was there. Times of day are in
// ms of one machine's monotonic clock, which both processes read.

import { createServer, connect } from "node:net";
import { createInterface } from "node:readline";
import Hypercore from "hypercore";

const [what, dir, ...rest] = process.argv.slice(2);
const say = (said) => console.log(JSON.stringify(said));
const now = () => Number(process.hrtime.bigint()) / 1e6;
const ONE_BY_ONE = 500;
const BATCH = 100;

function blocksOf(count, bytes) {
  return Array.from({ length: count }, (_, number) => {
    const block = Buffer.alloc(bytes, "Meet the people who build the peer-to-peer web. ");
    block.writeUInt32BE(number);
    return block;
  });
}

async function serve(count, bytes) {
  const blocks = blocksOf(count, bytes);
  const apart = new Hypercore(`${dir}/apart`);
  await apart.ready();
  let began = now();
  for (const block of blocks.slice(0, ONE_BY_ONE)) await apart.append(block);
  const singly = (1000 * ONE_BY_ONE) / (now() - began);
  await apart.close();

  const core = new Hypercore(`${dir}/core`);
  await core.ready();
  began = now();
  for (let at = 0; at < count; at += BATCH) await core.append(blocks.slice(at, at + BATCH));
  const inHundreds = (1000 * count) / (now() - began);

  const server = createServer((socket) => {
    socket.setNoDelay(true);
    socket.on("error", () => {});
    const stream = core.replicate(false);
    stream.on("error", () => {});
    socket.pipe(stream).pipe(socket);
  });
  await new Promise((go) => server.listen(0, "127.0.0.1", go));
  const { port } = server.address();
  say({ key: core.key.toString("hex"), port, singly, inHundreds });
  for await (const _ of createInterface({ input: process.stdin })) {
    const at = now();
    await core.append(blocks[0]);
    say({ at });
  }
  process.exit(0);
}

async function take(key, port, count) {
  const core = new Hypercore(`${dir}/copy`, Buffer.from(key, "hex"));
  await core.ready();
  const began = now();
  const socket = connect(Number(port), "127.0.0.1");
  socket.setNoDelay(true);
  const stream = core.replicate(true, { live: true });
  socket.pipe(stream).pipe(socket);
  await new Promise((go) => socket.once("connect", go));
  while (core.length < count) await core.update({ wait: true });
  await core.download({ start: 0, end: count }).done();
  const took = now() - began;
  const { user, system } = process.cpuUsage();
  say({
    took,
    wireBytes: socket.bytesRead + socket.bytesWritten,
    memory: process.memoryUsage().rss,
    cpu: (user + system) / 1000,
  });
  for (let next = count; ; next += 1) {
    await core.get(next);
    say({ at: now() });
  }
}

if (what === "serve") await serve(Number(rest[0]), Number(rest[1]));
else await take(rest[0], rest[1], Number(rest[2]));
