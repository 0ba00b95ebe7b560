/**
 * Puts values in the order that Python's `random.seed(seed); random.shuffle(values)` gives, in place: for splits that were
 * published with a seed. Python's generator is MT19937 (Matsumoto and Nishimura 1998).
 *
 * @param seed a whole number in [0, 2^32)
 */
export function pythonShuffle<T>(values: T[], seed: number): T[] {
  const next = mersenneTwister(seed);
  /** A number below n from as many bits as n has, drawn again where it is not below n. */
  const below = (n: number) => {
    const shift = Math.clz32(n);
    let value = next() >>> shift;
    while (value >= n) value = next() >>> shift;
    return value;
  };
  for (let i = values.length - 1; i > 0; i--) {
    const j = below(i + 1);
    [values[i], values[j]] = [values[j], values[i]];
  }
  return values;
}

const size = 624;
const middle = 397;

/** Unsigned 32-bit outputs of MT19937, seeded by `init_by_array([seed])` as CPython does. */
function mersenneTwister(seed: number): () => number {
  const state = new Uint32Array(size);
  const mixed = (i: number) => state[i - 1] ^ (state[i - 1] >>> 30);
  state[0] = 19650218;
  for (let i = 1; i < size; i++) state[i] = Math.imul(1812433253, mixed(i)) + i;
  const wrap = (i: number) => {
    if (i < size) return i;
    state[0] = state[size - 1];
    return 1;
  };
  let i = 1;
  for (let k = 0; k < size; k++) {
    state[i] = (state[i] ^ Math.imul(mixed(i), 1664525)) + seed;
    i = wrap(i + 1);
  }
  for (let k = 1; k < size; k++) {
    state[i] = (state[i] ^ Math.imul(mixed(i), 1566083941)) - i;
    i = wrap(i + 1);
  }
  state[0] = 0x80000000;

  let position = size;
  return () => {
    if (position === size) {
      twist(state);
      position = 0;
    }
    let y = state[position++];
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    return (y ^ (y >>> 18)) >>> 0;
  };
}

function twist(state: Uint32Array): void {
  for (let k = 0; k < size; k++) {
    const y = (state[k] & 0x80000000) | (state[(k + 1) % size] & 0x7fffffff);
    state[k] = state[(k + middle) % size] ^ (y >>> 1) ^ (y & 1 ? 0x9908b0df : 0);
  }
}
