/** Arrays of whole numbers, whose labels can be counted without asking first whether each is one. */
export type IntegerArray = Uint8Array | Int8Array | Uint16Array | Int16Array | Uint32Array | Int32Array;

/** Labels counted at once, so that 32-bit counters cannot overflow. */
const blockLength = 2 ** 30;

/**
 * Adds the number of times each of 0..K-1 is in `labels` to `counts` (length K). Returns the index of the first label
 * outside 0..K-1, or -1 if there is none; where there is one, `counts` is of no use afterwards.
 */
export function countIntegers(labels: IntegerArray, counts: Float64Array): number {
  for (let start = 0; start < labels.length; start += blockLength) {
    const block = labels.subarray(start, start + blockLength);
    const found = block instanceof Uint8Array ? countBytes(block) : countBlock(block, counts.length);
    for (let k = 0; k < found.length; k++) {
      if (k < counts.length) counts[k] += found[k];
      else if (found[k] > 0)
        return start + block.findIndex((label) => !(label >= 0 && label < counts.length));
    }
  }
  return -1;
}

/** Below this many labels, clearing and summing histograms of pairs costs more than they save. */
const fewBytes = 2 ** 18;

/**
 * Counts of the 256 values of a byte. Two bytes are counted by one increment, in a histogram of pairs, and neighbouring
 * pairs in different histograms: an increment of the entry that was just stored would have to wait for that store.
 */
function countBytes(labels: Uint8Array): Float64Array {
  const counts = new Float64Array(256);
  const head = -labels.byteOffset & 3;
  const octets = labels.length < fewBytes ? 0 : (labels.length - head) >>> 3;
  if (octets > 0) countPairs(new Uint32Array(labels.buffer, labels.byteOffset + head, 2 * octets), counts);
  const rest = octets === 0 ? [labels] : [labels.subarray(0, head), labels.subarray(head + 8 * octets)];
  for (const part of rest) for (let i = 0; i < part.length; i++) counts[part[i]]++;
  return counts;
}

/** Adds the counts of the bytes in an even number of words. */
function countPairs(words: Uint32Array, counts: Float64Array): void {
  const histograms = new Uint32Array(4 * 65536);
  for (let i = 0; i < words.length; i += 2) {
    const first = words[i];
    const second = words[i + 1];
    histograms[first & 65535]++;
    histograms[65536 + (first >>> 16)]++;
    histograms[131072 + (second & 65535)]++;
    histograms[196608 + (second >>> 16)]++;
  }
  for (let i = 0; i < histograms.length; i++) {
    counts[i & 255] += histograms[i];
    counts[(i >>> 8) & 255] += histograms[i];
  }
}

/** Counts of 0..K-1, and as number K whether there is anything else; even and odd places apart, for the same reason. */
function countBlock(labels: IntegerArray, classes: number): Uint32Array {
  const even = new Uint32Array(classes + 1);
  const odd = new Uint32Array(classes + 1);
  const pairs = labels.length >>> 1;
  for (let i = 0; i < 2 * pairs; i += 2) {
    // `>>> 0` makes a large number of a negative one.
    const first = labels[i] >>> 0;
    const second = labels[i + 1] >>> 0;
    if (first >= classes || second >= classes) {
      even[classes] = 1;
      break;
    }
    even[first]++;
    odd[second]++;
  }
  if (labels.length > 2 * pairs) even[Math.min(labels[2 * pairs] >>> 0, classes)]++;
  return even.map((count, k) => count + odd[k]);
}
