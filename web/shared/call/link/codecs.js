/**
 * Which codecs a leg offers. Owns: the choice among the codecs of this browser. An offer with every profile of every
 * codec would be twice as large, half a second more on a 16 kbit/s link, and the server (media/engine/transport/offer.py)
 * uses one profile of each. Must never leave a leg without codecs: a browser without the API offers all its codecs.
 */

/** @type {Record<string, (parameters: string) => boolean>} whether a profile is forwarded, by media type in lower case */
const FORWARDED = {
    "audio/opus": () => true,
    "audio/red": () => true,
    "video/av1": (parameters) => profile(parameters, "profile"),
    "video/vp9": (parameters) => profile(parameters, "profile-id"),
    "video/vp8": () => true,
    // Constrained baseline, packetisation mode 1: RFC 7742 requires it of browsers.
    "video/h264": (parameters) => /packetization-mode=1/.test(parameters) && /profile-level-id=42e0/i.test(parameters),
    "video/rtx": () => true,
};

/** @param {RTCRtpTransceiver} transceiver offers only forwarded codecs from now on */
export function offerForwarded(transceiver) {
    const { kind } = transceiver.receiver.track;
    const codecs = RTCRtpReceiver.getCapabilities(kind)?.codecs ?? [];
    const chosen = codecs.filter(({ mimeType, sdpFmtpLine }) => FORWARDED[mimeType.toLowerCase()]?.(sdpFmtpLine ?? ""));
    // RTX and RED only carry other codecs.
    const useful = chosen.some(({ mimeType }) => !/\/(rtx|red)$/i.test(mimeType));
    if (useful && "setCodecPreferences" in transceiver) transceiver.setCodecPreferences(chosen);
}

/** Whether the profile is 0, which is also the default. @param {string} parameters @param {string} name */
function profile(parameters, name) {
    const found = new RegExp(`(?:^|;)\\s*${name}=(\\d+)`).exec(parameters);
    return !found || found[1] === "0";
}
