/** Where `baserate studio` serves CIFAR-10 from its cache, relative to the page; a static host has no such file. */
export const cifarPath = "data/cifar10";

/** The mark that the server puts into the page where it has the images. */
export const servedMark = '<meta name="baserate-data" content="cifar10">';

/** Address of CIFAR-10, if this page's server has it. */
export function servedImages(): string | undefined {
  const isServed = document.querySelector('meta[name="baserate-data"][content="cifar10"]') !== null;
  return isServed ? new URL(cifarPath, document.baseURI).href : undefined;
}
