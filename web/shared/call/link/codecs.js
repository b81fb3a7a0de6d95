/**
 * Which codecs a leg offers. Owns: the choice among what this browser has. An offer with every profile of every
 * codec is twice as large, half a second of a 16 kbit/s link, and the server (media/engine/transport/offer.py) takes one
 * profile of each. Must never leave a leg without codecs: a browser that cannot be asked offers all it has.
 */

/** @type {Record<string, (parameters: string) => boolean>} by media type, lower case: is this profile forwarded? */
const FORWARDED = {
    "audio/opus": () => true,
    "audio/red": () => true,
    "video/av1": (parameters) => profile(parameters, "profile"),
    "video/vp9": (parameters) => profile(parameters, "profile-id"),
    "video/vp8": () => true,
    // Constrained baseline, packetisation mode 1: what RFC 7742 obliges browsers to have.
    "video/h264": (parameters) => /packetization-mode=1/.test(parameters) && /profile-level-id=42e0/i.test(parameters),
    "video/rtx": () => true,
};

/** @param {RTCRtpTransceiver} transceiver offers only what is forwarded from now on */
export function offerForwarded(transceiver) {
    const { kind } = transceiver.receiver.track;
    const codecs = RTCRtpReceiver.getCapabilities(kind)?.codecs ?? [];
    const chosen = codecs.filter(({ mimeType, sdpFmtpLine }) => FORWARDED[mimeType.toLowerCase()]?.(sdpFmtpLine ?? ""));
    // RTX alone repeats nothing.
    const useful = chosen.some(({ mimeType }) => !/\/(rtx|red)$/i.test(mimeType));
    if (useful && "setCodecPreferences" in transceiver) transceiver.setCodecPreferences(chosen);
}

/** Whether the profile is the first one, which is also the default. @param {string} parameters @param {string} name */
function profile(parameters, name) {
    const found = new RegExp(`(?:^|;)\\s*${name}=(\\d+)`).exec(parameters);
    return !found || found[1] === "0";
}
