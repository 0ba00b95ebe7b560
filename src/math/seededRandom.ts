import { InputError } from "../errors.ts";

/** A seeded source of random numbers: the same seed and stream give the same numbers, on any machine. */
export interface SeededRandom {
  /** A number in [0, 1), a multiple of 2^-53. */
  uniform(): number;
  /** A whole number in [0, n), each equally likely; 1 <= n <= 2^32. */
  integer(n: number): number;
  /** A standard normal number: mean 0, variance 1. */
  normal(): number;
  /** Puts the values in a random order, in place, and returns them. */
  shuffle<T extends Uint32Array | number[]>(values: T): T;
}

/**
 * The random numbers of one stream of a seed. Streams (`"weights"`, `"order/3"`) are independent of each other, so
 * that drawing more from one never moves another.
 *
 * The generator is xoshiro128**, whose state is the first two outputs of SplitMix64 started at `seed` plus the FNV-1a
 * hash of the stream's name. All three are public standards with reference vectors (see the test); the 32-bit
 * generator is the one that JavaScript runs at full speed.
 *
 * Ours rather than a package (pure-rand): the seeds of published runs, figures and fixtures stand for these very numbers,
 * and pure-rand has neither this generator nor named streams, normal numbers or a shuffle, so that little would go.
 *
 * @param seed a whole number in [0, 2^53)
 */
export function seededRandom(seed: number, stream = ""): SeededRandom {
  if (!(Number.isSafeInteger(seed) && seed >= 0)) {
    throw new InputError(`invalid seed: ${seed}; a seed is a whole number from 0 to 2^53 - 1`);
  }
  const next64 = splitmix64(BigInt(seed) + fnv1a64(stream));
  const [a, b] = [next64(), next64()];
  const next = xoshiro128starstar(
    Uint32Array.of(Number(a & low), Number(a >> 32n), Number(b & low), Number(b >> 32n)),
  );

  /** 53 bits from two outputs, as `random.random()` of CPython makes them. */
  const uniform = () => ((next() >>> 5) * 2 ** 26 + (next() >>> 6)) / 2 ** 53;

  function integer(n: number): number {
    if (!(Number.isInteger(n) && n >= 1 && n <= 2 ** 32)) {
      throw new InputError(`invalid range: ${n}; a range is a whole number from 1 to 2^32`);
    }
    const bound = 2 ** 32 - (2 ** 32 % n); // outputs from here on would favour the small remainders
    let value = next();
    while (value >= bound) value = next();
    return value % n;
  }

  let spare: number | undefined;
  /** Marsaglia's polar method (Marsaglia and Bray, SIAM Review 6, 1964): two normals from a point in the unit disc. */
  function normal(): number {
    if (spare !== undefined) {
      const value = spare;
      spare = undefined;
      return value;
    }
    let x: number;
    let y: number;
    let s: number;
    do {
      x = 2 * uniform() - 1;
      y = 2 * uniform() - 1;
      s = x * x + y * y;
    } while (s >= 1 || s === 0);
    const factor = Math.sqrt((-2 * Math.log(s)) / s);
    spare = y * factor;
    return x * factor;
  }

  /** Fisher and Yates's shuffle, in Durstenfeld's form. */
  function shuffle<T extends Uint32Array | number[]>(values: T): T {
    for (let i = values.length - 1; i > 0; i--) {
      const j = integer(i + 1);
      [values[i], values[j]] = [values[j], values[i]];
    }
    return values;
  }

  return { uniform, integer, normal, shuffle };
}

const low = 0xffffffffn;
const rotateLeft = (x: number, k: number) => (x << k) | (x >>> (32 - k));

/**
 * xoshiro128** 1.1 by Blackman and Vigna: unsigned 32-bit outputs, period 2^128 - 1. The state (4 words, not all 0)
 * is moved on in place. https://prng.di.unimi.it/xoshiro128starstar.c
 */
export function xoshiro128starstar(state: Uint32Array): () => number {
  return () => {
    const result = Math.imul(rotateLeft(Math.imul(state[1], 5), 7), 9) >>> 0;
    const t = state[1] << 9;
    state[2] ^= state[0];
    state[3] ^= state[1];
    state[1] ^= state[2];
    state[0] ^= state[3];
    state[2] ^= t;
    state[3] = rotateLeft(state[3], 11);
    return result;
  };
}

/** SplitMix64 by Vigna: unsigned 64-bit outputs, no two alike in a row. https://prng.di.unimi.it/splitmix64.c */
export function splitmix64(state: bigint): () => bigint {
  return () => {
    state = BigInt.asUintN(64, state + 0x9e3779b97f4a7c15n);
    let z = state;
    z = BigInt.asUintN(64, (z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n);
    z = BigInt.asUintN(64, (z ^ (z >> 27n)) * 0x94d049bb133111ebn);
    return z ^ (z >> 31n);
  };
}

/** The 64-bit FNV-1a hash of a text's UTF-8 bytes (http://www.isthe.com/chongo/tech/comp/fnv). */
export function fnv1a64(text: string): bigint {
  let hash = 0xcbf29ce484222325n;
  for (const byte of new TextEncoder().encode(text)) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  }
  return hash;
}
