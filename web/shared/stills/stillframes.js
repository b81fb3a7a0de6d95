/**
 * The binary frames of stills on the data channel; media/core/stills/stillframes.py describes each. Owns: reading, writing
 * and the checksum. Must never keep state.
 */

/**
 * @typedef {object} Offer
 * @property {"offer"} type
 * @property {number} id
 * @property {number} size bytes
 * @property {number} crc CRC-32 (RFC 1952) of all bytes
 * @property {number} width pixels
 * @property {number} height pixels
 * @property {boolean} asked whether a person asked for it; otherwise the page takes one at intervals
 * @property {string} mime
 * @property {number} slot the receive slot of the participant who took it; NO_SLOT on the uplink
 *
 * @typedef {{type: "hello", going: number[]}} Hello
 * @typedef {{type: "chunk", id: number, offset: number, data: Uint8Array}} Chunk
 * @typedef {{type: "have", id: number, offset: number}} Have
 * @typedef {{type: "done" | "cancel", id: number}} End
 * @typedef {{type: "grant", rateBps: number, chunkBytes: number}} Grant
 * @typedef {Hello | Offer | Chunk | Have | End | Grant} Frame
 */

const VERSION = 1;
export const NO_SLOT = 255;
/** Ids from this one on belong to the server. */
export const SERVER_IDS = 0x80000000;
// The server accepts no larger still; a page that shows one holds it twice in memory.
export const STILL_MAX_BYTES = 600_000;
const MIMES = ["image/webp", "image/jpeg"];
const TYPES = /** @type {const} */ (["", "hello", "offer", "chunk", "have", "done", "cancel", "grant"]);

/** @param {Frame} frame @returns {ArrayBuffer} */
export function build(frame) {
    const view = new DataView(new ArrayBuffer(sizeOf(frame)));
    view.setUint8(0, TYPES.indexOf(frame.type));
    if (frame.type === "hello") {
        view.setUint8(1, VERSION);
        view.setUint8(2, frame.going.length);
        frame.going.forEach((id, index) => view.setUint32(3 + 4 * index, id));
        return view.buffer;
    }
    if (frame.type === "grant") throw new Error("only the server grants");
    view.setUint32(1, frame.id);
    if (frame.type === "offer") {
        view.setUint32(5, frame.size);
        view.setUint32(9, frame.crc);
        view.setUint16(13, frame.width);
        view.setUint16(15, frame.height);
        view.setUint8(17, frame.asked ? 1 : 0);
        view.setUint8(18, MIMES.indexOf(frame.mime));
        view.setUint8(19, frame.slot);
    } else if (frame.type === "chunk") {
        view.setUint32(5, frame.offset);
        new Uint8Array(view.buffer).set(frame.data, 9);
    } else if (frame.type === "have") {
        view.setUint32(5, frame.offset);
    }
    return view.buffer;
}

/** @param {Frame} frame @returns {number} */
function sizeOf(frame) {
    switch (frame.type) {
        case "hello": return 3 + 4 * frame.going.length;
        case "offer": return 20;
        case "chunk": return 9 + frame.data.length;
        case "have": return 9;
        default: return 5;
    }
}

/** @param {ArrayBuffer} buffer @returns {Frame | null} null: a frame of a newer server, or not a frame */
export function parse(buffer) {
    const view = new DataView(buffer);
    try {
        const type = TYPES[view.getUint8(0)];
        if (type === "grant") return { type, rateBps: view.getUint32(1), chunkBytes: view.getUint16(5) };
        if (!type || type === "hello") return null;
        const id = view.getUint32(1);
        if (type === "chunk") return { type, id, offset: view.getUint32(5), data: new Uint8Array(buffer, 9) };
        if (type === "have") return { type, id, offset: view.getUint32(5) };
        if (type !== "offer") return { type, id };
        const mime = MIMES[view.getUint8(18)];
        const size = view.getUint32(5);
        if (!mime || size < 1 || size > STILL_MAX_BYTES) return null;
        return {
            type, id, size, crc: view.getUint32(9), width: view.getUint16(13), height: view.getUint16(15),
            asked: view.getUint8(17) === 1, mime, slot: view.getUint8(19),
        };
    } catch (error) {
        if (error instanceof RangeError) return null;
        throw error;
    }
}

const TABLE = Uint32Array.from({ length: 256 }, (_, index) => {
    let value = index;
    for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
    return value;
});

/** @param {Uint8Array} bytes @returns {number} */
export function crc32(bytes) {
    let crc = 0xffffffff;
    for (const byte of bytes) crc = (TABLE[(crc ^ byte) & 0xff] ?? 0) ^ (crc >>> 8);
    return (crc ^ 0xffffffff) >>> 0;
}
