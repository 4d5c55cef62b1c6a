import { expect, test } from 'vitest';
import { ConflictError } from '../../../../shared/storage/entity-table.ts';
import { readAgain } from '../../../../shared/storage/read-again.ts';

test('of sixteen who contend for one row at the same moment all get through', async () => {
  let version = 0;
  const increase = () =>
    readAgain(async () => {
      const read = version;
      await Promise.resolve();
      if (version !== read) throw new ConflictError('Somebody was quicker');
      version += 1;
    });
  await Promise.all(Array.from({ length: 16 }, increase));
  expect(version).toBe(16);
});

test('what goes wrong otherwise is not tried again, and a row that changes for ever is left', async () => {
  let readings = 0;
  const failing = (error: Error) =>
    readAgain(async () => {
      readings += 1;
      throw error;
    });
  await expect(failing(new Error('broken'))).rejects.toThrow('broken');
  expect(readings).toBe(1);
  await expect(failing(new ConflictError('Somebody was quicker'))).rejects.toThrow(ConflictError);
  expect(readings).toBeGreaterThan(1);
});
