// A server made with Node's `ws`, which answers each message, every third in fragments, and logs the Pings it gets.
//
//     node server_ws.js HOST PORT LOG        prints "listening"; SIGTERM ends it when its sessions are over
"use strict";

const { createHash } = require("node:crypto");
const { appendFileSync } = require("node:fs");
const { WebSocketServer } = require("ws");

const [host, port, path] = process.argv.slice(2);
const CLOSE_REQUEST = "close, please";
const CLOSE_CODE = 4001;
const CLOSE_REASON = "as you wish";

function add(conn, ev, facts) {
  const time = Number(BigInt(Date.now()) * 1_000_000n);
  appendFileSync(path, JSON.stringify({ who: "server", conn, ev, time, ...facts }) + "\n");
}

function digest(octets) {
  return { len: octets.length, sha256: createHash("sha256").update(octets).digest("hex") };
}

function message(conn, dir, octets, isBinary) {
  add(conn, "msg", { dir, op: isBinary ? "binary" : "text", ...digest(octets) });
}

// Changed words, so that the directions cannot be confused.
function answer(octets, isBinary) {
  return Buffer.concat([isBinary ? Buffer.from(octets).reverse() : octets, Buffer.from("!")]);
}

function reply(socket, octets, binary, number) {
  if (number % 3 !== 2) {
    socket.send(octets, { binary });
    return;
  }
  const size = Math.floor(octets.length / 3) + 1;
  for (let index = 0; index < 3; index += 1) {
    socket.send(octets.subarray(index * size, (index + 1) * size), { binary, fin: index === 2 });
  }
}

const server = new WebSocketServer({ host, port: Number(port), maxPayload: 0, perMessageDeflate: { threshold: 64 } });

server.on("connection", (socket, request) => {
  const { remoteAddress, remotePort } = request.socket;
  const conn = remoteAddress.includes(":") ? `[${remoteAddress}]:${remotePort}` : `${remoteAddress}:${remotePort}`;
  let number = 0;
  add(conn, "open", { peer: conn });
  socket.on("ping", (octets) => add(conn, "ping", { dir: "received", ...digest(octets) }));
  socket.on("message", (octets, isBinary) => {
    message(conn, "received", octets, isBinary);
    if (!isBinary && octets.toString() === CLOSE_REQUEST) {
      add(conn, "close-sent", { code: CLOSE_CODE, reason: CLOSE_REASON });
      socket.close(CLOSE_CODE, CLOSE_REASON);
      return;
    }
    const answered = answer(octets, isBinary);
    message(conn, "sent", answered, isBinary);
    reply(socket, answered, isBinary, number);
    number += 1;
  });
  socket.on("close", (code, reason) => add(conn, "close", { code, reason: reason.toString() }));
});

server.on("listening", () => console.log("listening"));

// The server ends by itself once no session is left.
process.on("SIGTERM", () => server.close());
