import { expect, it } from "vitest";
import { AccessNotes, type AccessNote } from "./access-notes.js";

const note = (userAgent: string, endedAt = 0): AccessNote => ({
  endedAt, took: 1, protocol: "http", port: 80, client: "10.0.0.9:1", target: undefined, times: undefined, status: 200, targetStatus: 0, received: 1, sent: 1,
  request: "GET http://a:80/ HTTP/1.1", userAgent, tls: undefined, group: undefined, traceId: "", rule: 0, action: "", location: "",
});

async function agents(notes: AccessNotes, after: string | undefined, node = "eni-1"): Promise<{ name: string; agents: string }> {
  const { name, entries } = await notes.read(node, after);
  return { name, agents: entries.map(({ userAgent }) => userAgent).join("") };
}

it("notes are told again until a reading's name says that they are kept, however late that is", async () => {
  const notes = new AccessNotes(() => 0);
  notes.add("eni-1", [note("a"), note("b")]);
  const first = await agents(notes, undefined);
  notes.add("eni-1", [note("c")]);
  notes.add("eni-2", [note("d")]);
  expect(first.agents).toBe("ab");
  expect((await agents(notes, undefined)).agents).toBe("abc");
  const second = await agents(notes, first.name);
  expect(second.agents).toBe("c");
  expect((await agents(notes, second.name)).agents).toBe("");
  notes.add("eni-1", [note("e")]);
  expect((await agents(notes, first.name)).agents).toBe("e");
  expect((await agents(notes, undefined, "eni-2")).agents).toBe("d");
});

it("a name of another life stands for none", async () => {
  const before = new AccessNotes(() => 0);
  before.add("eni-1", [note("a"), note("b")]);
  const { name } = await before.read("eni-1", undefined);
  const notes = new AccessNotes(() => 0);
  notes.add("eni-1", [note("c")]);
  expect((await agents(notes, name)).agents).toBe("c");
});

it("ages are of cloud time", async () => {
  const notes = new AccessNotes(() => 5_000, 60);
  notes.add("eni-1", [note("a", 4_000)]);
  expect((await notes.read("eni-1", undefined)).entries).toMatchObject([{ age: 60_000 }]);
});

it("no more than 100,000 are held, and what is too much is told", async () => {
  const notes = new AccessNotes(() => 0);
  const many = Array.from({ length: 60_000 }, () => note("x"));
  expect(notes.add("eni-1", many)).toBe(0);
  expect(notes.add("eni-2", many)).toBe(20_000);
  const { name, entries } = await notes.read("eni-1", undefined);
  expect(entries).toHaveLength(10_000);
  await notes.read("eni-1", name);
  expect(notes.add("eni-2", many)).toBe(50_000);
});
