import { api } from "../api.js";
import { remove } from "../deploy.js";
import { optionsOf, speaker, type Given } from "../say.js";

export async function down(stack: string, given: Given): Promise<void> {
  const say = speaker(given.json);
  await remove(api(optionsOf(given)), stack, say);
  say({ event: "down", stackName: stack }, `${stack} is gone. The cloud goes on: \`./hakoniwa stop\` ends it.`);
}
