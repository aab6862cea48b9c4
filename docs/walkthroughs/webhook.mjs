/** A webhook for SNS: confirms its subscription, and prints what comes. `node webhook.mjs [PORT]`; ends with Ctrl-C. */
import { createServer } from "node:http";

const port = Number(process.argv[2] ?? 9000);
const api = process.env.AWS_ENDPOINT_URL ?? "http://127.0.0.1:4566";

createServer((request, response) => {
  hear(request).catch((error) => console.error(error.message));
  response.end();
}).listen(port, "127.0.0.1");

async function hear(request) {
  let body = "";
  for await (const chunk of request) body += chunk;
  const message = JSON.parse(body);
  if (message.Type === "SubscriptionConfirmation") await confirm(message.SubscribeURL);
  console.log(`${message.Type}: ${message.Subject ?? message.TopicArn}`);
}

/** https://docs.aws.amazon.com/sns/latest/dg/SendMessageToHttp.confirm.html: whoever opens the link wants the messages. Its host is AWS's, which here is this machine. */
async function confirm(link) {
  const { pathname, search } = new URL(link);
  await fetch(new URL(pathname + search, api));
}
