import type { Format } from "./types.js";

/** What a format accepts. The whole text counts: a line feed at the end is none of a UUID. */
export const formats: Readonly<Record<Format, (text: string) => boolean>> = {
  uuid: (text) => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text),
  json: isJson,
  pem: isPem,
  url: isUrl,
};

export const formatNames = Object.keys(formats) as Format[];

function isJson(text: string): boolean {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === "object" && parsed !== null;
  } catch {
    return false;
  }
}

function isUrl(text: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\/[^\s/?#]\S*$/i.test(text) && URL.canParse(text) && new URL(text).hostname !== "";
}

/** One block or more of RFC 7468, with nothing but blank lines between them. */
function isPem(text: string): boolean {
  let inside: string | undefined;
  let blocks = 0;
  for (const line of text.split(/\r?\n/)) {
    const [, boundary, label = ""] = /^-----(BEGIN|END) ([A-Z0-9 ]+)-----$/.exec(line) ?? [];
    if (boundary === "BEGIN" && inside === undefined) inside = label;
    else if (boundary === "END" && inside === label) {
      inside = undefined;
      blocks += 1;
    } else if (boundary !== undefined || (inside === undefined && line.trim() !== "")) return false;
    // Headers of an encrypted key (RFC 1421), and base64.
    else if (inside !== undefined && !/^([A-Za-z0-9-]+: .*|[A-Za-z0-9+/]*={0,2})$/.test(line)) return false;
  }
  return blocks > 0 && inside === undefined;
}
