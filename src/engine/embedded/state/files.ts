import { createHash } from "node:crypto";
import { copyFile, link, mkdir, open, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";

/** Replaces a file as a whole: a reader, or a crash at any moment, finds the old content or the new one. */
export async function writeAtomically(path: string, content: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const temporary = `${path}.${process.pid}.tmp`;
  const file = await open(temporary, "w");
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
  await syncDirectory(dirname(path));
  await writeAttributes(path, content);
}

/** Without this a rename may be lost with the power, file and all. Windows cannot open a directory: there it is skipped. */
async function syncDirectory(path: string): Promise<void> {
  try {
    const directory = await open(path, "r");
    await directory.sync().finally(() => directory.close());
  } catch (error) {
    if (process.platform !== "win32") throw error;
  }
}

/** The side file that the CLI's file store keeps beside each of its files (gocloud.dev/blob/fileblob). */
async function writeAttributes(path: string, content: string): Promise<void> {
  const attributes = {
    "user.cache_control": "",
    "user.content_disposition": "",
    "user.content_encoding": "",
    "user.content_language": "",
    "user.content_type": "text/plain; charset=utf-8",
    "user.metadata": null,
    md5: createHash("md5").update(content).digest("base64"),
  };
  const temporary = `${path}.attrs.${process.pid}.tmp`;
  await writeFile(temporary, JSON.stringify(attributes));
  await rename(temporary, `${path}.attrs`);
}

/** Keeps the present content of a file, if there is one, under another name; the file itself stays in place throughout. */
export async function keepAs(path: string, backup: string): Promise<void> {
  const temporary = `${backup}.${process.pid}.tmp`;
  await rm(temporary, { force: true });
  try {
    await link(path, temporary).catch(() => copyFile(path, temporary));
  } catch (error) {
    if (isMissing(error)) return;
    throw error;
  }
  await rename(temporary, backup);
  // Two names of one file are left as they are by rename.
  await rm(temporary, { force: true });
}

/** The content of a file, or undefined when there is none. */
export async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

export const isMissing = (error: unknown): boolean =>
  error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR");
