/** The images that a root disk can start as. All share one base layer; the name decides what `boot` does besides. */
export const IMAGES = ["al2023", "nat"] as const;

export type ImageName = (typeof IMAGES)[number];

/** @throws Error naming the catalogue when there is no such image */
export function imageName(name: string): ImageName {
  const found = IMAGES.find((image) => image === name);
  if (found === undefined) {
    throw new Error(`there is no image ${JSON.stringify(name)}; the catalogue has ${IMAGES.join(", ")}`);
  }
  return found;
}
