const last = new Map<string, Promise<unknown>>();

/**
 * One piece of work after another for the same key, whichever client of this process asks. Needed because servers of
 * October 2024 have neither lock nor unique rows: eight identical creates at once gave two folders of one name, and
 * seven secrets of one name.
 */
export async function inTurn<T>(key: string, work: () => Promise<T>): Promise<T> {
  const result = (last.get(key) ?? Promise.resolve()).then(work);
  const settled = result.then(
    () => undefined,
    () => undefined,
  );
  last.set(key, settled);
  try {
    return await result;
  } finally {
    if (last.get(key) === settled) last.delete(key);
  }
}
