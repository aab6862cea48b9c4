/** The process of the attendant: metadata, DNS and SSH for every instance, so that none of it can keep the control plane waiting. */
import type { FromAttendant, ToAttendant } from "./messages.js";
import { AttendantService } from "./service.js";

const service = new AttendantService((instance, event) => tell({ instance, event }));
let last: Promise<void> = Promise.resolve();

function tell(message: FromAttendant): void {
  process.send?.(message, undefined, undefined, () => undefined);
}

process.on("disconnect", () => process.exit(0));
process.on("message", (message: ToAttendant) => {
  last = last.then(async () => {
    let error: string | undefined;
    try {
      await service.apply(message);
    } catch (caught) {
      error = (caught as Error).message;
    }
    if (message.kind === "network" || message.kind === "internet") {
      tell({ served: message.kind === "network" ? message.vpc : "internet", error });
    }
  });
});
