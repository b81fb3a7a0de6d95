/**
 * Whether a video element still gets new pictures. Owns: the counters that browsers keep of them. Must never judge by one
 * counter alone: of a stream, Firefox leaves `totalVideoFrames` at 0, and no browser calls back for a page that is not in
 * sight.
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

    /** When the newest picture came, as far as is known by now; ask again and again. @param {number} nowMs @returns {number} */
    newestMs(nowMs) {
        const counted = this.video.getVideoPlaybackQuality?.().totalVideoFrames ?? 0;
        if (this.#called || counted !== this.#counted) this.#newestMs = nowMs;
        this.#called = false;
        this.#counted = counted;
        this.#ask();
        return this.#newestMs;
    }

    /** One callback for each question, not one for each picture. */
    #ask() {
        if (this.#asked || !this.video.requestVideoFrameCallback) return;
        this.#asked = true;
        this.video.requestVideoFrameCallback(() => {
            this.#asked = false;
            this.#called = true;
        });
    }
}
