// Two browsers, one RTCPeerConnection, nothing tuned: the bar that stock WebRTC sets on a thin link. The page with
// ?role=clinician calls when its button is pressed; the other answers.
const role = new URLSearchParams(location.search).get('role');
const socket = new WebSocket(`ws://${location.host}/socket`);
const media = await navigator.mediaDevices.getUserMedia({
  audio: { channelCount: 1 },
  video: { width: { ideal: 640 }, height: { ideal: 480 }, frameRate: { ideal: 15 } },
});
let connection = null;

function connect() {
  connection = new RTCPeerConnection();
  for (const track of media.getTracks()) connection.addTrack(track, media);
  connection.ontrack = (event) => {
    // As in most products, each in an element of its own: a picture that stands still cannot hold the voice.
    const element = event.track.kind === 'video' ? 'remote' : 'voice';
    document.getElementById(element).srcObject = new MediaStream([event.track]);
  };
  connection.onicecandidate = (event) => {
    if (event.candidate) send({ candidate: event.candidate });
  };
  connection.onconnectionstatechange = () => {
    if (connection.connectionState === 'connected') document.body.dataset.view = 'call';
  };
}

function send(message) {
  socket.send(JSON.stringify(message));
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

let last = Promise.resolve();
socket.onmessage = (event) => {
  const message = JSON.parse(event.data);
  last = last.then(() => receive(message));
};

function ready() {
  document.body.dataset.view = role === 'clinician' ? 'queue' : 'waiting';
  if (role !== 'clinician') return;
  const accept = document.querySelector('[data-action=accept]');
  accept.disabled = false;
  accept.onclick = async () => {
    connect();
    await connection.setLocalDescription();
    send({ description: connection.localDescription });
  };
}
if (socket.readyState === WebSocket.OPEN) ready();
else socket.onopen = ready;
