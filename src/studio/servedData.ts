/** Where `baserate studio` serves CIFAR-10 from its cache, relative to the page; a static host has no such file. */
export const cifarPath = "data/cifar10";

/** Number of test images that come with the training images: enough for a curve, and quickly run in a page. */
export const cifarTestImages = 2000;
