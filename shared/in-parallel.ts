/**
 * Works on every item, at most `width` at a time, drawing items as it goes. After a failure no further item is begun;
 * what is under way is awaited, so that nothing goes on in the background, and then the first failure is thrown.
 */
export async function inParallel<T>(
  items: Iterable<T> | AsyncIterable<T>,
  width: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const queue = Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]();
  const failures: unknown[] = [];
  const workNext = async () => {
    while (failures.length === 0) {
      try {
        const next = await queue.next();
        if (next.done) return;
        await work(next.value);
      } catch (error) {
        failures.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: width }, workNext));
  await queue.return?.();
  if (failures.length > 0) throw failures[0];
}
