/**
 * Watches permissions that a person changes in the browser's settings after a refusal. The page loads it after a refusal.
 * Must never ask for a device.
 */

/** @import {Kind} from "./capture.js" */

/** @param {(kind: Kind) => void} onGranted the page may ask for this kind again */
export async function watchPermissions(onGranted) {
    for (const [kind, name] of /** @type {const} */ ([["audio", "microphone"], ["video", "camera"]])) {
        try {
            const status = await navigator.permissions.query({ name: /** @type {PermissionName} */ (name) });
            status.onchange = () => {
                if (status.state !== "denied") onGranted(kind);
            };
        } catch {
            // This browser does not report permissions: the button tries again.
        }
    }
}
