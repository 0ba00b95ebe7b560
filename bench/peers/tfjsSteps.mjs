/** The network of the original experiment in TensorFlow.js, compiled, with uniform Glorot weights. */
export function originalNetwork(tf) {
  const relu = { activation: "relu", kernelInitializer: "glorotUniform" };
  const network = tf.sequential({
    layers: [
      tf.layers.conv2d({ inputShape: [32, 32, 3], filters: 32, kernelSize: 3, ...relu }),
      tf.layers.maxPooling2d({ poolSize: 2 }),
      tf.layers.conv2d({ filters: 64, kernelSize: 3, ...relu }),
      tf.layers.maxPooling2d({ poolSize: 2 }),
      tf.layers.conv2d({ filters: 64, kernelSize: 3, ...relu }),
      tf.layers.flatten(),
      tf.layers.dense({ units: 64, ...relu }),
      tf.layers.dense({ units: 10, activation: "softmax" }),
    ],
  });
  network.compile({ optimizer: tf.train.rmsprop(1e-3, 0.9, 0, 1e-7), loss: "categoricalCrossentropy" });
  return network;
}

/**
 * Milliseconds of each training step, batch 256. Pixels and labels are random: no operation depends on their values.
 *
 * @param {{steps: number, seconds?: number}} options no further step is made after `seconds`
 * @returns {Promise<number[]>}
 */
export async function stepTimes(tf, { steps, seconds = Number.POSITIVE_INFINITY }) {
  const network = originalNetwork(tf);
  const images = tf.randomUniform([256, 32, 32, 3]);
  const labels = tf.oneHot(tf.randomUniform([256], 0, 10, "int32"), 10);
  const times = [];
  const begin = performance.now();
  while (times.length < steps && performance.now() - begin < 1000 * seconds) {
    const start = performance.now();
    await network.trainOnBatch(images, labels);
    times.push(performance.now() - start);
  }
  return times;
}
