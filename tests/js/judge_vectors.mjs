// Judges the golden vectors: node judge_vectors.mjs FOLDER, a line `NAME ok` or `NAME RULE` each.

import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { decode, encode, compare, must, Refused } from "./cbor.mjs";
import { isSigned, openEnvelope, readBody, readHeader } from "./record.mjs";

const folder = process.argv[2];
const JUDGES = {
  cbor: ([item]) => must(compare(encode(decode(item)), item) === 0, "encoded otherwise"),
  header: ([header]) => readHeader(header),
  signature: (blocks) => must(isSigned(...blocks), "envelope-signature"),
  envelope: ([envelope, body]) => openEnvelope(envelope, body),
  body: ([header, body]) => readBody(readHeader(header), body),
};

for (const file of readdirSync(folder)) {
  const [, ...texts] = readFileSync(join(folder, file), "ascii").split("\n\n");
  const blocks = texts.map((hex) => new Uint8Array(Buffer.from(hex.replaceAll("\n", ""), "hex")));
  let verdict = "ok";
  try {
    JUDGES[basename(folder)](blocks);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    verdict = error.rule;
  }
  console.log(`${basename(file, ".txt")} ${verdict}`);
}
