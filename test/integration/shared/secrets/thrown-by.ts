/** What a reading throws; fails where it throws nothing. */
export async function thrownBy(reading: Promise<unknown>): Promise<Error> {
  const outcome = await reading.then(
    () => 'a success',
    (error: unknown) => error,
  );
  if (outcome instanceof Error) return outcome;
  throw new Error('Expected the reading to fail');
}
