import type { Catalog, Flag } from "../catalog/index.js";

/** Every flag of a catalog that has a migration row, in the order of their revisions. */
export const flagsOf = ({ flag }: Pick<Catalog, "flag">): readonly Flag[] => (flag ? [flag] : []);
