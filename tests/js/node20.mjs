// What js-libp2p takes for granted and Node.js 20 has not: preloaded with --import.

import { WebSocket } from "ws";

globalThis.WebSocket ??= WebSocket;
Promise.withResolvers ??= function withResolvers() {
  let resolve, reject;
  const promise = new Promise((yes, no) => ([resolve, reject] = [yes, no]));
  return { promise, resolve, reject };
};
