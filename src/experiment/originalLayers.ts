const relu = "relu" as const;
const square = (size: number): [number, number] => [size, size];
const convolution = (filters: number) => ({
  conv2d: { filters, kernel: square(3), activation: relu, padding: "valid" as const },
});

/** The layers of the original experiment as a plan writes them, without the output layer. */
export const originalLayers = [
  convolution(32),
  { maxPool2d: { kernel: square(2) } },
  convolution(64),
  { maxPool2d: { kernel: square(2) } },
  convolution(64),
  { flatten: {} },
  { dense: { units: 64, activation: relu } },
];
