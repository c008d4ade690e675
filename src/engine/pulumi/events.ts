import { counted } from "../changes.js";
import { isDefaultProvider } from "../embedded/urn.js";
import type { EngineEvent } from "../port.js";

/**
 * Puts the events of one operation of the CLI in the form that the port promises: no narration at severity debug, no default
 * providers, no colour directives, absent instead of null. `undefined`: the event is not for the port.
 *
 * The CLI never counts that a default provider is configured anew; the port does, when there is nothing else ({@link counted}).
 */
export function portEvents(): (event: EngineEvent) => EngineEvent | undefined {
  let reconfigured = 0;
  return (event) => {
    const { diagnosticEvent, summaryEvent } = event;
    if (diagnosticEvent !== undefined) {
      if ((diagnosticEvent.severity as string) === "debug") return undefined;
      const message = plainReasons(withoutColors(diagnosticEvent.message));
      const prefix = withoutColors(diagnosticEvent.prefix ?? "");
      return { ...event, diagnosticEvent: { ...diagnosticEvent, message, prefix, color: "never" } };
    }
    if (summaryEvent !== undefined) {
      const resourceChanges = counted(summaryEvent.resourceChanges, reconfigured);
      return { ...event, summaryEvent: { ...summaryEvent, resourceChanges } };
    }
    for (const kind of ["resourcePreEvent", "resOutputsEvent", "resOpFailedEvent"] as const) {
      const step = event[kind];
      if (step === undefined) continue;
      const { urn, op } = step.metadata;
      if (isDefaultProvider(urn)) {
        if (kind === "resOutputsEvent" && op === "update") reconfigured += 1;
        return undefined;
      }
      if ((op as string) === "remove-pending-replace") return undefined;
      return { ...event, [kind]: { ...step, metadata: withoutNulls(step.metadata) } };
    }
    return event;
  };
}

const withoutColors = (text: string): string => text.replace(/<\{%[^%]*%\}>/g, "");

/** Several reasons come as Go's "2 errors occurred:" with a bullet for each. */
const plainReasons = (message: string): string =>
  message.replace(/\d+ errors? occurred:\n((?:\s*\* .*\n?)+)\s*/g, (_, bullets: string) =>
    [...bullets.matchAll(/\* (.*)/g)].map(([, reason]) => reason).join("; "),
  );

const withoutNulls = <T extends object>(object: T): T =>
  Object.fromEntries(Object.entries(object).filter(([, value]) => value !== null && value !== undefined)) as T;
