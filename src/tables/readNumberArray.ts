import { openByteSource } from "../files/openByteSource.ts";
import { numberArray, type ShapedNumbers } from "./numberArray.ts";

/** All numbers of a .npy or .json file on disk: see `numberArray`. */
export async function readNumberArray(path: string): Promise<ShapedNumbers> {
  const { source, close } = openByteSource(path);
  try {
    return await numberArray(source);
  } finally {
    close();
  }
}
