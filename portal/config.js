/** Where this portal's API and sign-in are, and the service's words: /config.json, written when the portal is published. */

/** @import { Config } from "./types.js" */

/** @type {Config} */
export const config = {
  api_url: "",
  cognito_url: "",
  client_id: "",
  catalog: { statuses: [], steps: [], marketplaces: {}, order_pages: {}, reasons: [] },
};

export async function load() {
  const response = await fetch("/config.json", { cache: "no-cache" });
  if (!response.ok) throw new Error(`config.json: ${response.status}`);
  Object.assign(config, await response.json());
}
