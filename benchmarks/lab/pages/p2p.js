// Two browsers, one RTCPeerConnection, stock parameters: the baseline of the comparison.
import { newConnection, openSocket, ready, sendOn } from '/plain.js';

let connection = null;

function connect() {
  connection = newConnection();
  sendOn(connection);
  connection.onicecandidate = (event) => {
    if (event.candidate) send({ candidate: event.candidate });
  };
}

async function receive(message) {
  if (message.description) {
    if (!connection) connect();
    await connection.setRemoteDescription(message.description);
    if (message.description.type === 'offer') {
      await connection.setLocalDescription();
      send({ description: connection.localDescription });
    }
  } else if (message.candidate) {
    await connection.addIceCandidate(message.candidate);
  }
}

const send = await openSocket(`ws://${location.host}/socket`, [], receive);
ready(async () => {
  connect();
  await connection.setLocalDescription();
  send({ description: connection.localDescription });
});
