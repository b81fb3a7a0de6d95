// The script that all compared systems share: it opens camera and microphone, plays what it receives, and lets the page
// with ?role=clinician call with its one button. All parameters are stock.
export const role = new URLSearchParams(location.search).get('role');
export const media = await navigator.mediaDevices.getUserMedia({
  audio: { channelCount: 1 },
  video: { width: { ideal: 640 }, height: { ideal: 480 }, frameRate: { ideal: 15 } },
});

/** A stock connection that shows what it receives. */
export function newConnection() {
  const connection = new RTCPeerConnection();
  connection.ontrack = (event) => {
    // As in most products, each in an element of its own: a frozen picture does not delay the voice.
    const element = event.track.kind === 'video' ? 'remote' : 'voice';
    document.getElementById(element).srcObject = new MediaStream([event.track]);
  };
  connection.onconnectionstatechange = () => {
    if (connection.connectionState === 'connected') document.body.dataset.view = 'call';
  };
  return connection;
}

/** Sends the page's camera and microphone on a connection. */
export function sendOn(connection) {
  for (const track of media.getTracks()) connection.addTrack(track, media);
}

/** Waits until all candidates are gathered, for servers without trickle ICE. */
export async function gathered(connection) {
  if (connection.iceGatheringState === 'complete') return;
  await new Promise((resolve) => {
    connection.addEventListener('icegatheringstatechange', () => {
      if (connection.iceGatheringState === 'complete') resolve();
    });
  });
}

/** Shows that the page can be called or, with ?role=clinician, enables its button to call. */
export function ready(call) {
  document.body.dataset.view = role === 'clinician' ? 'queue' : 'waiting';
  if (role !== 'clinician') return;
  const accept = document.querySelector('[data-action=accept]');
  accept.disabled = false;
  accept.onclick = call;
}

/** A socket whose messages (JSON) are handled one after the other. */
export async function openSocket(address, protocol, receive) {
  const socket = new WebSocket(address, protocol);
  let last = Promise.resolve();
  socket.onmessage = (event) => {
    const message = JSON.parse(event.data);
    last = last.then(() => receive(message));
  };
  await new Promise((resolve, reject) => {
    socket.onopen = resolve;
    socket.onerror = reject;
  });
  return (message) => socket.send(JSON.stringify(message));
}
