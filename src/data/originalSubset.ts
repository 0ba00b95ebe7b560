/** The classes of CIFAR-10, in the order of its labels. */
export const cifar10Classes = [
  "airplane",
  "automobile",
  "bird",
  "cat",
  "deer",
  "dog",
  "frog",
  "horse",
  "ship",
  "truck",
] as const;

/** Training images of each class in the original experiment. */
export const originalCounts: readonly number[] = [4000, 3700, 100, 4000, 400, 100, 50, 700, 700, 100];
