// Files that may not be there. One that cannot be looked at is not taken for absent.
import { readFile, stat } from "node:fs/promises";

export const isMissing = (error: unknown): boolean =>
  error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR");

const unlessMissing = (error: unknown): undefined => {
  if (isMissing(error)) return undefined;
  throw error;
};

/** The content of a file, or undefined when there is none. */
export const readIfThere = (path: string): Promise<string | undefined> => readFile(path, "utf8").catch(unlessMissing);

export const modeOf = async (path: string): Promise<number | undefined> =>
  (await stat(path).catch(unlessMissing))?.mode;

export const isThere = async (path: string): Promise<boolean> => (await modeOf(path)) !== undefined;
