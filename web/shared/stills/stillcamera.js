/**
 * Takes stills with the camera that is on. Owns: finding the sharpest picture of the camera, and encoding it within a size.
 * Must never keep a picture. Every still is drawn on a canvas, which knows no place, device or time, so it has no metadata.
 */

/** @import {Picture} from "./stills.js" */

// A camera that focuses first takes two seconds; if a camera never answers, the patient must not wait longer.
const PHOTO_WITHIN_MS = 5_000;
const FRAME_WITHIN_MS = 4_000;
const FULL_SENSOR = { width: { ideal: 1920 }, height: { ideal: 1080 } };
// Below 0.3 WebP blurs the details that a still is for; fewer pixels lose less.
const QUALITIES = [0.85, 0.7, 0.55, 0.4, 0.3];
const SHRINK = 0.75;
const SHRINKS = 5;

/**
 * W3C mediacapture-image, which TypeScript's lib.dom does not declare.
 * @typedef {{takePhoto(settings?: {imageWidth?: number}): Promise<Blob>, getPhotoCapabilities(): Promise<{imageWidth?: {max: number}}>}} ImageCapture
 * @typedef {{source: CanvasImageSource, width: number, height: number, release: () => void}} Frame
 */

/**
 * Takes a picture with the whole sensor, whatever the scale of the call's picture.
 * @param {MediaStreamTrack} track a live camera @param {number} maxWidth pixels @param {number} maxBytes
 * @returns {Promise<Picture>} rejects if the camera gives no picture
 */
export async function takeSharp(track, maxWidth, maxBytes) {
    const frame = await sharpest(track);
    try {
        return await encode(frame, maxWidth, maxBytes);
    } finally {
        frame.release();
    }
}

/**
 * Takes a small picture of what the camera shows now.
 * @param {MediaStreamTrack} track @param {number} maxWidth pixels @param {number} maxBytes
 * @returns {Promise<Picture>}
 */
export async function takeSmall(track, maxWidth, maxBytes) {
    const frame = await frameOf(track);
    try {
        return await encode(frame, maxWidth, maxBytes);
    } finally {
        frame.release();
    }
}

/** @param {MediaStreamTrack} track @returns {Promise<Frame>} */
async function sharpest(track) {
    const width = track.getSettings().width ?? 0;
    for (const way of [photoOf, fullFrameOf]) {
        try {
            const frame = await way(track);
            if (frame.width >= width) return frame;
            frame.release();
        } catch (error) {
            // Many cameras take no photos while they film; try the next method.
            console.info("still:", way.name, error instanceof Error ? error.name : "failed");
        }
    }
    return frameOf(track);
}

/** @param {MediaStreamTrack} track @returns {Promise<Frame>} */
async function photoOf(track) {
    const Capture = /** @type {undefined | (new (track: MediaStreamTrack) => ImageCapture)} */ (Reflect.get(window, "ImageCapture"));
    if (!Capture) throw new DOMException("no photos", "NotSupportedError");
    const capture = new Capture(track);
    const { imageWidth } = await within(capture.getPhotoCapabilities(), PHOTO_WITHIN_MS);
    const photo = await within(capture.takePhoto(imageWidth?.max ? { imageWidth: imageWidth.max } : {}), PHOTO_WITHIN_MS);
    const bitmap = await createImageBitmap(photo);
    return { source: bitmap, width: bitmap.width, height: bitmap.height, release: () => bitmap.close() };
}

/**
 * Opens a second, larger stream of the same camera for a moment.
 * @param {MediaStreamTrack} track @returns {Promise<Frame>}
 */
async function fullFrameOf(track) {
    const { deviceId } = track.getSettings();
    const video = { ...FULL_SENSOR, ...(deviceId ? { deviceId: { exact: deviceId } } : {}) };
    const stream = await within(navigator.mediaDevices.getUserMedia({ video }), PHOTO_WITHIN_MS);
    const [larger] = stream.getVideoTracks();
    try {
        if (!larger) throw new DOMException("no picture", "NotFoundError");
        return await frameOf(larger);
    } finally {
        larger?.stop();
    }
}

/** @param {MediaStreamTrack} track @returns {Promise<Frame>} */
async function frameOf(track) {
    const video = document.createElement("video");
    video.muted = true;
    video.playsInline = true;
    video.srcObject = new MediaStream([track]);
    try {
        await within(video.play(), FRAME_WITHIN_MS);
        const bitmap = await createImageBitmap(video);
        return { source: bitmap, width: bitmap.width, height: bitmap.height, release: () => bitmap.close() };
    } finally {
        video.srcObject = null;
    }
}

/** @param {Frame} frame @param {number} maxWidth @param {number} maxBytes @returns {Promise<Picture>} */
async function encode(frame, maxWidth, maxBytes) {
    const canvas = document.createElement("canvas");
    const context = canvas.getContext("2d");
    if (!context) throw new DOMException("no canvas", "NotSupportedError");
    let scale = Math.min(1, maxWidth / frame.width);
    for (let round = 0; round < SHRINKS; round += 1, scale *= SHRINK) {
        canvas.width = Math.max(1, Math.round(frame.width * scale));
        canvas.height = Math.max(1, Math.round(frame.height * scale));
        context.drawImage(frame.source, 0, 0, canvas.width, canvas.height);
        for (const quality of QUALITIES) {
            const blob = await blobOf(canvas, quality);
            if (blob.size > maxBytes) continue;
            return { bytes: new Uint8Array(await blob.arrayBuffer()), mime: blob.type, width: canvas.width, height: canvas.height };
        }
    }
    throw new DOMException("too many bytes", "QuotaExceededError");
}

/**
 * Encodes as WebP, or as JPEG if the browser cannot encode WebP (it gives PNG then).
 * @param {HTMLCanvasElement} canvas @param {number} quality @returns {Promise<Blob>}
 */
async function blobOf(canvas, quality) {
    for (const mime of ["image/webp", "image/jpeg"]) {
        /** @type {Blob | null} */
        const blob = await new Promise((resolve) => canvas.toBlob(resolve, mime, quality));
        if (blob?.type === mime) return blob;
    }
    throw new DOMException("no encoder", "NotSupportedError");
}

/** @template T @param {Promise<T>} promise @param {number} ms @returns {Promise<T>} */
function within(promise, ms) {
    return new Promise((resolve, reject) => {
        const timer = setTimeout(() => reject(new DOMException("camera is silent", "TimeoutError")), ms);
        promise.then(resolve, reject).finally(() => clearTimeout(timer));
    });
}
