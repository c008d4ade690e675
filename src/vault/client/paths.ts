import { InfisicalError } from "./error.js";

/**
 * What current servers allow. Older ones answer 500, or worse: `//` and `..` make folders in wrong places, and a name
 * that is blank answers with the root folder.
 */
const SEGMENT = /^[A-Za-z0-9_-]{1,255}$/;

const FOLDERS = { method: "GET", path: "/api/v1/folders" };

export interface FolderPath {
  /** With a final slash: `/MooseQuest/heroku/`; the root is `/`. */
  readonly normal: string;
  /** As the API takes it, without a final slash; the root is `/`. */
  readonly wire: string;
  readonly segments: readonly string[];
}

/** @throws InfisicalError of kind `invalid`, before anything is sent. */
export function folderPath(path: string, request = FOLDERS): FolderPath {
  const inner = path.replace(/^\//, "").replace(/\/$/, "");
  const segments = inner === "" ? [] : inner.split("/");
  const wrong = segments.find((segment) => !SEGMENT.test(segment));
  if (!path.startsWith("/") || wrong !== undefined || path === "//") {
    const diagnosis = `${JSON.stringify(path)} is no folder path: it starts with / and has names of letters, digits, - and _, for example /Company/vendor/.`;
    throw new InfisicalError("invalid", diagnosis, request);
  }
  return { normal: ["", ...segments, ""].join("/"), wire: `/${segments.join("/")}`, segments };
}

/** @throws InfisicalError of kind `invalid` for the root, which has no parent. */
export function parentAndName(path: string, request = FOLDERS): { readonly parent: FolderPath; readonly name: string } {
  const { segments } = folderPath(path, request);
  const name = segments.at(-1);
  if (name === undefined) {
    const diagnosis = "The root folder / is always there: it can be neither made nor deleted.";
    throw new InfisicalError("invalid", diagnosis, request);
  }
  return { parent: folderPath(`/${segments.slice(0, -1).join("/")}`), name };
}

/** As the server gives it, which may hold names that we would refuse to make. */
export function withFinalSlash(path: string): string {
  return path.endsWith("/") ? path : `${path}/`;
}
