import { canary } from '../canaries.ts';
import { type Dice, diceFor, from, oneOf } from './dice.ts';
import { USERS } from './draw-order.ts';
import type { PlannedReset } from './plan.ts';
import { CONNECTIONS } from './resource-types.ts';

/** One reset to about so many orders. */
const ORDERS_TO_A_RESET = 8;
const LATEST = 0.85;

/** Draws the password resets of a run, at most one for each user of each connection, in the order of time. Pure: the same for the same seed. */
export function drawResets(seed: number, orders: number, repeats: boolean): PlannedReset[] {
  const dice = diceFor(seed, 5);
  const users = shuffled(
    dice,
    CONNECTIONS.flatMap((connection) => Array.from({ length: USERS }, (_, index) => ({ connection, user: index + 1 }))),
  );
  return users
    .slice(0, Math.ceil(orders / ORDERS_TO_A_RESET))
    .map(({ connection, user }, index) => {
      // One of each, then as it comes.
      const source = (['generated', 'secret', 'plain'] as const)[index] ?? drawSource(dice);
      const userName = `user.${String(user).padStart(6, '0')}`;
      const deliveryId = `chaos-reset-${index}`;
      const password = source === 'generated' ? undefined : canary(index, 'password');
      return {
        deliveryId,
        connection,
        userName,
        source,
        ...(password !== undefined && { password }),
        order: {
          Connection: connection,
          User: oneOf(dice, [userName, { user_name: userName.toUpperCase() }, { email: `${userName}@contoso.com` }]),
          Password: passwordOf(source, deliveryId, password),
        },
        copies: repeats && dice.next() < 0.4 ? 2 : 1,
        afterOrders: from(dice, 0, Math.floor(orders * LATEST)),
      };
    })
    .toSorted((one, other) => one.afterOrders - other.afterOrders);
}

function drawSource(dice: Dice): PlannedReset['source'] {
  return oneOf(dice, ['generated', 'generated', 'generated', 'generated', 'secret', 'secret', 'plain']);
}

function passwordOf(source: PlannedReset['source'], deliveryId: string, password: string | undefined): unknown {
  if (source === 'generated') return { Generate: true };
  return source === 'secret' ? { SecretName: deliveryId } : password;
}

function shuffled<T>(dice: Dice, items: readonly T[]): T[] {
  return items
    .map((item) => ({ item, at: dice.next() }))
    .toSorted((one, other) => one.at - other.at)
    .map(({ item }) => item);
}
