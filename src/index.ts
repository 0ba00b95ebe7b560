export { InputError } from "./errors.ts";
export { version } from "./version.ts";
