import type { Answer, NoAnswer, Request } from "../http/index.js";
import { HerokuError } from "./error.js";

/** The error for an answer that is no success. Heroku's own sentences are not passed on: one could repeat what was sent. */
export function diagnose({ status, body }: Answer, { method, path }: Request, url: string): HerokuError {
  const request = { method, path, status };
  const app = appOf(path);
  if (typeof body !== "object" || body === null) {
    const diagnosis = `${url} answers, but not as the Heroku Platform API does. Check HEROKU_API_URL and what stands between.`;
    return new HerokuError(status >= 500 ? "unavailable" : "unreachable", diagnosis, request);
  }
  switch (status) {
    case 401:
      return new HerokuError(
        "unauthorized",
        "Heroku does not accept the API key: it is wrong, expired or revoked. Set HEROKU_API_KEY (or heroku:apiKey) to a valid one; `heroku authorizations:create` makes one.",
        request,
      );
    case 402:
    case 403:
      return new HerokuError(
        "forbidden",
        app
          ? `The API key's account may not use the app ${app}. Use a key of an account that may, or add it as a collaborator with \`heroku access:add\`.`
          : "The API key's account may not do this.",
        request,
      );
    case 404:
      return new HerokuError(
        "not-found",
        app ? `Heroku has no app ${app}, or no such release of it.` : `${url} does not know this request.`,
        request,
      );
    case 429:
      return new HerokuError(
        "rate-limited",
        "The Heroku account has no API requests left (4,500 an hour, about 75 a minute come back). Run the same command in a few minutes.",
        request,
      );
  }
  if (status < 500)
    return new HerokuError(
      "invalid",
      method === "PATCH"
        ? `Heroku refuses the change of config vars${app ? ` of ${app}` : ""}${idOf(body)}; nothing was changed. Names have letters, digits and _ only, and all names and values of an app together at most 32 kB.`
        : `Heroku refuses the request${idOf(body)}.`,
      request,
    );
  return new HerokuError(
    "unavailable",
    "Heroku failed. See status.heroku.com, then run the same command again.",
    request,
  );
}

/** The error for no answer at all. */
export function diagnoseSilence({ code }: NoAnswer, { method, path }: Request, url: string): HerokuError {
  const what = code === "timeout" ? "did not answer in time" : `can not be reached (${code})`;
  return new HerokuError("unreachable", `${url} ${what}. Check the network and HEROKU_API_URL.`, { method, path });
}

/** Heroku's error id, if it is one: a word, which can hold nothing that was sent. */
function idOf(body: object): string {
  const id = "id" in body ? body.id : undefined;
  return typeof id === "string" && /^[a-z_]{1,40}$/.test(id) ? ` (${id})` : "";
}

/** The app's name or id in a path. */
function appOf(path: string): string | undefined {
  const found = /^\/apps\/([^/]+)/.exec(path)?.[1];
  return found && decodeURIComponent(found);
}
