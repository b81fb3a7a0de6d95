// Runs in every page of the lab before the page's own code. Keeps every RTCPeerConnection in window.__legs, records the
// times of states and clicks, and reads getStats at a steady beat inside the page, so that neither the link nor a busy
// driver delays a reading. Must never change how the page works. All times: seconds since the epoch.
(() => {
  const NativeConnection = window.RTCPeerConnection;
  const now = () => (performance.timeOrigin + performance.now()) / 1000;
  const legs = [];
  const lab = {
    opened_s: performance.timeOrigin / 1000,
    states: [], // {leg, state, at_s}: every change of a connection's state
    clicks: [], // {action, at_s}: every click on something with data-action
    samples: [],
    beat_ms: 200,
  };

  window.RTCPeerConnection = class RTCPeerConnection extends NativeConnection {
    constructor(...options) {
      super(...options);
      const leg = legs.push(this) - 1;
      lab.states.push({ leg, state: 'new', at_s: now() });
      this.addEventListener('connectionstatechange', () => {
        lab.states.push({ leg, state: this.connectionState, at_s: now() });
      });
    }
  };
  window.__legs = legs;
  window.__lab = lab;

  document.addEventListener(
    'click',
    (event) => {
      const control = event.target instanceof Element ? event.target.closest('[data-action]') : null;
      if (control) lab.clicks.push({ action: control.dataset.action, at_s: now() });
    },
    true,
  );

  const audio = (entry) => ({
    id: entry.id,
    packets: entry.packetsReceived ?? 0,
    payload_bytes: entry.bytesReceived ?? 0,
    header_bytes: entry.headerBytesReceived ?? 0,
    samples: entry.totalSamplesReceived ?? 0,
    concealed: entry.concealedSamples ?? 0,
    duration_s: entry.totalSamplesDuration ?? 0,
    energy: entry.totalAudioEnergy ?? 0,
  });
  const video = (entry) => ({
    id: entry.id,
    packets: entry.packetsReceived ?? 0,
    payload_bytes: entry.bytesReceived ?? 0,
    header_bytes: entry.headerBytesReceived ?? 0,
    frames: entry.framesDecoded ?? 0,
    width: entry.frameWidth ?? 0,
    height: entry.frameHeight ?? 0,
    freezes: entry.freezeCount ?? 0,
    freeze_s: entry.totalFreezesDuration ?? 0,
  });

  async function sample() {
    // On an overloaded link a leg can be "disconnected" for a while and still receive packets.
    const leg = legs.findLastIndex((connection) => ['connected', 'disconnected'].includes(connection.connectionState));
    if (leg < 0) return null;
    const report = await legs[leg].getStats();
    const entries = [...report.values()];
    const inbound = entries.filter((entry) => entry.type === 'inbound-rtp');
    const transport = entries.find((entry) => entry.type === 'transport');
    const pair = transport && report.get(transport.selectedCandidatePairId);
    const local = pair && report.get(pair.localCandidateId);
    return {
      at_s: now(),
      leg,
      rtt_s: pair?.currentRoundTripTime ?? null,
      cipher: transport?.srtpCipher ?? '',
      ipv6: (local?.address ?? '').includes(':'),
      audio: inbound.filter((entry) => entry.kind === 'audio').map(audio),
      video: inbound.filter((entry) => entry.kind === 'video').map(video),
      rung_down: document.querySelector('[data-rung-down]')?.dataset.rungDown ?? null,
      rung_up: document.querySelector('[data-rung-up]')?.dataset.rungUp ?? null,
    };
  }

  async function beat() {
    const begun_ms = performance.now();
    const one = await sample().catch((error) => {
      if (error.name !== 'InvalidStateError') throw error; // the leg was closed while we asked
      return null;
    });
    if (one) lab.samples.push(one);
    setTimeout(beat, Math.max(0, lab.beat_ms - (performance.now() - begun_ms)));
  }
  beat();
})();
