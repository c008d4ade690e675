import { createHash } from "node:crypto";
import { chmod, copyFile, type FileHandle, link, mkdir, open, readlink, realpath, rename, rm } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { isMissing, isThere, modeOf } from "../../project/files.js";

// State holds names and ciphertexts, and what a mistake may leave in it: nobody but its owner reads it. What its owner made
// narrower still stays so, and a symbolic link is followed: it says where the file is to be.

/** For a directory that has to be there. One that is there already keeps its mode. */
export const makePrivateDirectory = (path: string): Promise<unknown> => mkdir(path, { recursive: true, mode: 0o700 });

/**
 * Replaces a file as a whole: a reader, or a crash at any moment, finds the old content or the new one.
 * @param content may come in pieces
 */
export async function writeAtomically(path: string, content: Iterable<string>): Promise<void> {
  const md5 = createHash("md5");
  await replace(path, true, async (file) => {
    for (const chunk of chunks(typeof content === "string" ? [content] : content)) {
      md5.update(chunk);
      await file.writeFile(chunk);
    }
  });
  await replace(`${path}.attrs`, false, (file) => file.writeFile(attributesOf(md5.digest("base64"))));
}

/** A second file with the same content, also for the CLI, which keeps attributes beside it. */
export async function copyAtomically(path: string, copy: string): Promise<void> {
  await replace(copy, true, async (_, temporary) => copyFile(path, temporary));
  if (await isThere(`${path}.attrs`))
    await replace(`${copy}.attrs`, false, async (_, temporary) => copyFile(`${path}.attrs`, temporary));
}

/** Pieces of a text as a file takes them, about 256 kB each and none in two. */
function* chunks(pieces: Iterable<string>): Generator<Buffer> {
  let chunk = "";
  for (const piece of pieces) {
    chunk += piece;
    if (chunk.length < 1 << 18) continue;
    yield Buffer.from(chunk);
    chunk = "";
  }
  yield Buffer.from(chunk);
}

type Fill = (file: FileHandle, path: string) => Promise<void>;

async function replace(path: string, durable: boolean, fill: Fill): Promise<void> {
  const target = await targetOf(path);
  await makePrivateDirectory(dirname(target));
  const temporary = `${target}.${process.pid}.tmp`;
  const mode = (await modeOf(target)) ?? 0o600;
  const file = await open(temporary, "w", 0o600);
  try {
    await fill(file, temporary);
    await file.chmod(mode & 0o600);
    if (durable) await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, target);
  if (durable) await syncDirectory(dirname(target));
}

/** Where a path leads, through symbolic links; also where nothing is there yet. */
export async function targetOf(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
  const link = await readlink(path).catch(() => undefined);
  return link === undefined ? path : targetOf(resolve(dirname(path), link));
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
const attributesOf = (md5: string): string =>
  JSON.stringify({
    "user.cache_control": "",
    "user.content_disposition": "",
    "user.content_encoding": "",
    "user.content_language": "",
    "user.content_type": "text/plain; charset=utf-8",
    "user.metadata": null,
    md5,
  });

/** Keeps the present content of a file, if there is one, under another name; the file itself stays in place throughout. */
export async function keepAs(path: string, backup: string): Promise<void> {
  const source = await targetOf(path);
  const mode = await modeOf(source);
  if (mode === undefined) return;
  const target = await targetOf(backup);
  const temporary = `${target}.${process.pid}.tmp`;
  await rm(temporary, { force: true });
  await link(source, temporary).catch(() => copyFile(source, temporary));
  // One file under two names has one mode: what somebody could read before the first write is closed with it.
  await chmod(temporary, mode & 0o600);
  await rename(temporary, target);
  // Two names of one file are left as they are by rename.
  await rm(temporary, { force: true });
}
