/** Where this portal's API and sign-in are: /config.json, written when the portal was published. */

export const config = {};

export async function load() {
  const response = await fetch("/config.json", { cache: "no-cache" });
  if (!response.ok) throw new Error(`config.json: ${response.status}`);
  Object.assign(config, await response.json());
}
