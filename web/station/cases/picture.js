/**
 * A file made into a small JPEG. Owns: telling what a file is, and what is wrong with one that is no picture here. Must
 * never let through what the camera wrote beside the picture: a canvas makes every picture anew.
 */

import { HttpError } from "../../shared/base/http.js";

// A wound can be judged at 1,280 pixels; at this quality that is 60 to 120 kB.
const LONGEST_PX = 1280;
const QUALITY = 0.7;
// The longest of the signatures below.
const HEAD_BYTES = 32;
// ISO 23008-12: the brands of what telephones call HEIC, and of the same with other codecs.
const HEIC = /^ftyp(heic|heix|hevc|hevx|heim|heis|mif1|msf1)/;
const PICTURES = [/^\xff\xd8\xff/, /^\x89PNG\r\n/, /^GIF8/, /^RIFF[^]{4}WEBP/, /^BM/, /^(II\*\0|MM\0\*)/];

/**
 * What a file is, from how it begins: names and types of files lie.
 * @param {Uint8Array} bytes @returns {"empty" | "heic" | "picture" | "other"}
 */
export function kindOf(bytes) {
    const head = String.fromCharCode(...bytes.subarray(0, HEAD_BYTES));
    if (!head) return "empty";
    if (HEIC.test(head.slice(4))) return "heic";
    return PICTURES.some((begins) => begins.test(head)) || head.startsWith("ftypavif", 4) ? "picture" : "other";
}

/**
 * Whether a picture has its end: browsers paint what there is of half a picture, and the rest is grey.
 * @param {Uint8Array} bytes
 */
export function isWhole(bytes) {
    if (bytes[0] === 0x89) return includes(bytes, [0x49, 0x45, 0x4e, 0x44], 0); // IEND
    if (bytes[0] !== 0xff) return true;
    // A JPEG's end comes after its data; the small picture that a camera puts before has an end of its own.
    let data = 2;
    while (bytes[data] === 0xff && bytes[data + 1] !== 0xda) data += 2 + (bytes[data + 2] ?? 0) * 256 + (bytes[data + 3] ?? 0);
    return includes(bytes, [0xff, 0xd9], data);
}

/** @param {Uint8Array} bytes @param {number[]} wanted @param {number} from */
function includes(bytes, wanted, from) {
    for (let at = bytes.indexOf(wanted[0] ?? 0, from); at >= 0; at = bytes.indexOf(wanted[0] ?? 0, at + 1)) {
        if (wanted.every((byte, index) => bytes[at + index] === byte)) return true;
    }
    return false;
}

/**
 * @param {Blob} file what the camera gave
 * @returns {Promise<Blob>} a small JPEG
 * @throws {HttpError} whose code says what is wrong with the file
 */
export async function shrunk(file) {
    const bytes = new Uint8Array(await file.arrayBuffer());
    const kind = kindOf(bytes);
    if (kind === "empty") throw new HttpError(0, "photo_empty");
    if (kind === "picture" && !isWhole(bytes)) throw new HttpError(0, "photo_broken");
    // Whatever this browser can show is taken: some read HEIC, and kinds that are on no list.
    const picture = await decoded(file).catch(() => {
        throw new HttpError(0, { heic: "photo_heic", picture: "photo_broken", other: "photo_kind" }[kind]);
    });
    const scale = Math.min(1, LONGEST_PX / Math.max(picture.width, picture.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.max(1, Math.round(picture.width * scale));
    canvas.height = Math.max(1, Math.round(picture.height * scale));
    canvas.getContext("2d")?.drawImage(picture, 0, 0, canvas.width, canvas.height);
    if (picture instanceof ImageBitmap) picture.close();
    return new Promise((resolve, reject) => {
        canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new HttpError(0, "photo_broken"))), "image/jpeg", QUALITY);
    });
}

/** @param {Blob} file @returns {Promise<ImageBitmap | HTMLImageElement>} */
async function decoded(file) {
    try {
        return await createImageBitmap(file);
    } catch {
        return throughElement(file); // Safari reads HEIC here, and only here
    }
}

/** @param {Blob} file @returns {Promise<HTMLImageElement>} */
async function throughElement(file) {
    const image = new Image();
    image.src = URL.createObjectURL(file);
    try {
        await image.decode();
        return image;
    } finally {
        URL.revokeObjectURL(image.src);
    }
}
