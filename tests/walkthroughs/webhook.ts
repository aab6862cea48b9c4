/** A chat's incoming webhook on the host's loopback, as one subscribes it to a topic: it confirms itself, and keeps what it is told. */
import { createServer, get, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

export interface Webhook {
  readonly url: string;
  /** What alarms told, in order: `name: STATE`. */
  readonly told: readonly string[];
  /** Whether the subscription was confirmed. */
  readonly confirmed: boolean;
  end(): void;
}

/** @param api the port of the AWS API, where AWS's names lead on this machine */
export async function createWebhook(api: number): Promise<Webhook> {
  const told: string[] = [];
  let confirmed = false;
  const hear = async (request: IncomingMessage): Promise<void> => {
    const { Type, SubscribeURL, Message } = JSON.parse(await text(request)) as { readonly Type: string; readonly SubscribeURL: string; readonly Message: string };
    if (Type === "SubscriptionConfirmation") {
      confirmed = (await visit(SubscribeURL, api)) === 200;
    } else {
      const { AlarmName, NewStateValue } = JSON.parse(Message) as { readonly AlarmName: string; readonly NewStateValue: string };
      told.push(`${AlarmName}: ${NewStateValue}`);
    }
  };
  const server = createServer((request, response) => {
    void hear(request).then(
      () => response.end(),
      () => response.writeHead(500).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/services/T000/B000/hook`,
    told,
    get confirmed() {
      return confirmed;
    },
    end() {
      server.close();
      server.closeAllConnections();
    },
  };
}

function visit(link: string, port: number): Promise<number | undefined> {
  const { host, pathname, search } = new URL(link);
  return new Promise((resolve, reject) => {
    get({ host: "127.0.0.1", port, path: `${pathname}${search}`, headers: { host } }, (answer) => {
      answer.resume();
      answer.on("end", () => resolve(answer.statusCode));
    }).on("error", reject);
  });
}
