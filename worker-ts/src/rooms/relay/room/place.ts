// Which relay a newcomer goes to: all of a user's tabs to the same while it has room, by the highest of hashes (rendezvous), so that
// one relay more moves few. Pure.

/** FNV-1a over UTF-16 units, its bits mixed so that neighbours lie apart. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) value = Math.imul(value ^ text.charCodeAt(at), 0x01000193);
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
  return (value ^ (value >>> 16)) >>> 0;
}

/** These relays, the user's own first, then those to go to when it is full. */
export function ranked(userId: string, relays: readonly number[]): number[] {
  return relays
    .map((n) => ({ n, weight: hash(`${n}/${userId}`) }))
    .sort((a, b) => b.weight - a.weight || a.n - b.n)
    .map(({ n }) => n);
}
