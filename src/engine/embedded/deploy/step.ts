import type { OpType } from "../../port.js";
import type { ResourceState } from "../state/resource.js";
import type { Diff, FailureStatus } from "./plugin.js";

/** How a step ended when it did not throw. */
export interface Applied {
  /** The resource is there, but not as it should be. */
  partialFailure?: Error;
}

/** One thing that is done to one resource. */
export interface Step {
  op: OpType;
  /** The resource before; in state. */
  old: ResourceState | undefined;
  /** The resource after; not in state yet. */
  new: ResourceState | undefined;
  /** Counts as a change of the program's resource: the halves of a replacement do not. */
  logical: boolean;
  /** Keys that make it a replacement. */
  keys: string[];
  /** Keys that differ. */
  diffs: string[];
  detailedDiff: Diff["detailedDiff"];
  /** Stands for a creation that targets leave out: nothing is created and nothing is kept. */
  skippedCreate: boolean;
  /** Makes the step happen. Throws what makes it fail; sets outputs and ids on `new`. */
  apply(): Promise<Applied | undefined>;
  /** Lets the program go on: what it registered is there. */
  complete(): void;
}

/** A step that failed, with what is known of the resource. */
export class StepFailed extends Error {
  override readonly name = "StepFailed";
  constructor(
    readonly step: Step,
    readonly failure: Error,
    readonly status: FailureStatus,
  ) {
    super(failure.message);
  }
}

/** A protected resource was to be deleted: reported, and the deletion of its siblings goes on. */
export class ProtectedError extends Error {
  override readonly name = "ProtectedError";
}

export const urnOf = (step: Step): string => (step.new ?? step.old)?.urn ?? "";
export const resourceOf = (step: Step): ResourceState => (step.new ?? step.old) as ResourceState;
