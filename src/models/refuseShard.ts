import { InputError } from "../errors.ts";

/** Throws an InputError if the file is named as one shard of a model, which does not show where the outputs are. */
export function refuseShard(name: string): void {
  const [, stem, shard, count, ending] = /^(.*)-(\d{5})-of-(\d{5})\.(safetensors|bin)$/.exec(name) ?? [];
  if (stem === undefined || count === "00001") return;
  throw new InputError(
    `${name}: shard ${Number(shard)} of the ${Number(count)} of a model; give its index file, ${stem}.${ending}.index.json, or the folder`,
  );
}
