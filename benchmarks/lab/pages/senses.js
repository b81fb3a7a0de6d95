// Runs in every page of the lab. After window.__senses.start() it records the microphone's track, the track of the far
// voice, and one decoded frame a second of the far picture. It reads tracks through MediaStreamTrackProcessor
// (Chromium), without elements, AudioContext or the page's policies. All times: seconds since the epoch.
(() => {
  const now = () => (performance.timeOrigin + performance.now()) / 1000;
  // Two seconds of 10 ms chunks, so that a busy page drops nothing.
  const AUDIO_BUFFER_CHUNKS = 200;
  const BATCH_CHUNKS = 20;
  const FRAME_EVERY_S = 1;
  let running = null;

  /** The sound of a track as 16-bit mono, in batches, each with the time of its completion. */
  async function listen(track, session) {
    const ear = { rate_hz: 0, batches: [] };
    const reader = new MediaStreamTrackProcessor({ track, maxBufferSize: AUDIO_BUFFER_CHUNKS }).readable.getReader();
    session.readers.push(reader);
    session.pumps.push(hear(reader, ear));
    return ear;
  }

  async function hear(reader, ear) {
    let chunks = [];
    for (;;) {
      const { value: data, done } = await reader.read();
      if (data) {
        ear.rate_hz = data.sampleRate;
        const samples = new Float32Array(data.numberOfFrames);
        data.copyTo(samples, { planeIndex: 0, format: 'f32-planar' });
        data.close();
        chunks.push(Int16Array.from(samples, (value) => Math.max(-1, Math.min(1, value)) * 32767));
      }
      if (chunks.length >= BATCH_CHUNKS || (done && chunks.length)) {
        ear.batches.push({ at_s: now(), chunks });
        chunks = [];
      }
      if (done) return;
    }
  }

  /** One frame a second of a track, its luma only. */
  async function watch(track, session) {
    const reader = new MediaStreamTrackProcessor({ track }).readable.getReader();
    session.readers.push(reader);
    const frames = [];
    session.pumps.push(see(reader, frames));
    return frames;
  }

  async function see(reader, frames) {
    let next_s = 0;
    for (;;) {
      const { value: frame, done } = await reader.read();
      if (done) return;
      if (now() >= next_s) {
        next_s = now() + FRAME_EVERY_S;
        frames.push(await luma(frame));
      }
      frame.close();
    }
  }

  // Decoders give I420 or NV12; both begin with the luma plane.
  async function luma(frame) {
    const all = new Uint8Array(frame.allocationSize());
    const [plane] = await frame.copyTo(all);
    const { width, height } = frame.visibleRect;
    const rows = new Uint8Array(width * height);
    for (let row = 0; row < height; row += 1) {
      const from = plane.offset + row * plane.stride;
      rows.set(all.subarray(from, from + width), row * width);
    }
    return { at_s: now(), width, height, rows };
  }

  // On an overloaded link a leg can be "disconnected" for a moment and still receive packets.
  const living = () => window.__legs.filter((one) => ['connected', 'disconnected'].includes(one.connectionState));

  /** The track of a kind that received the most packets, on any leg. */
  async function farTrack(kind) {
    const reports = await Promise.all(living().map((leg) => leg.getStats()));
    const inbound = reports.flatMap((report) => [...report.values()]).filter((entry) => entry.type === 'inbound-rtp' && entry.kind === kind);
    inbound.sort((one, other) => other.packetsReceived - one.packetsReceived);
    const id = inbound[0]?.trackIdentifier;
    const receivers = living().flatMap((leg) => leg.getReceivers());
    return receivers.map((receiver) => receiver.track).find((track) => track.id === id) ?? null;
  }

  function ownVoice() {
    const senders = living().flatMap((one) => one.getSenders());
    return senders.map((sender) => sender.track).find((track) => track?.kind === 'audio') ?? null;
  }

  async function start() {
    const session = { readers: [], pumps: [], said: null, heard: null, frames: [] };
    running = session;
    const [own, voice, picture] = [ownVoice(), await farTrack('audio'), await farTrack('video')];
    if (own) session.said = await listen(own, session);
    if (voice) session.heard = await listen(voice, session);
    if (picture) session.frames = await watch(picture, session);
  }

  function packed(ear) {
    if (!ear) return null;
    let count = 0;
    const ends = [];
    const parts = ear.batches.flatMap(({ at_s, chunks }) => {
      for (const chunk of chunks) count += chunk.length;
      ends.push({ at_s, samples: count });
      return chunks;
    });
    const all = new Int16Array(count);
    let offset = 0;
    for (const part of parts) {
      all.set(part, offset);
      offset += part.length;
    }
    return { rate_hz: ear.rate_hz, ends, pcm: new Uint8Array(all.buffer).toBase64() };
  }

  /** Ends the session; null when there was none. Binary values come as base64. */
  async function stop() {
    const session = running;
    running = null;
    if (!session) return null;
    await Promise.all(session.readers.map((reader) => reader.cancel()));
    await Promise.all(session.pumps);
    return {
      said: packed(session.said),
      heard: packed(session.heard),
      frames: session.frames.map(({ rows, ...frame }) => ({ ...frame, luma: rows.toBase64() })),
    };
  }

  window.__senses = { start, stop };
})();
