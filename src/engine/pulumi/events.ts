import type { EngineEvent } from "../port.js";
import { isDefaultProviderUrn } from "../steps.js";

/**
 * The CLI's events in the form that the port promises: no narration at severity debug, no default providers, no colour
 * directives, absent instead of null. `undefined`: the event is not for the port.
 */
export function portEvent(event: EngineEvent): EngineEvent | undefined {
  const { diagnosticEvent } = event;
  if (diagnosticEvent !== undefined) {
    if ((diagnosticEvent.severity as string) === "debug") return undefined;
    const message = plainReasons(withoutColors(diagnosticEvent.message));
    const prefix = withoutColors(diagnosticEvent.prefix ?? "");
    return { ...event, diagnosticEvent: { ...diagnosticEvent, message, prefix, color: "never" } };
  }
  for (const kind of ["resourcePreEvent", "resOutputsEvent", "resOpFailedEvent"] as const) {
    const step = event[kind];
    if (step === undefined) continue;
    if (isDefaultProviderUrn(step.metadata.urn) || (step.metadata.op as string) === "remove-pending-replace")
      return undefined;
    return { ...event, [kind]: { ...step, metadata: withoutNulls(step.metadata) } };
  }
  return event;
}

const withoutColors = (text: string): string => text.replace(/<\{%[^%]*%\}>/g, "");

/** Several reasons come as Go's "2 errors occurred:" with a bullet for each. */
const plainReasons = (message: string): string =>
  message.replace(/\d+ errors? occurred:\n((?:\s*\* .*\n?)+)\s*/g, (_, bullets: string) =>
    [...bullets.matchAll(/\* (.*)/g)].map(([, reason]) => reason).join("; "),
  );

const withoutNulls = <T extends object>(object: T): T =>
  Object.fromEntries(Object.entries(object).filter(([, value]) => value !== null && value !== undefined)) as T;
