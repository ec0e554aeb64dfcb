// Copying a text to the clipboard.

/** False when the browser does not let us: without a secure origin there is no clipboard at all. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}
