import { z } from "zod";
import { activationNames } from "../graph/activations.ts";

const whole = z
  .number()
  .int()
  .min(1)
  .max(2 ** 31);
const size = z.tuple([whole, whole]);
const activation = z.enum(activationNames).default("linear");
const padding = z.enum(["valid", "same"]).default("valid");
const pooling = z.strictObject({ kernel: size, strides: size.optional() });
const recurrent = z.strictObject({ units: whole, returnSequences: z.boolean().default(false) });
const epsilon = z.number().positive().optional();

/** The keys of each kind of layer that a plan can name, except residual sums. */
const plainSchemas = {
  conv2d: z.strictObject({ filters: whole, kernel: size, activation, strides: size.optional(), padding }),
  conv1d: z.strictObject({ filters: whole, kernel: whole, activation, stride: whole.optional(), padding }),
  maxPool2d: pooling,
  averagePool2d: pooling,
  globalAveragePool: z.strictObject({}),
  flatten: z.strictObject({}),
  dense: z.strictObject({ units: whole, activation }),
  embedding: z.strictObject({ count: whole, size: whole }),
  lstm: recurrent,
  gru: recurrent,
  activation: z.strictObject({ name: z.enum(activationNames) }),
  batchNorm: z.strictObject({ momentum: z.number().min(0).max(1).optional(), epsilon }),
  layerNorm: z.strictObject({ epsilon }),
  dropout: z.strictObject({ rate: z.number().min(0).lt(1) }),
};

/** The values of the keys of each kind of layer. */
export type LayerKeys = { [Kind in keyof typeof plainSchemas]: z.infer<(typeof plainSchemas)[Kind]> };

/** A layer as a plan names it, except residual sums: its kind, with its keys. */
export type PlainLayer = {
  [Kind in keyof typeof plainSchemas]: { readonly [Key in Kind]: LayerKeys[Kind] };
}[keyof typeof plainSchemas];
type PlainInput = {
  [Kind in keyof typeof plainSchemas]: { readonly [Key in Kind]: z.input<(typeof plainSchemas)[Kind]> };
}[keyof typeof plainSchemas];

const unionOf = (schemas: Readonly<Record<string, z.ZodType>>) =>
  z.union(Object.entries(schemas).map(([kind, keys]) => z.strictObject({ [kind]: keys })));

/** The keys of each kind of layer. */
export const layerSchemas: Readonly<Record<string, z.ZodObject>> = {
  ...plainSchemas,
  residual: z.strictObject({ layers: z.array(unionOf(plainSchemas)).min(1) }),
};

/** A layer as a plan names it; a residual sum adds the output of its layers to their input. */
export type LayerPlan = PlainLayer | { readonly residual: { readonly layers: readonly PlainLayer[] } };
type LayerPlanInput = PlainInput | { readonly residual: { readonly layers: readonly PlainInput[] } };

export const layerSchema = unionOf(layerSchemas) as unknown as z.ZodType<LayerPlan, LayerPlanInput>;
