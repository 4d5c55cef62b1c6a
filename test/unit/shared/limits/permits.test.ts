import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { makePermits } from '../../../../shared/limits/permits.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const HOST = 'x.service-now.com';

describe('makePermits', () => {
  it('gives out as many as the limit, and the next when one comes back, first come first served', async () => {
    const permits = makePermits();
    const first = await permits.acquire(HOST, 2, 1_000);
    await permits.acquire(HOST, 2, 1_000);
    const served: string[] = [];
    const waiting = ['a', 'b'].map((name) =>
      permits.acquire(HOST, 2, 1_000).then((permit) => {
        served.push(name);
        return permit;
      }),
    );
    await vi.advanceTimersByTimeAsync(0);
    expect(served).toEqual([]);
    first?.release();
    const next = await waiting[0];
    expect(served).toEqual(['a']);
    next?.release();
    expect(await waiting[1]).toBeDefined();
  });

  it('counts hosts apart', async () => {
    const permits = makePermits();
    expect(await permits.acquire(HOST, 1, 10)).toBeDefined();
    expect(await permits.acquire('other', 1, 10)).toBeDefined();
  });

  it('gives up after the wait, and then takes no permit from those who still wait', async () => {
    const permits = makePermits();
    const held = await permits.acquire(HOST, 1, 10);
    const impatient = permits.acquire(HOST, 1, 10);
    const patient = permits.acquire(HOST, 1, 10_000);
    await vi.advanceTimersByTimeAsync(10);
    expect(await impatient).toBeUndefined();
    held?.release();
    expect(await patient).toBeDefined();
  });

  it('keeps a permit taken for a while after a call without an answer', async () => {
    const permits = makePermits();
    const held = await permits.acquire(HOST, 1, 10);
    held?.release(60_000);
    const next = permits.acquire(HOST, 1, 100_000);
    let came = false;
    void next.then(() => {
      came = true;
    });
    await vi.advanceTimersByTimeAsync(59_999);
    expect(came).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(came).toBe(true);
  });

  it('counts a permit that is given back twice once', async () => {
    const permits = makePermits();
    const held = await permits.acquire(HOST, 1, 10);
    held?.release();
    held?.release();
    expect(await permits.acquire(HOST, 1, 10)).toBeDefined();
    const second = permits.acquire(HOST, 1, 10);
    await vi.advanceTimersByTimeAsync(10);
    expect(await second).toBeUndefined();
  });

  it('never has more out than the limit, whatever the order of coming and going', async () => {
    const permits = makePermits();
    let out = 0;
    let most = 0;
    const work = Array.from({ length: 40 }, async (_, index) => {
      const permit = await permits.acquire(HOST, 3, 100_000);
      out += 1;
      most = Math.max(most, out);
      await new Promise((resolve) => setTimeout(resolve, (index * 7) % 11));
      out -= 1;
      permit?.release();
    });
    await vi.advanceTimersByTimeAsync(1_000);
    await Promise.all(work);
    expect(most).toBe(3);
  });
});

it('the smallest limit counts where two connections name one host, until the host is idle', async () => {
  const permits = makePermits();
  const first = await permits.acquire('host', 1, 1_000);
  const second = permits.acquire('host', 4, 10);
  await vi.advanceTimersByTimeAsync(10);
  expect(await second).toBeUndefined();
  first?.release();
  const both = await Promise.all([permits.acquire('host', 4, 10), permits.acquire('host', 4, 10)]);
  expect(both.every((permit) => permit !== undefined)).toBe(true);
});
