import type { Activation } from "../../../src/graph/activations.ts";
import type { Initialiser } from "./networks.ts";
import type { BiasChoice } from "./programs.ts";

export interface SoundSetup {
  readonly architecture: string;
  readonly activation: Activation;
  readonly initialiser: Initialiser;
  readonly head: "softmax" | "sigmoid" | "squared-error";
  readonly isBalanced: boolean;
  readonly bias: BiasChoice;
  /** Whether inputs have mean 0 and deviation 1, or pixels from 0 to 1. */
  readonly isStandardised: boolean;
}

const initialisers: readonly Initialiser[] = ["glorot", "he", "lecun", "torch", "normal 0.02"];
const architectures = [
  "small CNN",
  "deeper CNN",
  "1 layer of 64",
  "2 layers of 64",
  "2 layers of 512",
  "6 layers of 128",
];
const activations: readonly Activation[] = ["relu", "tanh", "gelu"];

/** Every combination that is sound: a bias of 0 is only where it is near the optimum. */
export function soundSetups(): SoundSetup[] {
  const setups: SoundSetup[] = [];
  for (const architecture of architectures) {
    const heads = architecture.endsWith("CNN")
      ? (["softmax"] as const)
      : (["softmax", "sigmoid", "squared-error"] as const);
    for (const head of heads) {
      for (const activation of activations) {
        for (const initialiser of initialisers) {
          for (const isStandardised of [false, true]) {
            if (head === "squared-error" && !isStandardised) continue;
            for (const isBalanced of [true, false]) {
              const biases: BiasChoice[] = isBalanced ? ["zero", "calibrated"] : ["prior", "calibrated"];
              for (const bias of biases) {
                setups.push({
                  architecture,
                  activation,
                  initialiser,
                  head,
                  isBalanced,
                  bias,
                  isStandardised,
                });
              }
            }
          }
        }
      }
    }
  }
  return setups;
}
