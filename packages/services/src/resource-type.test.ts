import { describe, expect, it } from "vitest";
import { refuseProperties } from "./not-implemented.js";
import { inWordsOf } from "./template-words.js";

describe("a property that a type does not carry out", () => {
  const carries = ["Name", "Disks.Ebs.Size", "Policy", "Options.Mode"];
  const refusal = (properties: object): string | undefined => {
    try {
      refuseProperties("Test::Thing", properties, carries);
      return undefined;
    } catch (error) {
      return /the property (\S+) of Test::Thing/.exec((error as Error).message)?.[1];
    }
  };

  it("is refused by its place in the template, below lists and maps too", () => {
    expect(refusal({ Name: "a", Colour: "red" })).toBe("Colour");
    expect(refusal({ Disks: [{ Ebs: { Size: 1 } }, { Ebs: { Size: 1, Speed: 2 } }] })).toBe("Disks/1/Ebs/Speed");
    expect(refusal({ Options: { Mode: "on", Depth: 3 } })).toBe("Options/Depth");
  });

  it("is passed over when it asks for nothing", () => {
    expect(refusal({ Colour: false, Shapes: [], Options: { Depth: false }, Locks: { Read: false, Write: { Owner: false } } })).toBeUndefined();
    // To be there may be to ask.
    expect(refusal({ Locks: {} })).toBe("Locks");
  });

  it("is no business of what is carried out as a whole", () => {
    expect(refusal({ Policy: { Statement: [{ Colour: "red" }] } })).toBeUndefined();
  });
});

describe("what there is, in the template's words", () => {
  it("is the template's value where it is all that the template asks for", () => {
    const given = [{ Port: "80", Tags: ["b", "a"] }, { Port: 443 }];
    const live = [{ Port: 443, Name: "https" }, { Port: 80, Tags: ["a", "b"], Default: true }];
    expect(inWordsOf(given, live)).toBe(given);
  });

  it("tells what is otherwise, and only that part of it that the template speaks of", () => {
    expect(inWordsOf({ Mode: "on", Depth: 3 }, { Mode: "off", Depth: 3, Width: 4 })).toEqual({ Mode: "off", Depth: 3 });
    expect(inWordsOf({ Mode: "on" }, { Width: 4 })).toEqual({});
  });

  it("tells of more and of fewer items of a list", () => {
    expect(inWordsOf([{ Port: 80 }], [{ Port: 80, Name: "http" }, { Port: 22, Name: "ssh" }])).toEqual([{ Port: 80 }, { Port: 22, Name: "ssh" }]);
    expect(inWordsOf([{ Port: 80 }, { Port: 80 }], [{ Port: 80, Name: "http" }])).toEqual([{ Port: 80 }]);
  });

  it("is all that there is where the template says nothing", () => {
    expect(inWordsOf(undefined, { Mode: "on" })).toEqual({ Mode: "on" });
  });
});
