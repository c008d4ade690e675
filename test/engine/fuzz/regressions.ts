import type { FuzzCase } from "./cases.js";

/** Cases that once failed, as the fuzzer printed them. */
export const regressions: { name: string; data: FuzzCase }[] = [];
