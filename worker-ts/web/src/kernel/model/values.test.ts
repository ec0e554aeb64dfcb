// Arguments in, values out.
import { expect, test } from "vitest";
import { BadArguments, isCapData, readArguments, readObject, showCapData } from "./values";

test("plain arguments stay plain", () => {
  expect(readArguments("add", '[1, "#two", {"three": null}]')).toEqual({ args: [1, "#two", { three: null }] });
  expect(readArguments("add", "  ")).toEqual({ args: [] });
});

test("references become slots, each kref once; text that would be read as something else is marked", () => {
  const asked = readArguments(
    "deposit",
    '[25, {"@": "ko5"}, [{"@": "kp7"}, {"@": "ko5"}], "$0", "#", "-1", {"#x": "a"}]',
  );
  expect(asked).toEqual({
    methargs: {
      body: '#["deposit",[25,"$0",["&1","$0"],"!$0","!#","!-1",{"!#x":"a"}]]',
      slots: ["ko5", "kp7"],
    },
  });
});

test("an object with more than a reference is no reference", () => {
  expect(readArguments("m", '[{"@": "ko5", "b": 1}]')).toEqual({ args: [{ "@": "ko5", b: 1 }] });
});

test("what is no list of arguments is refused in words", () => {
  for (const [text, said] of [
    ["[1,", /not JSON/],
    ['{"a": 1}', /JSON list/],
    ["1", /JSON list/],
    ['[{"@": "v1"}]', /reference/],
    ['[{"@": 5}]', /reference/],
  ] as const) {
    expect(() => readArguments("m", text), text).toThrow(BadArguments);
    expect(() => readArguments("m", text), text).toThrow(said);
  }
  expect(() => readObject("[]")).toThrow(/JSON object/);
  expect(readObject('{"a": 1}')).toEqual({ a: 1 });
});

test("answers are read out with krefs in place of slots", () => {
  const say = (body: string, ...slots: string[]) => showCapData({ body, slots });
  expect(say('#["$0.Alleged: purse",{"a":"!#x","b":"plain"}]', "ko5")).toBe('[ko5, { a: "#x", b: "plain" }]');
  expect(say('#"#undefined"')).toBe("undefined");
  expect(say('#"+12"')).toBe("12n");
  expect(say('#"-12"')).toBe("-12n");
  expect(say('#{"#error":"[KERNEL:OBJECT_REVOKED] ko12","name":"Error"}')).toBe("Error: [KERNEL:OBJECT_REVOKED] ko12");
  expect(say('#"&0"', "kp3")).toBe("kp3");
});

test("what is cut, or of another kind, is shown as it is, but for its references", () => {
  const cut = showCapData({ body: '#["pay",[30,"$0.Alleged: purse","$7","!$0","and so', slots: ["ko5"] });
  expect(cut).toBe('#["pay",[30,ko5,"$7","!$0","and so');
  expect(showCapData({ body: '#["abc', slots: [] })).toBe('#["abc');
  expect(showCapData({ body: "1", slots: [] })).toBe("1");
  expect([isCapData({ body: "", slots: [] }), isCapData({ body: "" }), isCapData(null)]).toEqual([true, false, false]);
});
