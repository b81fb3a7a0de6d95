/**
 * The soft tone for a very urgent patient or an invited mediator, and whether it is wanted and can be heard. Owns: one
 * AudioContext. Must sound only when somebody new waits. Must never lose a tone that the browser has blocked: the tone
 * sounds at the touch for which the browser waits.
 */

const STORAGE_KEY = "keneya.sound";
// Two notes, a fourth apart, each shorter than half a second: people in a ward hear them and are not startled.
const NOTES_HZ = [587, 784];
const NOTE_S = 0.45;
const LOUDNESS = 0.18;
// A context that the browser allows begins to run within this time.
const RUNS_WITHIN_MS = 500;

/** @type {AudioContext | null} */
let context = null;
/** Whether the browser has blocked a tone that was due. */
let isDue = false;
/** @type {(isBlocked: boolean) => void} */
let onBlocked = () => undefined;

/** @returns {boolean} */
export function soundWanted() {
    try {
        return localStorage.getItem(STORAGE_KEY) !== "off";
    } catch {
        return true; // storage is refused: sound is the safe choice
    }
}

/** @param {boolean} wanted */
export function setSoundWanted(wanted) {
    try {
        localStorage.setItem(STORAGE_KEY, wanted ? "on" : "off");
    } catch {
        // Storage is refused: the choice cannot be kept, and the switch shows that sound is still on.
    }
}

/** Allows sound. Browsers start sound only after a touch, so call this from the handler of one. */
export function unlockSound() {
    void made().resume();
}

/**
 * Prepares for sound: from now on a tone may be due.
 * @param {(isBlocked: boolean) => void} told whether the browser plays nothing before a touch; called soon, and at each change
 */
export function expectSound(told) {
    onBlocked = told;
    made();
    setTimeout(changed, RUNS_WITHIN_MS);
}

export function chime() {
    if (!soundWanted()) return;
    isDue = made().state !== "running";
    if (!isDue) play(made());
}

/** @returns {AudioContext} */
function made() {
    if (!context) {
        context = new AudioContext();
        context.onstatechange = changed;
    }
    return context;
}

function changed() {
    const isRunning = context?.state === "running";
    onBlocked(!isRunning);
    if (context && isRunning && isDue && soundWanted()) play(context);
    if (isRunning) isDue = false;
}

/** @param {AudioContext} context */
function play(context) {
    for (const [index, frequency] of NOTES_HZ.entries()) {
        const start = context.currentTime + index * NOTE_S * 0.6;
        const tone = new OscillatorNode(context, { frequency });
        const gain = new GainNode(context, { gain: 0 });
        gain.gain.linearRampToValueAtTime(LOUDNESS, start + 0.03);
        gain.gain.linearRampToValueAtTime(0, start + NOTE_S);
        tone.connect(gain).connect(context.destination);
        tone.start(start);
        tone.stop(start + NOTE_S);
    }
}
