// Makes a small square picture of whatever picture somebody chose. The browser draws it: what cannot be drawn is refused.

/** Its side in pixels. */
const SIDE = 256;

/** The middle of a picture, as a square; PNG where the browser writes no WebP. Throws when it is no picture. */
export async function squarePicture(file: Blob): Promise<Blob> {
  let picture: ImageBitmap;
  try {
    picture = await createImageBitmap(file);
  } catch {
    throw new Error("This is no picture that your browser can read.");
  }
  const side = Math.min(picture.width, picture.height);
  const canvas = document.createElement("canvas");
  canvas.width = SIDE;
  canvas.height = SIDE;
  const [left, top] = [(picture.width - side) / 2, (picture.height - side) / 2];
  canvas.getContext("2d")!.drawImage(picture, left, top, side, side, 0, 0, SIDE, SIDE);
  picture.close();
  const drawn = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, "image/webp", 0.9));
  if (drawn === null) throw new Error("Your browser could not draw this picture.");
  return drawn;
}
