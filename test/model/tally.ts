/** How often things happened. A model in which nothing ever happens would find nothing. */
export const tally = new Map<string, number>();

export const count = (what: string): void => void tally.set(what, (tally.get(what) ?? 0) + 1);
