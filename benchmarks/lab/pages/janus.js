// Janus' video room, by its WebSocket API: one handle publishes, another subscribes to the other publisher.
// The station is in the room from the start and publishes when the doctor publishes.
import { gathered, newConnection, openSocket, ready, role, sendOn } from '/plain.js';

const PORT = 8188;
const ROOM = 1234;
// Janus ends a session after 60 s without a message.
const KEEP_ALIVE_MS = 25_000;
const answers = new Map(); // by transaction
const handlers = new Map(); // by handle: what to do with its events
let session = null;
let number = 0;
let publishing = false;

function ask(message) {
  number += 1;
  const transaction = String(number);
  send({ ...message, transaction, ...(session ? { session_id: session } : {}) });
  return new Promise((resolve, reject) => answers.set(transaction, { resolve, reject }));
}

function receive(message) {
  const waiting = answers.get(message.transaction);
  if (message.janus === 'ack') return;
  if (waiting) {
    answers.delete(message.transaction);
    const error = message.error ?? message.plugindata?.data?.error;
    if (error) waiting.reject(new Error(JSON.stringify(error)));
    else waiting.resolve(message);
  } else if (message.janus === 'event') {
    handlers.get(message.sender)?.(message.plugindata.data);
  }
}

async function attach(onEvent) {
  const { data } = await ask({ janus: 'attach', plugin: 'janus.plugin.videoroom' });
  handlers.set(data.id, onEvent);
  return (body, jsep) => ask({ janus: 'message', handle_id: data.id, body, ...(jsep ? { jsep } : {}) });
}

const plain = ({ type, sdp }) => ({ type, sdp });

async function publish() {
  if (publishing) return;
  publishing = true;
  const connection = newConnection();
  sendOn(connection);
  await connection.setLocalDescription();
  await gathered(connection);
  const { jsep } = await tell({ request: 'publish' }, plain(connection.localDescription));
  await connection.setRemoteDescription(jsep);
}

async function subscribe(feed) {
  const connection = newConnection();
  const say = await attach(() => {});
  const { jsep } = await say({ request: 'join', ptype: 'subscriber', room: ROOM, streams: [{ feed }] });
  await connection.setRemoteDescription(jsep);
  await connection.setLocalDescription();
  await gathered(connection);
  await say({ request: 'start' }, plain(connection.localDescription));
}

async function others(data) {
  for (const { id } of data.publishers ?? []) await Promise.all([publish(), subscribe(id)]);
}

const send = await openSocket(`ws://${location.hostname}:${PORT}/`, ['janus-protocol'], receive);
session = (await ask({ janus: 'create' })).data.id;
setInterval(() => ask({ janus: 'keepalive' }), KEEP_ALIVE_MS);
const tell = await attach(others);
await tell({ request: 'join', ptype: 'publisher', room: ROOM, display: role });
ready(publish);
