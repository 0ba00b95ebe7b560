/**
 * What untrained networks do, as quantiles over a reference population: the sound set-ups of the `look` families of
 * docs/check.md (timm, torchvision, transformers, Keras, torch-geometric and PyTorch modules), made by
 * scripts/checkFamilies.py and read by scripts/checkReference.mjs, whose table stands in docs/check.md.
 */

/**
 * Deviation of the outputs between inputs (root mean square, in units of the outputs) that none of the reference
 * population exceeds: 18.1 for one to four outputs, 5.8 for five or more.
 */
export const maxDeviation = (width: number) => 5.5 * Math.sqrt(1 + 10 / width);

/**
 * Deviation that kernels which preserve the scale of their inputs (Glorot, He) stay below: 1 each, three times that is
 * chance, and more for a single output. Larger outputs make a network start high, which is no fault by itself.
 */
export const usualDeviation = (width: number) => 3 * Math.sqrt(1 + 1 / width);

/**
 * Standard deviation of log(τ / s): τ the distance of the mean output from the bias, s the outputs' deviation between
 * inputs. The population has a median of τ / s of 0.96, 80 % between 0.24 and 3.6.
 */
export const offsetLogDeviation = 1.05;

/**
 * The share of networks whose normalised features hardly depend on the input, such as Keras's ConvNeXtTiny: a Glorot kernel
 * turns them into an offset near 1, however small the deviation between inputs is. Its log deviates by this much.
 */
export const normalisedShare = 0.1;
export const normalisedLogDeviation = 0.3;

/** Share of the expected loss by which a network may exceed it before it starts high: half the population exceeds it by less than 2 %, a tenth by more than 165 %. */
export const usualExcess = 0.25;
