/**
 * Permissions that a person changes in the browser's own settings, after a refusal. Loaded after one. Must never ask for a
 * device.
 */

/** @import {Kind} from "./capture.js" */

/** @param {(kind: Kind) => void} onGranted it may be asked again */
export async function watchPermissions(onGranted) {
    for (const [kind, name] of /** @type {const} */ ([["audio", "microphone"], ["video", "camera"]])) {
        try {
            const status = await navigator.permissions.query({ name: /** @type {PermissionName} */ (name) });
            status.onchange = () => {
                if (status.state !== "denied") onGranted(kind);
            };
        } catch {
            // This browser does not say: the button tries again.
        }
    }
}
