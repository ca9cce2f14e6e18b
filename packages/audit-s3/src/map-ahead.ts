/**
 * Maps in order, with up to `width` calls under way at once; null results are left out. A failure
 * comes at the place of its item.
 */
export async function* mapAhead<T, R>(
  items: AsyncIterable<T>,
  width: number,
  map: (item: T) => Promise<R | null>,
): AsyncGenerator<R> {
  const window: Promise<R | null>[] = [];
  for await (const item of items) {
    const result = map(item);
    // Seen when its turn comes; until then nobody may call it unhandled.
    result.catch(() => undefined);
    window.push(result);
    if (window.length < width) continue;
    const first = await window.shift();
    if (first !== null && first !== undefined) yield first;
  }
  for (const result of window) {
    const value = await result;
    if (value !== null) yield value;
  }
}
