// The page of the naive aiortc server: one connection to the server for both directions.
import { gathered, newConnection, openSocket, ready, sendOn } from '/plain.js';

const connection = newConnection();
sendOn(connection);

async function receive(message) {
  if (message.call) {
    await connection.setLocalDescription();
    await gathered(connection);
    const { type, sdp } = connection.localDescription;
    send({ type, sdp });
  } else {
    await connection.setRemoteDescription(message);
  }
}

const send = await openSocket(`ws://${location.host}/socket`, [], receive);
ready(() => send({ call: true }));
