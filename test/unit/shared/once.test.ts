import { expect, it } from 'vitest';
import { once } from '../../../shared/once.ts';

it('makes once, for all who ask at the same time and later', async () => {
  let made = 0;
  const get = once(async () => ++made);
  expect(await Promise.all([get(), get()])).toEqual([1, 1]);
  expect(await get()).toBe(1);
});

it('does nothing before it is asked', () => {
  let made = 0;
  once(async () => ++made);
  expect(made).toBe(0);
});

it('does not keep a failure', async () => {
  let made = 0;
  const get = once(async () => {
    made += 1;
    if (made === 1) throw new Error('away');
    return made;
  });
  await expect(Promise.all([get(), get()])).rejects.toThrow('away');
  expect(await get()).toBe(2);
});
