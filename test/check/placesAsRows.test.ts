import fc from "fast-check";
import { expect, test } from "vitest";
import { labelsBelongTo, placesAsRows, withoutLabel } from "../../src/check/placesAsRows.ts";
import { elementCount } from "../../src/graph/tensor.ts";
import { findHead } from "../../src/heads/index.ts";

const softmax = findHead("softmax").head;
const sigmoid = findHead("sigmoid").head;

/** Sizes of a batch, the places' axes and the classes, all different, so that one axis fits. */
const sizes = fc.uniqueArray(fc.integer({ min: 2, max: 9 }), { minLength: 3, maxLength: 5 });

/** An output that tells its place and class. */
const told = (place: number, k: number) => 10 * place + k;

test("classes along the last or the second axis give the same rows", () => {
  fc.assert(
    fc.property(sizes, ([width, ...places]) => {
      const count = elementCount(places);
      const [batch, ...inner] = places;
      const perInput = elementCount(inner);
      const last = Array.from({ length: count * width }, (_, i) => told(Math.floor(i / width), i % width));
      const second = Array.from({ length: count * width }, (_, i) => {
        const place = Math.floor(i / (width * perInput)) * perInput + (i % perInput);
        return told(place, Math.floor(i / perInput) % width);
      });
      const labels = { shape: places, values: Array.from({ length: count }, (_, i) => i % width) };
      const rows = placesAsRows(softmax, { shape: [...places, width], values: last }, labels);
      expect(rows).toEqual({ outputs: Float64Array.from(last), labels: labels.values, rows: count });
      expect(placesAsRows(softmax, { shape: [batch, width, ...inner], values: second }, labels)).toEqual(
        rows,
      );
    }),
  );
});

test("labels of the outputs' shape are one for each output, and distributions for classes", () => {
  const outputs = { shape: [2, 3, 2], values: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12] };
  const labels = { shape: [2, 3, 2], values: [0, 1, 1, 0, 0, 1, 1, 0, 0, 1, 1, 0] };
  const last = placesAsRows(sigmoid, outputs, labels, { classAxis: 2 });
  expect([last.rows, Array.from(last.outputs), last.labels]).toEqual([6, outputs.values, labels.values]);
  const second = placesAsRows(sigmoid, outputs, labels, { classAxis: 1 });
  expect([second.rows, Array.from(second.outputs)]).toEqual([4, [1, 3, 5, 2, 4, 6, 7, 9, 11, 8, 10, 12]]);
  expect(placesAsRows(softmax, outputs, labels, { classAxis: 2 }).labels.slice(0, 2)).toEqual([
    [0, 1],
    [1, 0],
  ]);
});

test("an axis of length 1 is the classes'", () => {
  const values = Array.from({ length: 24 }, (_, i) => i);
  const labels = { shape: [2, 3, 4], values: values.map((i) => i % 2) };
  for (const shape of [
    [2, 1, 3, 4],
    [2, 3, 4, 1],
  ]) {
    const { rows, outputs } = placesAsRows(sigmoid, { shape, values }, labels);
    expect([rows, Array.from(outputs)]).toEqual([24, values]);
    expect(placesAsRows(sigmoid, { shape, values }, { shape, values: labels.values }).rows).toBe(24);
  }
});

test("places are told from several labels a row", () => {
  expect(labelsBelongTo(softmax, [8, 5, 3], [8, 5])).toBe("place");
  expect(labelsBelongTo(softmax, [8, 5, 3], [8, 5, 3])).toBe("output");
  expect(labelsBelongTo(softmax, [8, 3], [8, 3])).toBe("input");
  expect(labelsBelongTo(softmax, [8, 1, 1, 3], [8])).toBe("input");
  expect(labelsBelongTo(sigmoid, [8, 5, 3], [8, 5, 3])).toBe("output");
  expect(labelsBelongTo(sigmoid, [8, 5, 1], [8, 5])).toBe("input");
});

test("axes that both fit, or none, are errors that say what to do", () => {
  const at = (...shape: number[]) => ({ shape, values: new Array(elementCount(shape)).fill(0) });
  expect(() => placesAsRows(softmax, at(2, 3, 3), at(2, 3))).toThrow(
    /--class-axis to 2 \(the last axis\) or 1/,
  );
  expect(() => placesAsRows(sigmoid, at(2, 5, 3), at(2, 5, 3))).toThrow(/--class-axis/);
  expect(() => placesAsRows(softmax, at(2, 5, 3), at(2, 4))).toThrow(/labels of 2 x 4 do not fit/);
  expect(() => placesAsRows(softmax, at(2, 5, 3), at(2, 5), { classAxis: 3 })).toThrow(/have axes 1 to 2/);
  expect(() => placesAsRows(softmax, at(2, 5, 3), at(2, 5), { classAxis: 1 })).toThrow(/do not fit/);
});

test("rows with an ignored label are left out", () => {
  const outputs = Float64Array.from([1, 2, 3, 4, 5, 6]);
  expect(withoutLabel({ outputs, labels: [0, -100, 1], rows: 3 }, -100)).toEqual({
    outputs: Float64Array.from([1, 2, 5, 6]),
    labels: [0, 1],
    rows: 2,
  });
  expect(() => withoutLabel({ outputs, labels: [0, -100, 1, 1], rows: 2 }, -100)).toThrow(/one label/);
});
