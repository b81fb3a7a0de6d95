/**
 * Whether a video element still gets new pictures. Owns: the reading of the browser's counters of them. Must never rely on
 * one counter alone: for a stream, Firefox leaves `totalVideoFrames` at 0, and no browser calls back on a hidden page.
 */

/** @typedef {Pick<HTMLVideoElement, "getVideoPlaybackQuality"> & Partial<Pick<HTMLVideoElement, "requestVideoFrameCallback">>} Screen */

export class Pictures {
    #counted = 0;
    #newestMs = -Infinity;
    #asked = false;
    #called = false;

    /** @param {Screen} video */
    constructor(video) {
        this.video = video;
    }

    /** When the newest picture arrived, as far as is known; call regularly. @param {number} nowMs @returns {number} */
    newestMs(nowMs) {
        const counted = this.video.getVideoPlaybackQuality?.().totalVideoFrames ?? 0;
        if (this.#called || counted !== this.#counted) this.#newestMs = nowMs;
        this.#called = false;
        this.#counted = counted;
        this.#ask();
        return this.#newestMs;
    }

    /** Asks for one callback per call of `newestMs`, not one per picture. */
    #ask() {
        if (this.#asked || !this.video.requestVideoFrameCallback) return;
        this.#asked = true;
        this.video.requestVideoFrameCallback(() => {
            this.#asked = false;
            this.#called = true;
        });
    }
}
