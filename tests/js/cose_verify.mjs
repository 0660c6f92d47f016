// Tells whether a COSE library of another language takes a record's envelope.
//
//     npm ci --ignore-scripts --prefix tests/js
//     node tests/js/cose_verify.mjs KEY ENVELOPE EXTERNAL_AAD       (hexadecimal)
//
// Exit 0: taken, and its payload is printed. Exit 1: refused, and why is printed on stderr.

import { webcrypto } from "node:crypto";
import { Sign1 } from "@auth0/cose";

const [key, envelope, externalAAD] = process.argv
  .slice(2)
  .map((hex) => new Uint8Array(Buffer.from(hex, "hex")));

try {
  const publicKey = await webcrypto.subtle.importKey(
    "raw", key, { name: "Ed25519" }, true, ["verify"],
  );
  const sign1 = Sign1.decode(envelope);
  await sign1.verify(publicKey, { externalAAD });
  console.log(Buffer.from(sign1.payload).toString("hex"));
} catch (error) {
  console.error(String(error));
  process.exit(1);
}
